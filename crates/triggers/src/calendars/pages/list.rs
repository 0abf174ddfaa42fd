//! The calendars of the tenant.

use access::console::{Asked, csrf, grid_query, may, moment, quoted};
use context::Error;
use http::Method;
use maud::{Markup, html};
use store::Entity as _;
use ui::{Confirm, Grid, MenuItem, Row, link_button};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path};
use crate::calendars::model::Calendar;
use crate::calendars::service;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/tenants/{tenant}/calendars", "Console_Calendars")
            .permission("Settings.View")
            .summary("The calendars of the tenant.")
            .handler(handle),
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/calendars/{id}/delete",
            "Console_DeleteCalendar",
        )
        .permission("Settings.Delete")
        .summary("Deletes a calendar.")
        .takes_form()
        .handler(remove),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = grid_query(&request);
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        filters.push(format!("contains(Name,{})", quoted(&state.search)));
    }
    let asked = Asked::new(
        Calendar::model(),
        &state,
        &filters,
        &["Name"],
        "Name asc",
        request.ctx.now,
    )?;
    let (tenant, query) = (request.tenant()?.id, asked.query.clone());
    let page = request
        .store()
        .read(move |tx| Ok::<_, Error>(tx.tenant(tenant).list::<Calendar>(&query, "", Vec::new())?))
        .await?;
    let base = list_path(&request)?;
    let (create, delete) = (
        may(&request, "Settings.Create", None)?,
        may(&request, "Settings.Delete", None)?,
    );
    let rows = page
        .items
        .iter()
        .map(|calendar| row(&base, csrf(&request), calendar, delete));
    let grid = Grid::new("calendars", "Calendars", &state)
        .search("Name")
        .sorted("Name", "Name")
        .column("Time zone")
        .column("Changed")
        .rows(rows)
        .total(page.count.unwrap_or(0))
        .empty(ui::empty_state(
            "clock",
            "No calendars",
            "A calendar holds days on which the triggers that use it start nothing: public holidays, for instance.",
            html! { @if create { (link_button("Add calendar", &format!("{base}/new")).primary()) } },
        ))
        .api("GET", &format!("/odata/Calendars?{}", asked.options));
    let actions = html! { @if create { (link_button("Add calendar", &format!("{base}/new")).primary().icon("plus")) } };
    let content = html! {
        (ui::page_header("Non-working days", "Days on which triggers start nothing.", actions))
        (grid.render())
    };
    page::render(&request, "Non-working days", ACTIVE, content).await
}

fn row(base: &str, csrf: &str, calendar: &Calendar, delete: bool) -> Row {
    let path = format!("{base}/{}", calendar.id);
    let mut menu = vec![MenuItem::link("Edit", "edit", &path)];
    if delete {
        let confirm = Confirm::delete(&calendar.name).explain("It can be deleted when no trigger uses it.");
        menu.push(MenuItem::delete("Delete", &format!("{path}/delete"), csrf, confirm));
    }
    let zone: Markup = match &calendar.time_zone {
        Some(zone) => html! { (zone) },
        None => ui::muted("That of the trigger"),
    };
    Row::new(&calendar.id.to_string(), &calendar.name)
        .link(&calendar.name, &path)
        .cell(zone)
        .cell(moment(Some(calendar.modified_at)))
        .menu(menu)
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (tenant, id, ctx) = (request.tenant()?.id, request.integer("id")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    page::done(&list_path(&request)?, "The calendar was deleted.")
}

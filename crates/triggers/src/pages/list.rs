//! The time and queue triggers of a folder. `GET …/triggers`

use access::console::{Asked, csrf, moment, quoted};
use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::Entity as _;
use ui::field::Choice;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, Tone, button, chip, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, api_folder, list_path, may, tabs};
use crate::schedules::model::Schedule;
use crate::schedules::read;

pub const LIST: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers";
/// Columns that the list can be sorted by.
const SORTED: [&str; 3] = ["Name", "ReleaseName", "StartProcessNextOccurrence"];

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, LIST, "Console_Triggers")
            .permission("Schedules.View")
            .folder(Folder::Required)
            .summary("The time and queue triggers of a folder.")
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = GridQuery::parse(&list_path(&request)?, request.parts.uri.query().unwrap_or_default());
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        let text = quoted(&state.search);
        filters.push(format!("(contains(Name,{text}) or contains(ReleaseName,{text}))"));
    }
    match state.filter("kind") {
        Some("time") => filters.push("QueueDefinitionId eq null".to_owned()),
        Some("queue") => filters.push("QueueDefinitionId ne null".to_owned()),
        _ => {}
    }
    match state.filter("state") {
        Some("on") => filters.push("Enabled eq true".to_owned()),
        Some("off") => filters.push("Enabled eq false".to_owned()),
        _ => {}
    }
    let asked = Asked::new(
        Schedule::model(),
        &state,
        &filters,
        &SORTED,
        "Name asc",
        request.ctx.now,
    )?;
    let (tenant, folder, query) = (request.tenant()?.id, request.folder()?.id, asked.query.clone());
    let found = request
        .store()
        .read(move |tx| read::in_folder(&mut tx.tenant(tenant), folder, &query))
        .await?;
    let content = render(&request, &state, &asked.options, &found.items, found.count.unwrap_or(0))?;
    page::render(&request, "Triggers", ACTIVE, content).await
}

/// What the visitor may do with each.
#[derive(Clone, Copy)]
struct Rights {
    edit: bool,
    start: bool,
    delete: bool,
}

fn render(
    request: &Request,
    state: &GridQuery,
    options: &str,
    triggers: &[Value],
    total: u64,
) -> Result<Markup, Error> {
    let (base, csrf) = (list_path(request)?, csrf(request));
    let create = may(request, "Schedules.Create")?;
    let rights = Rights {
        edit: may(request, "Schedules.Edit")?,
        start: may(request, "Schedules.Edit and Jobs.Create")?,
        delete: may(request, "Schedules.Delete")?,
    };
    let add = html! {
        @if create {
            (link_button("Add queue trigger", &format!("{base}/new?kind=queue")).icon("plus"))
            (link_button("Add time trigger", &format!("{base}/new?kind=time")).primary().icon("plus"))
        }
    };
    let mut grid = Grid::new("triggers", "Triggers", state)
        .search("Name or process")
        .filter(
            "kind",
            "Kind",
            vec![Choice::new("time", "Time"), Choice::new("queue", "Queue")],
        )
        .filter(
            "state",
            "State",
            vec![Choice::new("on", "Enabled"), Choice::new("off", "Disabled")],
        )
        .sorted("Name", "Name")
        .sorted("Process", "ReleaseName")
        .column("Fires")
        .sorted("Next", "StartProcessNextOccurrence")
        .column("State")
        .rows(triggers.iter().map(|trigger| row(&base, csrf, trigger, rights)))
        .total(total)
        .empty(ui::empty_state(
            "clock",
            "No triggers in this folder",
            "A trigger starts jobs of a process at certain times, or when items wait in a queue.",
            add.clone(),
        ))
        .api("GET", &format!("/odata/ProcessSchedules?{options}"));
    let mut bulk = Vec::new();
    if rights.edit {
        bulk.push(button("Enable").small().action(&format!("{base}/enable")));
        bulk.push(button("Disable").small().action(&format!("{base}/disable")));
    }
    if rights.delete {
        let confirm = Confirm::new(
            "Delete the selected triggers?",
            "Jobs that they started stay.",
            "Delete",
        );
        let delete = button("Delete").danger().small().icon("trash");
        bulk.push(delete.action(&format!("{base}/delete")).confirm(confirm));
    }
    if !bulk.is_empty() {
        grid = grid.bulk(csrf, &format!("{base}/enable"), bulk);
    }
    let lead = format!("What starts jobs in {} by itself.", request.folder()?.path);
    Ok(html! {
        (ui::page_header("Triggers", &lead, add))
        (tabs(request, false)?)
        (grid.render())
        (api_folder(request)?)
    })
}

fn row(base: &str, csrf: &str, trigger: &Value, rights: Rights) -> Row {
    let id = trigger["Id"].as_i64().unwrap_or_default();
    let text = |member: &str| trigger[member].as_str().unwrap_or_default();
    let name = text("Name");
    let path = format!("{base}/{id}");
    let tags = tags::labels(trigger);
    let next = text("StartProcessNextOccurrence").parse().ok();
    Row::new(&id.to_string(), name)
        .cell(html! {
            div.wide-cell {
                @if rights.edit { a.row-link href=(path) { (name) } }
                @else { a.row-link href={ (base) "/" (text("Key")) "/history" } { (name) } }
                @if !text("Description").is_empty() { p.muted { (context::shortened(text("Description"), 80)) } }
                @if !tags.is_empty() { " " (ui::chips(&tags, 3)) }
            }
        })
        .cell(text("ReleaseName"))
        .cell(fires(trigger))
        .cell(moment(next))
        .cell(switch(trigger["Enabled"] == true))
        .menu(menu(base, &path, csrf, trigger, rights))
}

/// When a trigger fires, in words.
fn fires(trigger: &Value) -> Markup {
    let text = |member: &str| trigger[member].as_str().unwrap_or_default();
    html! {
        @if trigger["QueueDefinitionId"].is_i64() {
            "Items in " (text("QueueDefinitionName"))
        } @else {
            (text("StartProcessCronSummary")) p.muted { (text("TimeZoneId")) }
            @if !text("CalendarName").is_empty() { p.muted { "not on days of " (text("CalendarName")) } }
        }
    }
}

/// Whether a trigger is switched on.
pub fn switch(on: bool) -> Markup {
    if on {
        chip("Enabled", Tone::Success)
    } else {
        muted("Disabled")
    }
}

fn menu(base: &str, path: &str, csrf: &str, trigger: &Value, rights: Rights) -> Vec<MenuItem> {
    let text = |member: &str| trigger[member].as_str().unwrap_or_default();
    let mut menu = Vec::new();
    if rights.edit {
        menu.push(MenuItem::link("Edit", "edit", path));
        let (label, deed) = if trigger["Enabled"] == true {
            ("Disable", "disable")
        } else {
            ("Enable", "enable")
        };
        menu.push(MenuItem::post(label, "refresh", &format!("{path}/{deed}"), csrf));
    }
    if rights.start {
        menu.push(MenuItem::post("Start now", "play", &format!("{path}/start"), csrf));
    }
    menu.push(MenuItem::link(
        "History",
        "list",
        &format!("{base}/{}/history", text("Key")),
    ));
    menu.push(MenuItem::copy("Copy key", text("Key")));
    if rights.delete {
        let question = Confirm::delete(text("Name")).explain("Jobs that it started stay.");
        menu.push(MenuItem::delete("Delete", &format!("{path}/delete"), csrf, question));
    }
    menu
}

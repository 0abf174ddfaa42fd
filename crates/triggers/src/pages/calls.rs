//! The API triggers of a folder. `GET …/triggers/api`, and switching, deleting.

use access::console::{Asked, csrf, quoted};
use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::Entity as _;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::list::switch;
use super::{ACTIVE, api_folder, calls_path, list_path, may, tabs};
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;

const LIST: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers/api";
const SORTED: [&str; 3] = ["Name", "ReleaseName", "Slug"];

pub fn operations() -> Vec<Operation> {
    let form = |path, id, permission, summary| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    vec![
        Operation::page(Method::GET, LIST, "Console_ApiTriggers")
            .permission("Schedules.View")
            .folder(Folder::Required)
            .summary("The API triggers of a folder.")
            .handler(handle),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/api/{key}/enable",
            "Console_EnableApiTrigger",
            "Schedules.Edit",
            "Switches an API trigger on.",
        )
        .handler(|request| set(request, true)),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/api/{key}/disable",
            "Console_DisableApiTrigger",
            "Schedules.Edit",
            "Switches an API trigger off.",
        )
        .handler(|request| set(request, false)),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/api/{key}/delete",
            "Console_DeleteApiTrigger",
            "Schedules.Delete",
            "Deletes an API trigger.",
        )
        .handler(remove),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = GridQuery::parse(&calls_path(&request)?, request.parts.uri.query().unwrap_or_default());
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        let text = quoted(&state.search);
        filters.push(format!("(contains(Name,{text}) or contains(Slug,{text}))"));
    }
    let asked = Asked::new(
        HttpTrigger::model(),
        &state,
        &filters,
        &SORTED,
        "Name asc",
        request.ctx.now,
    )?;
    let (tenant, folder, query) = (request.tenant()?.id, request.folder()?.clone(), asked.query.clone());
    let found = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &folder, &query))
        .await?;
    let (base, csrf) = (calls_path(&request)?, csrf(&request));
    let (create, edit, delete) = (
        may(&request, "Schedules.Create")?,
        may(&request, "Schedules.Edit")?,
        may(&request, "Schedules.Delete")?,
    );
    let history = list_path(&request)?;
    let add = html! { @if create { (link_button("Add API trigger", &format!("{base}/new")).primary().icon("plus")) } };
    let grid = Grid::new("calls", "API triggers", &state)
        .search("Name or address")
        .sorted("Name", "Name")
        .sorted("Process", "ReleaseName")
        .sorted("Address", "Slug")
        .column("Answers")
        .column("State")
        .rows(
            found
                .items
                .iter()
                .map(|trigger| row(&base, &history, csrf, trigger, edit, delete)),
        )
        .total(found.count.unwrap_or(0))
        .empty(ui::empty_state(
            "clock",
            "No API triggers in this folder",
            "An API trigger starts jobs when its address is called, and can answer with what they return.",
            add.clone(),
        ))
        .api("GET", &format!("/odata/HttpTriggers?{}", asked.options));
    let content = html! {
        (ui::page_header("Triggers", "Addresses that start jobs when they are called.", add))
        (tabs(&request, true)?)
        (grid.render())
        (api_folder(&request)?)
    };
    page::render(&request, "API triggers", ACTIVE, content).await
}

fn row(base: &str, history: &str, csrf: &str, trigger: &Value, edit: bool, delete: bool) -> Row {
    let text = |member: &str| trigger[member].as_str().unwrap_or_default();
    let (key, name) = (text("Id"), text("Name"));
    let path = format!("{base}/{key}");
    let tags = tags::labels(trigger);
    let mut menu = Vec::new();
    if edit {
        menu.push(MenuItem::link("Edit", "edit", &path));
        let (label, deed) = if trigger["Enabled"] == true {
            ("Disable", "disable")
        } else {
            ("Enable", "enable")
        };
        menu.push(MenuItem::post(label, "refresh", &format!("{path}/{deed}"), csrf));
    }
    menu.push(MenuItem::link("History", "list", &format!("{history}/{key}/history")));
    menu.push(MenuItem::copy("Copy key", key));
    if delete {
        let question =
            Confirm::delete(name).explain("Its address answers 404 from then on. Jobs that it started stay.");
        menu.push(MenuItem::delete("Delete", &format!("{path}/delete"), csrf, question));
    }
    Row::new(key, name)
        .cell(html! {
            div.wide-cell {
                @if edit { a.row-link href=(path) { (name) } } @else { (name) }
                @if !text("Description").is_empty() { p.muted { (context::shortened(text("Description"), 80)) } }
                @if !tags.is_empty() { " " (ui::chips(&tags, 3)) }
            }
        })
        .cell(text("ReleaseName"))
        .cell(html! { code { (text("Method").to_uppercase()) " …/" (text("Slug")) } })
        .cell(mode(text("CallingMode")))
        .cell(switch(trigger["Enabled"] == true))
        .menu(menu)
}

/// How a call is answered, in words.
pub fn mode(name: &str) -> Markup {
    html! {
        @match name {
            "AsyncRequestReply" => "At once, with an address to ask",
            "AsyncCallback" => "At once, and calls back",
            "LongPolling" => "When the job has ended",
            _ => "At once, with nothing",
        }
    }
}

async fn set(request: Request, enabled: bool) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let ctx = request.ctx.clone();
    let work = request
        .store()
        .write(move |tx| service::set_enabled(&mut tx.tenant(tenant), &ctx, folder, key, enabled));
    work.await?;
    let done = if enabled { "enabled" } else { "disabled" };
    page::done(&calls_path(&request)?, &format!("The trigger was {done}."))
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let ctx = request.ctx.clone();
    let work = request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, folder, key));
    work.await?;
    page::done(&calls_path(&request)?, "The trigger was deleted.")
}

//! What happened to a trigger of any kind in the last 30 days. `GET …/triggers/{key}/history`

use access::console::{Asked, folder_path, grid_query};
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::{Entity as _, params};
use ui::{Grid, Row, Tone, chip, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, calls_path, list_path, may};
use crate::http_triggers::model::HttpTrigger;
use crate::schedules::history;
use crate::schedules::model::{Reason, Schedule, TriggerLog};
use crate::schedules::service::no_such;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/{key}/history",
            "Console_TriggerHistory",
        )
        .permission("Schedules.View")
        .folder(Folder::Required)
        .summary("What happened to a trigger when it could not start its jobs.")
        .handler(handle),
    ]
}

/// A trigger as the page names it.
struct Named {
    name: String,
    /// The page that changes it.
    path: String,
    /// Its jobs.
    jobs: Option<i64>,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = grid_query(&request);
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let asked = Asked::new(TriggerLog::model(), &state, &[], &[], "Id desc", request.ctx.now)?;
    let (list, calls, query) = (list_path(&request)?, calls_path(&request)?, asked.query.clone());
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let here = "folder_id = ? and key = ?";
        let named = if let Some(found) = scope.find_one::<Schedule>(here, params![folder, key])? {
            Named {
                name: found.name,
                path: format!("{list}/{}", found.id),
                jobs: Some(found.id),
            }
        } else {
            let found = scope.find_one::<HttpTrigger>(here, params![folder, key])?;
            let found = found.ok_or_else(|| no_such(key))?;
            Named {
                name: found.name,
                path: format!("{calls}/{key}"),
                jobs: None,
            }
        };
        Ok::<_, Error>((named, history::list(&mut scope, key, &query)?))
    });
    let (named, found) = work.await?;
    let grid = Grid::new("history", "Entries", &state)
        .column("Time")
        .column("What")
        .column("Why")
        .rows(found.items.iter().map(row))
        .total(found.count.unwrap_or(0))
        .empty(ui::empty_state(
            "check",
            "Nothing went wrong",
            "Every firing of the last 30 days started its jobs.",
            html! {},
        ))
        .api(
            "GET",
            &format!("/odata/TriggerLogs/UiPath.Server.Configuration.OData.GetByTriggerKey(triggerKey={key})"),
        );
    let jobs = format!("{}/jobs", folder_path(&request, request.folder()?.id)?);
    let edit = may(&request, "Schedules.Edit")?;
    let actions = html! {
        @if let Some(id) = named.jobs { (link_button("Jobs", &format!("{jobs}?schedule={id}"))) }
        @if edit { (link_button("Edit", &named.path)) }
    };
    let content = html! {
        (ui::page_header(&named.name, "What happened when it could not start its jobs.", actions))
        (grid.render())
    };
    page::render(&request, &named.name, ACTIVE, content).await
}

fn row(log: &Value) -> Row {
    let text = |member: &str| log[member].as_str().unwrap_or_default();
    let id = log["Id"].as_i64().unwrap_or_default();
    Row::new(&id.to_string(), text("Reason"))
        .cell(ui::time(text("CreationTime")))
        .cell(mark(text("Reason")))
        .cell(html! { div.wide-cell { (text("Description")) } })
}

fn mark(name: &str) -> Markup {
    let reason: Option<Reason> = name.parse().ok();
    let tone = match reason {
        Some(Reason::PendingJobs | Reason::PartiallyCreatedJobs | Reason::Misfired) => Tone::Warning,
        _ => Tone::Danger,
    };
    chip(reason.map_or(name, |reason| reason.words()), tone)
}

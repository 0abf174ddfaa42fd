//! A log entry with all it says. `GET /console/{org}/tenants/{tenant}/folders/{folder}/logs/{id}`

use context::Error;
use http::Method;
use maud::{Markup, html};
use ui::{link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, job_path, level_chip, list_path};
use crate::logs::read::{self, Shown};

pub fn operation() -> Operation {
    Operation::page(
        Method::GET,
        "/{org}/tenants/{tenant}/folders/{folder}/logs/{id}",
        "Console_LogEntry",
    )
    .permission("Logs.View")
    .folder(Folder::Required)
    .summary("A log entry with all it says.")
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("id")?);
    let (shown, (before, after)) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let shown = read::one(&mut scope, folder, id)?;
            let beside = read::neighbours(&mut scope, &shown.entry)?;
            Ok::<_, Error>((shown, beside))
        })
        .await?;
    let path = list_path(&request)?;
    let beside = |label: &str, icon: &'static str, id: Option<i64>| {
        html! { @if let Some(id) = id { (link_button(label, &format!("{path}/{id}")).icon(icon)) } }
    };
    let content = html! {
        (ui::page_header("Log entry", "", html! {
            (beside("Earlier", "left", before))
            (beside("Later", "right", after))
            (link_button("Logs of the job", &job_path(&request, shown.entry.job_key)?).icon("list"))
        }))
        (ui::stack(html! {
            (ui::card("Message", html! {}, html! { p.long-text { (shown.message) } }))
            (ui::card("Details", html! {}, details(&shown)))
            (ui::card("Whole entry", html! {}, ui::snippet(&pretty(&shown.raw))))
        }))
    };
    page::render(&request, "Log entry", ACTIVE, content).await
}

fn details(shown: &Shown) -> Markup {
    let entry = &shown.entry;
    let text = |text: &Option<String>| match text {
        Some(text) => html! { (text) },
        None => muted("–"),
    };
    ui::definitions(&[
        ("Time", html! { (entry.at.to_string()) }),
        ("Level", level_chip(entry.level)),
        ("Process", text(&shown.process)),
        ("Robot", text(&shown.robot)),
        ("Host", text(&shown.host)),
        ("Host identity", text(&shown.identity)),
        ("Runtime", html! { (entry.runtime_type.to_string()) }),
        ("Job key", ui::copyable(&entry.job_key.to_string())),
    ])
}

/// JSON with a member to a line.
fn pretty(raw: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(raw);
    value
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| raw.to_owned())
}

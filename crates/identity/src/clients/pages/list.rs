//! All external applications of the organization. `GET /console/{org}/admin/external-apps`

use std::cmp::Ordering;
use std::collections::HashMap;

use context::Error;
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use ui::field::Choice;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, link_button};
use uuid::Uuid;
use web::{Operation, Request, Response, page};

use super::standing::Standing;
use super::{ACTIVE, list_path};
use crate::Identity;
use crate::clients::Client;
use crate::clients::service::Application;
use crate::console::csrf;
use crate::scopes::Kind;

/// Scopes shown per row; the others are summed up.
const SHOWN_SCOPES: usize = 2;

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/admin/external-apps", "ExternalAppPages_List")
        .administrator()
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let path = list_path(&cx)?;
    let query = GridQuery::parse(&path, cx.parts.uri.query().unwrap_or_default());
    let organization = cx.organization()?;
    let identity = cx.state::<Identity>()?;
    let all = identity.applications(organization).await?;
    let used = identity.applications_last_used(organization).await?;
    let any = !all.is_empty();
    let found = arrange(all, &used, &query, cx.ctx.now);
    let total = found.len() as u64;
    let csrf = csrf(&cx)?;
    let rows = found.iter().skip(query.skip() as usize).take(query.size as usize);
    let add = link_button("Add application", &format!("{path}/add"))
        .primary()
        .icon("plus");
    let types = vec![
        Choice::new("confidential", "Confidential"),
        Choice::new("non-confidential", "Non-confidential"),
    ];
    let standings = Standing::ALL
        .map(|standing| Choice::new(standing.name(), standing.label()))
        .to_vec();
    let grid = Grid::new("applications", "External applications", &query)
        .sorted("Application name", "name")
        .column("App ID")
        .sorted("Type", "type")
        .column("Scopes")
        .sorted("Last used", "used")
        .column("Status")
        .search("Name, App ID or scope")
        .filter("type", "Type", types)
        .filter("status", "Status", standings)
        .rows(rows.map(|application| row(application, used.get(&application.client.id), &path, csrf, cx.ctx.now)))
        .total(total)
        .empty(ui::empty_state(
            "application",
            "No external application yet",
            "Register one to give a program its own ID, its own secret and no more rights than it needs.",
            html! { (add) },
        ))
        .api("GET", &format!("/identity_/api/ExternalClient/{organization}"));
    let content = html! {
        (ui::page_header(
            "External applications",
            "Programs that call the APIs under their own identity, exactly as far as their scopes and roles go.",
            html! { @if any { (add) } },
        ))
        (grid.render())
    };
    page::render(&cx, "External applications", ACTIVE, content).await
}

/// What search, filters and order leave. An organization has at most a thousand applications, so this is done in memory.
fn arrange(
    mut all: Vec<Application>,
    used: &HashMap<Uuid, Timestamp>,
    query: &GridQuery,
    now: Timestamp,
) -> Vec<Application> {
    let text = store::fold(&query.search);
    all.retain(|application| {
        let client = &application.client;
        let typed = query
            .filter("type")
            .is_none_or(|wanted| (wanted == "confidential") == client.confidential);
        let standing = query
            .filter("status")
            .is_none_or(|wanted| wanted == Standing::of(application, now).name());
        typed && standing && (text.is_empty() || matches(client, &text))
    });
    if let Some((column, descending)) = query.sort_in(&["name", "type", "used"]) {
        let order = |a: &Application, b: &Application| match column {
            "type" => b.client.confidential.cmp(&a.client.confidential),
            "used" => used.get(&a.client.id).cmp(&used.get(&b.client.id)),
            _ => Ordering::Equal,
        };
        // The list comes ordered by name, and the sort is stable.
        match (column, descending) {
            ("name", true) => all.reverse(),
            (_, true) => all.sort_by(|a, b| order(b, a)),
            (_, false) => all.sort_by(order),
        }
    }
    all
}

fn matches(client: &Client, text: &str) -> bool {
    store::fold(&client.name).contains(text)
        || client.id.to_string().contains(text)
        || scopes(client).iter().any(|scope| store::fold(scope).contains(text))
}

/// Every scope once, whichever its kind.
fn scopes(client: &Client) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in Kind::ALL.into_iter().flat_map(|kind| client.scopes(kind)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn row(application: &Application, used: Option<&Timestamp>, path: &str, csrf: &str, now: Timestamp) -> Row {
    let client = &application.client;
    let own = format!("{path}/{}", client.id);
    let standing = Standing::of(application, now);
    let names = scopes(client);
    let mut menu = vec![
        MenuItem::link("Edit", "edit", &own),
        MenuItem::link("Connection details", "code", &format!("{own}/connection")),
        MenuItem::link("Activity", "activity", &format!("{own}/activity")),
    ];
    if client.confidential {
        menu.insert(1, MenuItem::link("Secrets", "key", &format!("{own}/secrets")));
    }
    menu.push(MenuItem::Separator);
    let confirm = Confirm::delete(&client.name)
        .explain(
            "Its secrets, grants and role assignments go with it. Programs that use it stop working within a minute.",
        )
        .type_name(&client.name);
    menu.push(MenuItem::delete("Delete", &format!("{own}/delete"), csrf, confirm));
    Row::new(&client.id.to_string(), &client.name)
        .link(&client.name, &own)
        .cell(ui::copyable(&client.id.to_string()))
        .cell(if client.confidential {
            "Confidential"
        } else {
            "Non-confidential"
        })
        .cell(if names.is_empty() {
            ui::muted("none")
        } else {
            ui::chips(&names, SHOWN_SCOPES)
        })
        .cell(last_used(used))
        .cell(ui::chip(standing.label(), standing.tone()))
        .menu(menu)
}

fn last_used(used: Option<&Timestamp>) -> Markup {
    used.map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string()))
}

//! The audit log of the tenant, and asking for it as a file. `GET /console/{org}/tenants/{tenant}/audit`, `POST …/audit/export`

use context::Error;
use http::Method;
use jiff::{Timestamp, ToSpan as _};
use maud::html;
use odata::Enumeration as _;
use store::Entity as _;
use ui::field::Choice;
use ui::{Grid, GridQuery, Row, button};
use web::{Operation, Request, Response, page};

use super::ACTIVE;
use crate::audit::export;
use crate::audit::model::{Action, AuditLog, Component};
use crate::console::{Asked, csrf, grid_query, quoted, tenant, tenant_path};
use crate::exports::{self, Criteria};

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/tenants/{tenant}/audit", "Console_Audit")
            .summary("The audit log of the tenant.")
            .permission("Audit.View")
            .handler(handle),
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/audit/export",
            "Console_ExportAudit",
        )
        .summary("Asks for the audit log of the tenant as CSV.")
        .permission("Audit.View")
        .takes_form()
        .handler(export),
    ]
}

/// Hours back that the filter "Time" offers.
const TIMES: &[(&str, &str, i64)] = &[
    ("hour", "Last hour", 1),
    ("day", "Last day", 24),
    ("week", "Last week", 168),
    ("month", "Last 30 days", 720),
];
/// Components that something is written about.
const COMPONENTS: &[Component] = &[
    Component::Assets,
    Component::Folders,
    Component::Monitoring,
    Component::Roles,
    Component::Secrets,
    Component::Settings,
    Component::Tenant,
    Component::Users,
];
const ACTIONS: &[Action] = &[
    Action::Create,
    Action::Update,
    Action::Delete,
    Action::Assign,
    Action::Unassign,
    Action::Move,
    Action::Toggle,
    Action::Associate,
    Action::Download,
];

fn filters(state: &GridQuery, now: Timestamp) -> Vec<String> {
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        filters.push(format!("contains(OperationText,{})", quoted(&state.search)));
    }
    if let Some(component) = state.filter("component").and_then(Component::from_name) {
        filters.push(format!("Component eq '{component}'"));
    }
    if let Some(action) = state.filter("action").and_then(Action::from_name) {
        filters.push(format!("Action eq '{action}'"));
    }
    if let Some(user) = state.filter("user") {
        filters.push(format!("UserName eq {}", quoted(user)));
    }
    let hours = TIMES
        .iter()
        .find(|(name, ..)| state.filter("time") == Some(name))
        .map(|(.., hours)| *hours);
    if let Some(since) = hours.and_then(|hours| now.checked_sub(hours.hours()).ok()) {
        filters.push(format!("ExecutionTime ge {since}"));
    }
    filters
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (state, tenant) = (grid_query(&cx), tenant(&cx)?);
    let filters = filters(&state, cx.ctx.now);
    let asked = Asked::new(
        AuditLog::model(),
        &state,
        &filters,
        &["ExecutionTime"],
        "Id desc",
        cx.ctx.now,
    )?;
    let query = asked.query.clone();
    let found = cx
        .store()
        .read(move |tx| Ok::<_, Error>(tx.tenant(tenant.id).list::<AuditLog>(&query, "", Vec::new())?))
        .await?;
    let path = format!("{}/audit", tenant_path(&cx)?);
    let rows = found.items.iter().map(|log| {
        Row::new(&log.id.to_string(), &log.operation_text)
            .link(&log.operation_text, &format!("{path}/{}", log.id))
            .cell(log.component.name())
            .cell(log.action.name())
            .cell(html! { a href=(state.href("user", log.user_name.as_deref().unwrap_or_default())) { (log.user_name.as_deref().unwrap_or("–")) } })
            .cell(ui::time(&log.executed_at.to_string()))
    });
    let named = |names: &[&'static str]| names.iter().map(|name| Choice::new(name, name)).collect::<Vec<_>>();
    let components: Vec<&'static str> = COMPONENTS.iter().map(|component| component.name()).collect();
    let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name()).collect();
    let grid = Grid::new("audit", "Audit entries", &state)
        .column("Operation")
        .column("Component")
        .column("Action")
        .optional()
        .column("User")
        .sorted("Time", "ExecutionTime")
        .search("Operation")
        .filter("component", "Component", named(&components))
        .filter("action", "Action", named(&actions))
        .filter(
            "time",
            "Time",
            TIMES.iter().map(|(name, title, _)| Choice::new(name, title)).collect(),
        )
        .rows(rows)
        .total(found.count.unwrap_or_default())
        .api("GET", &format!("/odata/AuditLogs?{}", asked.options))
        .render();
    let action = format!("{path}/export?{}", cx.parts.uri.query().unwrap_or_default());
    let content = html! {
        (ui::page_header("Audit", "Who did what in this tenant.", html! {
            (ui::form(csrf(&cx), &action, html! { (button("Export as CSV").icon("download")) }))
        }))
        (grid)
    };
    page::render(&cx, "Audit", ACTIVE, content).await
}

/// Asks for what the list shows, on all its pages.
async fn export(cx: Request) -> Result<Response, Error> {
    let (state, tenant, ctx) = (grid_query(&cx), tenant(&cx)?.id, cx.ctx.clone());
    let criteria = Criteria::filtered(filters(&state, ctx.now).join(" and "));
    let wanted = export::wanted(criteria, None)?;
    cx.store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    page::done(
        &exports::list_path(&cx)?,
        "The export was asked for. It is listed here.",
    )
}

//! The alerts of the visitor. `GET /console/{org}/tenants/{tenant}/alerts`

use access::console::{csrf, moment, tenant_path};
use context::{Error, codes};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use maud::html;
use odata::{Enumeration as _, Query};
use store::Entity as _;
use ui::field::Choice;
use ui::{Grid, GridQuery, MenuItem, Row, Tone, button, chip, link_button, muted};
use uuid::Uuid;
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path, severity_chip};
use crate::alerts::model::{Alert, AlertState, Component, Severity};
use crate::alerts::reader::Reader;
use crate::alerts::service::{self, Seen, TOPIC};

/// Times that the list can be narrowed to: name, label, hours.
const INTERVALS: [(&str, &str, i64); 3] = [
    ("hour", "Last hour", 1),
    ("day", "Last day", 24),
    ("week", "Last week", 168),
];

pub fn operations() -> Vec<Operation> {
    let page = |method: Method, path, id, summary| {
        Operation::page(method, path, id)
            .permission("Alerts.View")
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/alerts",
            "Console_Alerts",
            "The alerts of the visitor.",
        )
        .handler(handle),
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/alerts/live",
            "Console_AlertsChanges",
            "Tells an open page of new alerts.",
        )
        .handler(async |request| web::live::listen(&request, TOPIC, request.tenant()?.id)),
        page(
            Method::POST,
            "/{org}/tenants/{tenant}/alerts/read",
            "Console_ReadAlerts",
            "Marks alerts as read: those that the form names, or all.",
        )
        .takes_form()
        .handler(mark),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let path = list_path(&request)?;
    let state = GridQuery::parse(&path, request.parts.uri.query().unwrap_or_default());
    let (tenant, now, reader) = (request.tenant()?.id, request.ctx.now, Reader::of(&request)?);
    let mut options = Vec::new();
    let terms = filter(&state, now);
    if !terms.is_empty() {
        options.push(("$filter".to_owned(), terms.join(" and ")));
    }
    if let Some((column, descending)) = state.sort_in(&["CreationTime", "Severity"]) {
        let direction = if descending { "desc" } else { "asc" };
        options.push(("$orderby".to_owned(), format!("{column} {direction}")));
    }
    options.push(("$top".to_owned(), state.size.to_string()));
    if state.skip() > 0 {
        options.push(("$skip".to_owned(), state.skip().to_string()));
    }
    options.push(("$count".to_owned(), "true".to_owned()));
    let query = Query::parse(&options, Alert::model(), &odata::Limits::DEFAULT, now)
        .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))?;
    let found = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &reader, &query))
        .await?;
    let (csrf, tenant) = (csrf(&request), tenant_path(&request)?);
    let call: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let components: Vec<Choice> = Component::ALL
        .iter()
        .map(|component| Choice::new(&component.to_string(), component.title()))
        .collect();
    let severities: Vec<Choice> = Severity::ALL
        .iter()
        .map(|severity| Choice::new(&severity.to_string(), &severity.to_string()))
        .collect();
    let states = vec![Choice::new("Unread", "Unread"), Choice::new("Read", "Read")];
    let read = format!("{path}/read");
    let grid = Grid::new("alerts", "Alerts", &state)
        .filter("state", "State", states)
        .filter("severity", "Severity", severities)
        .filter("component", "Component", components)
        .filter(
            "interval",
            "Time",
            INTERVALS.map(|(name, label, _)| Choice::new(name, label)).to_vec(),
        )
        .sorted("Severity", "Severity")
        .column("Component")
        .column("Description")
        .sorted("Time", "CreationTime")
        .column("State")
        .bulk(csrf, &read, vec![button("Mark as read").small().icon("check")])
        .rows(found.items.iter().map(|seen| row(&tenant, csrf, &read, seen)))
        .total(found.count.unwrap_or_default())
        .empty(ui::empty_state(
            "success",
            "No alerts",
            "When a job fails, a robot goes away or a process calls, it is told here.",
            html! {},
        ))
        .api("GET", &format!("/odata/Alerts?{}", call.join("&")))
        .render();
    let content = html! {
        (ui::page_header("Alerts", "What needs attention in the folders you may see. Alerts are kept for 30 days.", html! {
            (link_button("Preferences", &format!("{path}/preferences")).icon("settings"))
            (ui::form(csrf, &read, html! {
                (ui::field::hidden("all", "true"))
                (button("Mark all as read").icon("check"))
            }))
        }))
        (ui::live("live-alerts", &format!("{path}/live"), grid))
    };
    page::render(&request, "Alerts", ACTIVE, content).await
}

/// The terms of the filter that the grid stands for.
fn filter(state: &GridQuery, now: Timestamp) -> Vec<String> {
    let mut terms = Vec::new();
    let one_of =
        |name: &str, known: &dyn Fn(&str) -> bool| state.filter(name).filter(|text| known(text)).map(str::to_owned);
    let state_name = one_of("state", &|text| text.parse::<AlertState>().is_ok());
    terms.extend(state_name.map(|name| format!("State eq '{name}'")));
    let severity = one_of("severity", &|text| text.parse::<Severity>().is_ok());
    terms.extend(severity.map(|name| format!("Severity eq '{name}'")));
    let component = one_of("component", &|text| text.parse::<Component>().is_ok());
    terms.extend(component.map(|name| format!("Component eq '{name}'")));
    let interval = state.filter("interval");
    let hours = INTERVALS
        .iter()
        .find(|(name, ..)| interval == Some(*name))
        .map(|(_, _, hours)| *hours);
    let since = hours.and_then(|hours| now.checked_sub(SignedDuration::from_hours(hours)).ok());
    terms.extend(since.map(|since| format!("CreationTime ge {since}")));
    terms
}

fn row(tenant: &str, csrf: &str, read: &str, seen: &Seen) -> Row {
    let (alert, message) = (&seen.alert, seen.message());
    let key = alert.key.to_string();
    let is_unread = seen.state == AlertState::Unread;
    let link = alert.link.as_ref().filter(|link| link.starts_with('/'));
    let mut menu = Vec::new();
    if let Some(link) = link {
        menu.push(MenuItem::link("Open", "external", &format!("{tenant}{link}")));
    }
    if is_unread {
        menu.push(MenuItem::post(
            "Mark as read",
            "check",
            &format!("{read}?id={key}"),
            csrf,
        ));
    }
    let row = Row::new(&key, &message)
        .cell(severity_chip(alert.severity))
        .cell(alert.component.title());
    let row = match link {
        Some(link) => row.link(&message, &format!("{tenant}{link}")),
        None => row.cell(&message),
    };
    row.cell(moment(Some(alert.created_at)))
        .cell(if is_unread {
            chip("Unread", Tone::Info)
        } else {
            muted("Read")
        })
        .menu(menu)
}

async fn mark(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let (tenant, reader) = (request.tenant()?.id, Reader::of(&request)?);
    let all = page::field(&form, "all") == "true";
    let mut keys: Vec<Uuid> = page::fields(&form, "id")
        .into_iter()
        .filter_map(|text| Uuid::parse_str(text).ok())
        .collect();
    keys.extend(request.parameter("id").and_then(|text| Uuid::parse_str(text).ok()));
    request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            if all {
                service::mark_all_as_read(&mut scope, &reader)
            } else {
                service::mark_as_read(&mut scope, &reader, &keys).map(drop)
            }
        })
        .await?;
    page::done(&list_path(&request)?, "Marked as read.")
}

//! A queue in numbers: what is waiting, what was done, how long it took, whether it will be in time; and its settings.

use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use ui::{Slice, Tone, bars, chip, muted, stat};
use web::{Folder, Operation, Request, Response, page};

use super::figures::{in_state, outlook};
use super::head::{self, Tab};
use super::list::seen;
use crate::console::{ACTIVE, ItemRights, duration, minutes, queue_path};
use crate::items::model::Status;
use crate::statistics::forecast::{self, Forecast, Outlook};
use crate::statistics::numbers::{self, Numbers};
use crate::statistics::records::{self, Range, Record, ReportType};

/// Times that charts can be about: name, label, days as [`Range::days`] counts them.
const RANGES: [(&str, &str, i64); 3] = [
    ("hour", "Last hour", 0),
    ("day", "Last 24 hours", 1),
    ("month", "Last 30 days", 30),
];

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/overview",
            "Console_QueueOverview",
        )
        .permission("Queues.View")
        .folder(Folder::Required)
        .summary("A queue in numbers.")
        .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, id, now) = (request.tenant()?.id, request.integer("id")?, request.ctx.now);
    let chosen = request.parameter("range").unwrap_or("day");
    let (chosen, _, days) = RANGES
        .into_iter()
        .find(|(name, ..)| *name == chosen)
        .unwrap_or(RANGES[1]);
    let (seen, range) = (seen(&request)?, Range::days(days)?);
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let queue = head::queue(&mut scope, &seen, id, now)?;
        let numbers = numbers::of(&mut scope, &[id])?.remove(&id).unwrap_or_default();
        let forecast = forecast::of(&mut scope, &[id])?
            .remove(&id)
            .unwrap_or(Forecast::UNKNOWN);
        let records = records::series(&mut scope, id, range, now)?;
        Ok::<_, Error>((queue, numbers, forecast, records))
    });
    let (queue, numbers, forecast, records) = work.await?;
    let content = html! {
        (head::render(&request, &queue, Tab::Overview)?)
        (stats(&queue, &numbers, &forecast))
        @if ItemRights::of(&request)?.view {
            (ui::card("Processing", html! {}, charts(&queue_path(&request, id)?, chosen, range, &records)))
        }
        (ui::card("Settings", html! {}, settings(&queue)))
    };
    let title = queue["Name"].as_str().unwrap_or_default().to_owned();
    page::render(&request, &title, ACTIVE, content).await
}

fn stats(queue: &Value, numbers: &Numbers, forecast: &Forecast) -> Markup {
    let number = |count: i64| count.to_string();
    let handling = numbers.handling_micros().map_or_else(|| "–".to_owned(), duration);
    ui::tiles(html! {
        (stat("New", &number(in_state(numbers, Status::New)), html! {}))
        (stat("In progress", &number(in_state(numbers, Status::InProgress)), html! {}))
        (stat("Successful", &number(numbers.successes), html! {}))
        (stat("Application exceptions", &number(numbers.application_exceptions), html! {}))
        (stat("Business exceptions", &number(numbers.business_exceptions), html! {}))
        (stat("Average time", &handling, html! {}))
        @if int(queue, "SlaInMinutes") > 0 {
            div.stat {
                span.stat-label { "SLA forecast" }
                span { (outlook(Some(forecast))) }
                span.muted { (advice(forecast)) }
            }
        }
    })
}

/// What a forecast comes to in words.
fn advice(forecast: &Forecast) -> String {
    match (forecast.outlook, forecast.robots) {
        (Outlook::Unknown, _) => "Not worked out yet: it rests on how long items took so far.".to_owned(),
        (_, None) => "No number of robots would do all in time.".to_owned(),
        (_, Some(0)) => "Nothing is due within a day.".to_owned(),
        (_, Some(1)) => "One robot does all in time.".to_owned(),
        (_, Some(robots)) => format!("{robots} robots do all in time."),
    }
}

fn charts(path: &str, chosen: &str, range: Range, records: &[Record]) -> Markup {
    let format = match range.report_type() {
        ReportType::Day | ReportType::All => "%m-%d",
        ReportType::Minute | ReportType::Hour => "%H:%M",
    };
    let slices = |value: fn(&Record) -> f64| -> Vec<Slice> {
        let label = |record: &Record| record.begins_at.strftime(format).to_string();
        records
            .iter()
            .map(|record| Slice::new(&label(record), value(record)))
            .collect()
    };
    let links = RANGES.map(|(name, label, _)| (label, format!("{path}/overview?range={name}"), name == chosen));
    let links: Vec<(&str, &str, bool)> = links
        .iter()
        .map(|(label, href, on)| (*label, href.as_str(), *on))
        .collect();
    ui::stack(html! {
        (ui::link_tabs("Time", &links))
        (bars("Finished transactions", &slices(|record| record.finished() as f64)))
        (bars("Exceptions", &slices(|record| (record.application_exceptions + record.business_exceptions) as f64)))
        (bars("Average time in seconds", &slices(|record| record.mean_seconds().unwrap_or(0.0))))
        (bars("Waiting items", &slices(|record| record.remaining as f64)))
        p.muted { "Times are UTC. The last bar is not over yet." }
    })
}

fn int(queue: &Value, member: &str) -> i32 {
    let number = queue[member].as_i64().unwrap_or_default();
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What the queue is set to.
fn settings(queue: &Value) -> Markup {
    let is = |member: &str| queue[member].as_bool().unwrap_or(false);
    let text = |member: &str| queue[member].as_str().unwrap_or_default();
    let yes_no = |member: &str| html! { @if is(member) { "Yes" } @else { (muted("No")) } };
    let retries = int(queue, "MaxNumberOfRetries");
    let retried = match (is("AcceptAutomaticallyRetry"), is("RetryAbandonedItems")) {
        (true, true) => format!("Failed and abandoned items, up to {retries} time(s)"),
        (true, false) => format!("Failed items, up to {retries} time(s)"),
        (false, true) => format!("Abandoned items, up to {retries} time(s)"),
        (false, false) => "No".to_owned(),
    };
    let kept = |action: &str, period: &str| match text(action) {
        "None" => "Without end".to_owned(),
        _ => format!("{} days, then deleted", int(queue, period)),
    };
    let sla = match (int(queue, "SlaInMinutes"), int(queue, "RiskSlaInMinutes")) {
        (0, _) => "None".to_owned(),
        (sla, 0) => minutes(sla),
        (sla, risk) => format!("{}, at risk after {}", minutes(sla), minutes(risk)),
    };
    let (folders, tags) = (int(queue, "FoldersCount"), tags::labels(queue));
    ui::definitions(&[
        ("Automatic retry", html! { (retried) }),
        ("Unique references", yes_no("EnforceUniqueReference")),
        ("Encrypted", yes_no("Encrypted")),
        ("SLA", html! { (sla) }),
        (
            "Finished items are kept",
            html! { (kept("RetentionAction", "RetentionPeriod")) },
        ),
        (
            "New items wait",
            html! { (kept("StaleRetentionAction", "StaleRetentionPeriod")) },
        ),
        (
            "Tags",
            html! { @if tags.is_empty() { (muted("–")) } @else { (ui::chips(&tags, 20)) } },
        ),
        (
            "Visible in",
            html! { @if folders > 1 { (chip(&format!("{folders} folders"), Tone::Info)) } @else { "This folder" } },
        ),
        ("Key", ui::copyable(text("Key"))),
        ("Created", ui::time(text("CreationTime"))),
    ])
}

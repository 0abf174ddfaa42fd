//! A queue in numbers: what is waiting, what was done, how long it took, whether it will be in time; and its settings.

use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use ui::{Slice, Tone, bars, chip, muted, stat};
use web::{Folder, Operation, Request, Response, page};

use super::figures::{self, Figures, Record};
use super::head::{self, Tab};
use super::list::{seen, tags};
use crate::console::{ACTIVE, duration, minutes, queue_path};
use crate::items::model::Status;
use crate::statistics::tally::Span;

/// Times that charts can be about: name, label, length of a bar, bars.
const RANGES: [(&str, &str, Span, i64); 3] = [
    ("hour", "Last hour", Span::Minute, 60),
    ("day", "Last 24 hours", Span::Hour, 24),
    ("month", "Last 30 days", Span::Day, 30),
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
    let range = RANGES
        .into_iter()
        .find(|(name, ..)| *name == chosen)
        .unwrap_or(RANGES[1]);
    let seen = seen(&request)?;
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let queue = head::queue(&mut scope, &seen, id, now)?;
        let figures = figures::of(&mut scope, &[id])?.remove(&id).unwrap_or_default();
        let records = figures::series(&mut scope, id, range.2, range.3, now)?;
        Ok::<_, Error>((queue, figures, records))
    });
    let (queue, figures, records) = work.await?;
    let content = html! {
        (head::render(&request, &queue, Tab::Overview)?)
        (numbers(&queue, &figures))
        (charts(&queue_path(&request, id), range, &records))
        (ui::card("Settings", html! {}, settings(&queue)))
    };
    let title = queue["Name"].as_str().unwrap_or_default().to_owned();
    page::render(&request, &title, ACTIVE, content).await
}

fn numbers(queue: &Value, figures: &Figures) -> Markup {
    let number = |count: i64| count.to_string();
    let sla = int(queue, "SlaInMinutes");
    let forecast = figures.forecast.as_ref();
    let robots = forecast.and_then(|forecast| forecast.robots);
    let handling = figures.handling_micros().map_or_else(|| "–".to_owned(), duration);
    ui::tiles(html! {
        (stat("New", &number(figures.in_state(Status::New)), html! {}))
        (stat("In progress", &number(figures.in_state(Status::InProgress)), html! {}))
        (stat("Successful", &number(figures.successes), html! {}))
        (stat("Application exceptions", &number(figures.application_exceptions), html! {}))
        (stat("Business exceptions", &number(figures.business_exceptions), html! {}))
        (stat("Average time", &handling, html! {}))
        @if sla > 0 {
            div.stat {
                span.stat-label { "SLA forecast" }
                span { (figures::outlook(sla, forecast)) }
                @if let Some(robots) = robots { span.muted { (robots) " robot(s) would do all in time" } }
                @if let Some(forecast) = forecast { span.muted { "Worked out " (ui::time(&forecast.worked_out_at.to_string())) } }
            }
        }
    })
}

fn charts(path: &str, range: (&str, &str, Span, i64), records: &[Record]) -> Markup {
    let label = |record: &Record| {
        let format = if range.2 == Span::Day { "%m-%d" } else { "%H:%M" };
        record.begins_at.strftime(format).to_string()
    };
    let slices = |value: fn(&Record) -> f64| -> Vec<Slice> {
        records
            .iter()
            .map(|record| Slice::new(&label(record), value(record)))
            .collect()
    };
    let links: Vec<(&str, String, bool)> = RANGES
        .iter()
        .map(|(name, label, ..)| (*label, format!("{path}/overview?range={name}"), *name == range.0))
        .collect();
    let links: Vec<(&str, &str, bool)> = links
        .iter()
        .map(|(label, href, on)| (*label, href.as_str(), *on))
        .collect();
    html! {
        (ui::card("Processing", html! {}, html! {
            (ui::link_tabs("Time", &links))
            (bars("Finished transactions", &slices(|record| record.finished() as f64)))
            (bars("Exceptions", &slices(|record| (record.application_exceptions + record.business_exceptions) as f64)))
            (bars("Average time in seconds", &slices(Record::mean_seconds)))
            p.muted { "Times are UTC. The last bar is not over yet." }
        }))
    }
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
    let folders = int(queue, "FoldersCount");
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
        ("Tags", ui::chips(&tags(queue), 20)),
        (
            "Visible in",
            html! { @if folders > 1 { (chip(&format!("{folders} folders"), Tone::Info)) } @else { "This folder" } },
        ),
        ("Key", ui::copyable(text("Key"))),
        ("Created", ui::time(text("CreationTime"))),
    ])
}

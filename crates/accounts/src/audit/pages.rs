//! The organization's audit log in the console. `GET /console/{org}/admin/audit`, `…/audit/download`

use context::Error;
use http::Method;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::html;
use ui::field::Choice;
use ui::{Grid, GridQuery, Row, Tone, chip, link_button};
use web::{Operation, Reply, Request, Response, page};

use super::AuditRecord;
use super::api::{MOST_ROWS, csv_of};
use super::service::{self, Search};
use crate::console::{base, grid_query, moment};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/admin/audit", "Console_OrganizationAudit")
            .summary("What happened in the organization.")
            .administrator()
            .handler(show),
        Operation::page(
            Method::GET,
            "/{org}/admin/audit/download",
            "Console_DownloadOrganizationAudit",
        )
        .summary("The filtered audit log as CSV.")
        .administrator()
        .handler(download),
    ]
}

fn search_of(query: &GridQuery, now: Timestamp) -> Search {
    let text = |name: &str| query.filter(name).map(str::to_owned);
    let days = query
        .filter("days")
        .and_then(|days| days.parse().ok())
        .filter(|days| (1..=3650).contains(days));
    let last_days = days.and_then(|days: i64| now.checked_sub(SignedDuration::from_hours(24 * days)).ok());
    Search {
        from: query.filter("from").and_then(|text| midnight(text, 0)).or(last_days),
        to: query.filter("to").and_then(|text| midnight(text, 1)),
        target: text("category"),
        name: text("action"),
        actor_name: Some(query.search.clone()).filter(|search| !search.is_empty()),
        succeeded: query.filter("status").map(|status| status == "success"),
        ascending: query.sort_in(&["createdOn"]).is_some_and(|(_, descending)| !descending),
        top: u32::try_from(query.size).unwrap_or(25),
        skip: u32::try_from(query.skip()).unwrap_or(u32::MAX),
        ..Search::default()
    }
}

/// The start of a day in UTC, or of one that many days later.
fn midnight(text: &str, later: i32) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let date = (0..later).try_fold(date, |date, _| date.tomorrow()).ok()?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

async fn show(request: Request) -> Result<Response, Error> {
    let (organization, base, query) = (request.organization()?, base(&request)?, grid_query(&request));
    let search = search_of(&query, request.ctx.now);
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        Ok::<_, Error>((service::search(&mut scope, &search)?, service::known(&mut scope)?))
    });
    let ((total, records), known) = found.await?;
    let mut categories: Vec<&str> = known.iter().map(|(target, _)| target.as_str()).collect();
    categories.dedup();
    let mut actions: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
    actions.sort_unstable();
    actions.dedup();
    let choices = |names: &[&str]| names.iter().map(|name| Choice::new(name, name)).collect::<Vec<_>>();
    let grid = Grid::new("audit", "Audit log", &query)
        .sorted("When", "createdOn")
        .column("User")
        .column("Action")
        .column("What happened")
        .column("Address")
        .optional()
        .rows(records.iter().map(row))
        .total(u64::try_from(total).unwrap_or(0))
        .search("User name")
        .filter("days", "Period", periods())
        .filter("category", "Category", choices(&categories))
        .filter("action", "Action", choices(&actions))
        .filter(
            "status",
            "Status",
            vec![Choice::new("success", "Success"), Choice::new("failure", "Failure")],
        )
        .api("GET", &format!("/identity_/api/AuditQuery/{organization}"))
        .render();
    let download = match request.parts.uri.query() {
        Some(parameters) => format!("{base}/admin/audit/download?{parameters}"),
        None => format!("{base}/admin/audit/download"),
    };
    let content = html! {
        (ui::page_header("Audit", "Who did what in this organization. Nothing here can be changed or removed.",
            html! { (link_button("Export CSV", &download).icon("download")) }))
        (grid)
    };
    page::render(&request, "Audit", "organization-audit", content).await
}

fn periods() -> Vec<Choice> {
    [
        ("1", "Last 24 hours"),
        ("7", "Last 7 days"),
        ("30", "Last 30 days"),
        ("90", "Last 90 days"),
    ]
    .map(|(days, label)| Choice::new(days, label))
    .into()
}

fn row(record: &AuditRecord) -> Row {
    let details = serde_json::to_string_pretty(&record.details).unwrap_or_default();
    Row::new(&record.id.to_string(), &record.name)
        .cell(moment(Some(record.created_at)))
        .cell(&record.actor_name)
        .cell(html! {
            (record.name) @if !record.succeeded { " " (chip("Failure", Tone::Warning)) }
            br; (ui::muted(&record.target))
        })
        .cell(html! { details { summary { (record.message) } pre { code { (details) } } } })
        .cell(record.address.as_deref().unwrap_or_default())
}

async fn download(request: Request) -> Result<Response, Error> {
    let organization = request.organization()?;
    let search = Search {
        top: MOST_ROWS,
        skip: 0,
        ..search_of(&grid_query(&request), request.ctx.now)
    };
    let found = request
        .store()
        .read(move |tx| service::search(&mut tx.organization(organization), &search));
    Reply::ok()
        .header("content-disposition", "attachment; filename=\"audit.csv\"")
        .bytes("text/csv; charset=utf-8", csv_of(&found.await?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_days_includes_the_last_one() {
        let search = search_of(
            &GridQuery::parse("/x", "from=2026-11-01&to=2026-11-01&status=failure"),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(search.from.unwrap().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(search.to.unwrap().to_string(), "2026-11-02T00:00:00Z");
        assert_eq!(search.succeeded, Some(false));
    }
}

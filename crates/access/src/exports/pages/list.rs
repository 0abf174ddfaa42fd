//! The visitor's own exports. `GET /console/{org}/tenants/{tenant}/exports`, `GET …/exports/{key}/download`

use context::Error;
use http::Method;
use maud::{Markup, html};
use odata::{Enumeration as _, Query};
use store::Entity as _;
use ui::{Grid, Row, Tone, chip, link_button};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path};
use crate::console::{grid_query, moment, tenant};
use crate::exports::api;
use crate::exports::model::{Export, ExportStatus, ExportType};
use crate::exports::service;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/tenants/{tenant}/exports", "Console_Exports")
            .summary("The visitor's own exports.")
            .handler(show),
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/exports/{key}/download",
            "Console_DownloadExport",
        )
        .summary("The file of a completed export.")
        .handler(api::send),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let (state, tenant, now) = (grid_query(&cx), tenant(&cx)?, cx.ctx.now);
    let owner = cx.ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
    let query = Query {
        top: Some(state.size),
        skip: state.skip(),
        count: true,
        ..Query::new(Export::model()).or_order_by("Id", true)
    };
    let found = cx
        .store()
        .read(move |tx| service::list_own(&mut tx.tenant(tenant.id), owner, &query, now))
        .await?;
    let path = list_path(&cx)?;
    let grid = Grid::new("exports", "My exports", &state)
        .column("Name")
        .column("Type")
        .column("Status")
        .column("Requested")
        .column("Executed")
        .column("Rows")
        .numeric()
        .column("Size")
        .numeric()
        .rows(found.items.iter().map(|export| row(&path, export)))
        .total(found.count.unwrap_or_default())
        .empty(ui::empty_state(
            "download",
            "No exports",
            "“Export as CSV” on a list makes a file of it in the background. Files are kept for seven days.",
            html! {},
        ))
        .api("GET", "/odata/Exports({id})")
        .render();
    let content = html! {
        (ui::page_header("My exports", "Files you asked for in this tenant. They are kept for seven days.", html! {
            (link_button("Refresh", &path).icon("refresh"))
        }))
        (grid)
    };
    page::render(&cx, "My exports", ACTIVE, content).await
}

fn row(path: &str, export: &Export) -> Row {
    let id = export.id.to_string();
    let row = Row::new(&id, &export.name);
    let row = if export.status == ExportStatus::Completed {
        row.link(&export.name, &format!("{path}/{id}/download"))
    } else {
        row.cell(&export.name)
    };
    let size = export.size.map(bytes).unwrap_or_default();
    row.cell(type_name(export.export_type))
        .cell(status(export))
        .cell(moment(Some(export.requested_at)))
        .cell(moment(export.executed_at))
        .cell(export.row_count)
        .cell(size)
}

fn status(export: &Export) -> Markup {
    let tone = match export.status {
        ExportStatus::New => Tone::Neutral,
        ExportStatus::InProgress => Tone::Info,
        ExportStatus::Completed => Tone::Success,
        ExportStatus::Failed => Tone::Danger,
    };
    let name = match export.status {
        ExportStatus::InProgress => "In progress",
        other => other.name(),
    };
    html! {
        (chip(name, tone))
        @if let Some(failure) = &export.failure { br; (ui::muted(failure)) }
    }
}

fn type_name(of: ExportType) -> &'static str {
    match of {
        ExportType::OrchestratorAudit => "Audit",
        ExportType::TestAutomationAudit => "Testing audit",
        ExportType::Queues => "Queue items",
        ExportType::Logs => "Logs",
        ExportType::Jobs => "Jobs",
        ExportType::Privileges => "Privileges",
        ExportType::RateLimitsReportQueueItems | ExportType::RateLimitsReportJobs => "Rate limits",
        ExportType::AutopilotForRobotsData => "Autopilot",
    }
}

/// A size for people.
fn bytes(size: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    match size {
        0..1024 => format!("{size} B"),
        1024..MEBIBYTE => format!("{} KiB", size >> 10),
        _ => format!("{}.{} MiB", size / MEBIBYTE, size % MEBIBYTE * 10 / MEBIBYTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_few_digits() {
        assert_eq!(
            [0, 1023, 1024, (3 << 20) + (1 << 19)].map(bytes),
            ["0 B", "1023 B", "1 KiB", "3.5 MiB"]
        );
    }
}

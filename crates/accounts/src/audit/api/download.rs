//! The audit log as a file. `GET /api/AuditQuery/{partitionGlobalId}/download`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response, Shape};

use crate::audit::service::{self, Search};
use crate::audit::{AuditRecord, csv_line};
use crate::rest::partition;

/// Most rows of a file (reference: identity 5.10).
pub const MOST_ROWS: u32 = 5000;

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/AuditQuery/{partitionGlobalId}/download",
        "AuditQuery_DownloadAuditEvents",
    )
    .summary("The latest rows of the audit log as CSV.")
    .scope("PM.Audit.Read")
    .administrator()
    .parameters(&["language", "size"])
    .answers(200, Shape::Media("application/octet-stream"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let top = request.parse::<u32>("size")?.unwrap_or(MOST_ROWS).min(MOST_ROWS);
    let search = Search {
        top,
        ..Search::default()
    };
    let found = request
        .store()
        .read(move |tx| service::search(&mut tx.organization(organization), &search));
    Reply::ok()
        .header("content-disposition", "attachment; filename=\"auditlogs.csv\"")
        .bytes("application/octet-stream", csv_of(&found.await?.1))
}

/// The rows with a header line, in UTF-8 with a byte order mark, without which spreadsheets guess wrongly.
pub fn csv_of(records: &[AuditRecord]) -> String {
    let mut text = String::from("\u{feff}");
    text += &csv_line(&[
        "createdOn",
        "source",
        "category",
        "action",
        "message",
        "userName",
        "email",
        "status",
        "ipAddress",
        "details",
    ]);
    for record in records {
        text += &csv_line(&[
            &record.created_at.to_string(),
            &record.source,
            &record.target,
            &record.name,
            &record.message,
            &record.actor_name,
            record.actor_email.as_deref().unwrap_or_default(),
            if record.succeeded { "success" } else { "failure" },
            record.address.as_deref().unwrap_or_default(),
            &record.details.to_string(),
        ]);
    }
    text
}

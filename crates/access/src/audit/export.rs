//! The audit log as CSV (reference: resources 11 and 15).

use accounts::audit::csv_line;
use context::{Ctx, Error, codes};
use jiff::{Timestamp, ToSpan as _};
use odata::Query;
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{AuditLog, Export, ExportStatus, ExportType};

/// Rows of one export at most.
const MOST_ROWS: u64 = 100_000;
/// Rows read at a time.
const CHUNK: u64 = 1000;
/// Exports of a tenant in 24 hours.
const PER_DAY: i64 = 100;
/// Hours until an export is deleted.
const KEPT_HOURS: i64 = 168;

/// Keeps a file that was just made for the caller, and forgets those that are too old.
///
/// # Errors
/// 429 when the tenant asked for too many today.
pub fn keep(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    content: Vec<u8>,
    export_type: ExportType,
) -> Result<Export, Error> {
    let owner = ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
    let day_ago = ago(ctx.now, 24);
    if scope.count::<Export>("requested_at > ?", params![day_ago])? >= PER_DAY {
        return Err(Error::too_many_requests(3600));
    }
    scope.delete_where::<Export>("requested_at < ?", params![ago(ctx.now, KEPT_HOURS)])?;
    let mut export = Export {
        id: 0,
        name: "audit_logs.csv".to_owned(),
        export_type,
        status: ExportStatus::Completed,
        requested_at: ctx.now,
        executed_at: Some(ctx.now),
        size: Some(content.len() as i64),
        owner,
        content,
    };
    export.id = scope.insert(&export)?;
    Ok(export)
}

/// An export that the caller asked for itself.
pub fn find(scope: &mut Scoped<'_, Tenant>, owner: Option<Uuid>, id: i64) -> Result<Export, Error> {
    let found = scope.get::<Export>(id)?.filter(|export| Some(export.owner) == owner);
    found.ok_or_else(|| Error::not_found("Export", id))
}

/// The entries that match as CSV text in UTF-8 with a byte order mark, oldest first.
///
/// # Errors
/// 400 when more match than an export holds.
pub fn csv(scope: &mut Scoped<'_, Tenant>, query: &Query, condition: &str) -> Result<Vec<u8>, Error> {
    let mut text = String::from(
        "\u{feff}Time,Component,Action,User,User type,Application,Operation,Entity,Entity id,Parameters\r\n",
    );
    let mut at = 0;
    loop {
        let window = Query {
            top: Some(CHUNK),
            skip: query.skip + at,
            count: false,
            ..query.clone()
        };
        let page = scope.list::<AuditLog>(&window, condition, Vec::new())?;
        let read = page.items.len() as u64;
        page.items.iter().for_each(|log| line(&mut text, log));
        at += read;
        if read < CHUNK || query.top.is_some_and(|top| at >= top) {
            return Ok(text.into_bytes());
        }
        if at >= MOST_ROWS {
            let message = format!("More than {MOST_ROWS} entries match. Narrow the filter.");
            return Err(Error::invalid(codes::INVALID_REQUEST, message));
        }
    }
}

fn line(text: &mut String, log: &AuditLog) {
    let id = log.entity_id.map(|id| id.to_string()).unwrap_or_default();
    let fields: [&str; 10] = [
        &log.executed_at.to_string(),
        &log.component.to_string(),
        &log.action.to_string(),
        log.user_name.as_deref().unwrap_or_default(),
        &log.user_type.to_string(),
        log.external_client_id.as_deref().unwrap_or_default(),
        &log.operation_text,
        log.display_name.as_deref().unwrap_or_default(),
        &id,
        log.parameters.as_deref().unwrap_or_default(),
    ];
    text.push_str(&csv_line(&fields));
}

fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(hours.hours()).unwrap_or(Timestamp::MIN)
}

//! Asking for exports and finding them again.

use context::{Ctx, Error, Kind, codes};
use jiff::{Timestamp, ToSpan as _};
use odata::Query;
use store::{Json, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{Criteria, Export, ExportPart, ExportStatus, ExportType};
use crate::audit::{self, Action, Component, Entry};
use crate::sealing::Sealer;

/// Exports that a tenant may ask for in 24 hours.
const PER_DAY: i64 = 100;
/// Hours until an export is deleted.
const KEPT_HOURS: i64 = 168;
/// Most characters of a file name.
const LONGEST_NAME: usize = 200;
/// Topic of the change feed.
pub(super) const TOPIC: &str = "exports";

/// An export that is wanted.
#[derive(Debug, Clone)]
pub struct New {
    /// Kind of the exporter.
    pub kind: &'static str,
    pub export_type: ExportType,
    /// Name of the file: `audit_logs.csv`.
    pub name: String,
    /// The part of the product whose data goes out, for the audit log.
    pub component: Component,
    pub criteria: Criteria,
}

/// Asks for an export. It belongs to the caller, who must have been checked for the right to read what it holds.
///
/// # Errors
/// 401 for a caller that is nobody; 429 when the tenant asked for too many today.
pub fn request(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, new: New) -> Result<Export, Error> {
    let owner = ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
    check_number(scope, ctx.now)?;
    let mut export = Export {
        id: 0,
        name: new.name.chars().take(LONGEST_NAME).collect(),
        export_type: new.export_type,
        status: ExportStatus::New,
        requested_at: ctx.now,
        executed_at: None,
        size: None,
        owner,
        kind: new.kind.to_owned(),
        criteria: Json(new.criteria),
        last_id: 0,
        row_count: 0,
        parts: 0,
        attempts: 0,
        failure: None,
    };
    export.id = scope.insert(&export)?;
    let entry = Entry::new(new.component, Action::Download, "export", export.id, &export.name)
        .parameters(serde_json::to_value(&export.criteria.0).map_err(Error::internal)?)
        .text(format!("exported {}", export.name));
    audit::record(scope, ctx, entry)?;
    scope.changed(TOPIC, export.id);
    Ok(export)
}

fn check_number(scope: &mut Scoped<'_, Tenant>, now: Timestamp) -> Result<(), Error> {
    let day_ago = ago(now, 24);
    if scope.count::<Export>("requested_at > ?", params![day_ago])? < PER_DAY {
        return Ok(());
    }
    let oldest = scope.find_one::<Export>("requested_at > ? order by requested_at", params![day_ago])?;
    let seconds = oldest.map_or(0, |oldest| oldest.requested_at.as_second() - day_ago.as_second());
    let retry_after = u32::try_from(seconds).unwrap_or(0).max(1);
    let message =
        format!("The tenant asked for {PER_DAY} exports in the last 24 hours, which is the limit. Try again later.");
    Err(Error::of(Kind::TooManyRequests { retry_after }, message))
}

/// An export that the caller asked for itself, as long as it is kept.
///
/// # Errors
/// 404 for all others: other people's do not exist.
pub fn own(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<Export, Error> {
    let owner = ctx.caller.principal_id();
    let found = scope
        .get::<Export>(id)?
        .filter(|export| Some(export.owner) == owner && export.requested_at > kept_since(ctx.now));
    found.ok_or_else(|| Error::not_found("Export", id))
}

/// The export of [`own`], if its file is complete.
///
/// # Errors
/// 404 as there; 409 while it is made, or when that failed.
pub fn completed(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<Export, Error> {
    let export = own(scope, ctx, id)?;
    let message = match export.status {
        ExportStatus::Completed => return Ok(export),
        ExportStatus::New | ExportStatus::InProgress => "The export is not completed yet.".to_owned(),
        ExportStatus::Failed => format!(
            "The export failed. {}",
            export.failure.as_deref().unwrap_or("Ask for it again.")
        ),
    };
    Err(Error::conflict(codes::INVALID_REQUEST, message))
}

/// The exports that a principal asked for and that are kept.
pub fn list_own(
    scope: &mut Scoped<'_, Tenant>,
    owner: Uuid,
    query: &Query,
    now: Timestamp,
) -> Result<Page<Export>, Error> {
    let condition = "owner = ? and requested_at > ?";
    Ok(scope.list::<Export>(query, condition, params![owner, kept_since(now)])?)
}

/// A piece of the file, opened.
pub(super) fn part(
    scope: &mut Scoped<'_, Tenant>,
    sealer: &Sealer,
    export: i64,
    part: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let found = scope.find_one::<ExportPart>("export_id = ? and part = ?", params![export, part])?;
    let open = |found: ExportPart| {
        if found.sealed {
            let opened = sealer.unseal(&ExportPart::place(export, part), &found.content)?;
            Ok(opened.expose_bytes().to_vec())
        } else {
            Ok(found.content)
        }
    };
    found.map(open).transpose()
}

/// Exports asked for up to this moment are deleted.
pub(super) fn kept_since(now: Timestamp) -> Timestamp {
    ago(now, KEPT_HOURS)
}

fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(hours.hours()).unwrap_or(Timestamp::MIN)
}

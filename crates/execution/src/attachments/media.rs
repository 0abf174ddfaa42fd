//! What robots recorded before a fault (reference: execution 10).

use access::Permit;
use access::audit::{self, Action, Component, Entry};
use access::rows::{published, within};
use blobs::{Stored, garbage};
use context::{Ctx, Error, Reach, codes};
use odata::Query;
use serde_json::Value;
use store::{Page, Scoped, Tenant, params};

use super::model::Media;
use super::service::when_unreachable;
use crate::jobs::model::Job;

/// The area of the storage that recordings lie in.
pub const AREA: &str = "media";
/// Bytes of a recording at most.
pub const LARGEST: u64 = 256 << 20;

/// Keeps what the robot of a job recorded and stored. A job has one recording: the last one counts.
///
/// # Errors
/// 503 when the file was stored too long ago.
pub fn keep(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job, stored: &Stored) -> Result<Media, Error> {
    garbage::keep(scope.tx(), &stored.key)?;
    if let Some(before) = scope.find_one::<Media>("job_id = ? {for_update}", params![job.id])? {
        drop_one(scope, ctx, &before)?;
    }
    let mut media = Media {
        id: 0,
        folder_id: job.folder_id,
        job_id: job.id,
        release_name: job.release_name.clone(),
        name: format!("{}.zip", job.key),
        storage_location: "Orchestrator".to_owned(),
        blob: stored.key.clone(),
        created_at: ctx.now,
    };
    media.id = scope.insert(&media)?;
    scope.changed("jobs", job.key);
    Ok(media)
}

/// The recordings of a folder, or of all folders within the permit's reach.
///
/// # Errors
/// 403 when there is no such folder.
pub fn list(
    scope: &mut Scoped<'_, Tenant>,
    permit: &Permit,
    folder: Option<i64>,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let reach = match folder {
        Some(folder) => {
            permit.check(Some(folder))?;
            Reach::Only(vec![folder])
        }
        None => permit.reach_somewhere()?,
    };
    let page = scope.list::<Media>(query, &within(&reach, "folder_id"), Vec::new())?;
    Ok(page.map(|media| published(&media)))
}

/// A recording by its id.
///
/// # Errors
/// 404 for one that does not exist, is not in the folder of the header, or that the caller may not know of.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, permit: &Permit, folder: Option<i64>, id: i64) -> Result<Media, Error> {
    let found = scope.get::<Media>(id)?;
    allowed(permit, folder, found).ok_or_else(|| Error::not_found("Execution media", id))
}

/// The recording of a job.
///
/// # Errors
/// 404 as for [`by_id`].
pub fn of_job(scope: &mut Scoped<'_, Tenant>, permit: &Permit, folder: Option<i64>, job: i64) -> Result<Media, Error> {
    let found = scope.find_one::<Media>("job_id = ?", params![job])?;
    allowed(permit, folder, found).ok_or_else(|| {
        Error::missing(
            codes::ITEM_NOT_FOUND,
            format!("There is no execution media of the job with id {job}."),
        )
    })
}

fn allowed(permit: &Permit, folder: Option<i64>, found: Option<Media>) -> Option<Media> {
    found
        .filter(|media| folder.is_none_or(|folder| folder == media.folder_id))
        .filter(|media| permit.holds(Some(media.folder_id)))
}

/// Deletes the recording of a job.
///
/// # Errors
/// 404 as for [`by_id`].
pub fn remove(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    folder: Option<i64>,
    job: i64,
) -> Result<(), Error> {
    let media = of_job(scope, permit, folder, job)?;
    drop_one(scope, ctx, &media)?;
    let entry = Entry::new(
        Component::ExecutionMedia,
        Action::Delete,
        "execution media",
        media.id,
        &media.name,
    )
    .parameters(serde_json::json!({ "jobId": job }))
    .row("ExecutionMedia", Action::Delete, &media);
    audit::record(scope, ctx, entry)
}

pub(super) fn drop_one(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, media: &Media) -> Result<(), Error> {
    scope.delete::<Media>(media.id)?;
    garbage::release(scope.tx(), &media.blob, when_unreachable(ctx.now))
}

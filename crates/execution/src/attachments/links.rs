//! Which jobs have which attachments.

use context::{Ctx, Error, codes};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use access::users::service::of_caller;

use super::model::{Attachment, Link};
use super::service::{is_owner, no_such, places};
use crate::jobs::model::Job;

/// Attachments of one job that are listed.
const MOST: i64 = 1_000;
/// What the attachment with the arguments of a job is to it.
const INPUT: &str = "Input";

/// Whether a job may have one more attachment.
///
/// # Errors
/// 409 when it may not.
pub(super) fn room(scope: &mut Scoped<'_, Tenant>, job: &Job) -> Result<(), Error> {
    if scope.count::<Link>("job_id = ?", params![job.id])? < MOST {
        return Ok(());
    }
    Err(Error::conflict(
        codes::INVALID_ARGUMENT,
        format!("A job can have {MOST} attachments."),
    ))
}

/// Links an attachment with a job; one that is linked already gets the category.
///
/// # Errors
/// As for [`room`].
pub(super) fn link(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    job: &Job,
    attachment: &Attachment,
    category: Option<String>,
) -> Result<Link, Error> {
    let condition = "job_id = ? and attachment_id = ?";
    if let Some(mut known) = scope.find_one::<Link>(condition, params![job.id, attachment.id])? {
        if category.is_some() && known.category != category {
            known.category = category;
            scope.update(&known)?;
        }
        return Ok(known);
    }
    room(scope, job)?;
    let link = Link {
        id: ctx.id(),
        attachment_id: attachment.id,
        job_id: job.id,
        job_key: job.key,
        folder_id: job.folder_id,
        category,
        created_at: ctx.now,
        creator_id: of_caller(scope, ctx)?,
    };
    scope.insert(&link)?;
    scope.changed("jobs", job.key);
    Ok(link)
}

/// Links files with jobs that are started: those that the start names, each with its category, and those with arguments.
///
/// # Errors
/// 404 for an attachment that does not exist, or that neither the folder of the jobs nor the caller has.
pub fn link_to_jobs(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    jobs: &[Job],
    files: &[(Uuid, Option<String>)],
) -> Result<(), Error> {
    for job in jobs {
        let input = job.input_file.map(|file| (file, Some(INPUT.to_owned())));
        for (id, category) in files.iter().cloned().chain(input) {
            let attachment = scope.get::<Attachment>(id)?.ok_or_else(|| no_such(id))?;
            let is_here = places(scope, &attachment)?.contains(&job.folder_id);
            if !is_here && !is_owner(ctx, &attachment) {
                return Err(no_such(id));
            }
            link(scope, ctx, job, &attachment, category)?;
        }
    }
    Ok(())
}

/// The attachments of a job in their wire form, `JobAttachmentDto`, the oldest first.
pub(super) fn of_job(scope: &mut Scoped<'_, Tenant>, job: &Job) -> Result<Vec<Value>, Error> {
    let condition = format!("job_id = ? order by created_at, id limit {MOST}");
    let links = scope.find::<Link>(&condition, params![job.id])?;
    let ids: Vec<Uuid> = links.iter().map(|link| link.attachment_id).collect();
    let attachments = scope.get_many::<Attachment>(&ids)?;
    let shown = links.iter().filter_map(|link| {
        let attachment = attachments.iter().find(|known| known.id == link.attachment_id)?;
        Some(on_the_wire(link, attachment))
    });
    Ok(shown.collect())
}

/// `JobAttachmentDto`
pub(super) fn on_the_wire(link: &Link, attachment: &Attachment) -> Value {
    json!({
        "attachmentId": link.attachment_id, "jobKey": link.job_key, "category": link.category,
        "attachmentName": attachment.name, "lastModificationTime": null, "lastModifierUserId": null,
        "creationTime": link.created_at, "creatorUserId": link.creator_id, "id": link.id,
    })
}

//! What can happen to an attachment, and who may see it.
//!
//! An attachment is seen in the folder where it was made and in those of the jobs that are linked with it. One that was made outside of
//! folders is seen by who made it and by who may see files everywhere, until a job is linked with it.

use access::Permit;
use access::audit::{self, Action, Component, Entry};
use access::rows::{published, within};
use access::users::service::of_caller;
use blobs::{Stored, garbage};
use context::{Ctx, Error, Reach, Wrong, codes, has_hidden};
use jiff::{SignedDuration, Timestamp};
use odata::Query;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::links;
use super::model::{Attachment, Link};
use crate::jobs::model::Job;

/// Bytes of an attachment at most.
pub const LARGEST: u64 = 1 << 30;
/// Characters.
pub const LONGEST_NAME: usize = 256;
pub const LONGEST_CATEGORY: usize = 128;
/// How long an address is good.
pub const ADDRESS_TIME: SignedDuration = SignedDuration::from_hours(1);
/// The area of the storage that attachments lie in.
pub const AREA: &str = "attachments";

/// An attachment that is to be made.
#[derive(Debug, Clone)]
pub struct New {
    pub name: String,
    /// The folder of the request.
    pub folder: Option<i64>,
    /// A job to link it with, and as what.
    pub job: Option<Uuid>,
    pub category: Option<String>,
    /// Where its content will lie.
    pub blob: String,
}

/// Checks name and category of a request.
///
/// # Errors
/// 400 with every member that is wrong.
pub fn check(name: Option<String>, category: Option<String>) -> Result<(String, Option<String>), Error> {
    let mut wrong = Wrong::default();
    let name = name.unwrap_or_default().trim().to_owned();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME {
        wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
    } else if has_hidden(&name) {
        wrong.add("Name", "Name must not contain hidden characters.");
    }
    let category = category
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    wrong.text("AttachmentCategory", category.as_deref(), LONGEST_CATEGORY);
    wrong.finish()?;
    Ok((name, category))
}

/// Makes an attachment whose content is still to come. The permit must hold in the folder of the job, if one is named.
///
/// # Errors
/// 404 for a job that does not exist or that the caller may not know of, 403 where the right is missing.
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, permit: &Permit, new: &New) -> Result<Attachment, Error> {
    let job = match new.job {
        Some(key) => Some(job_of(scope, permit, new.folder, key)?),
        None => None,
    };
    let folder = new.folder.or(job.as_ref().map(|job| job.folder_id));
    let attachment = insert(scope, ctx, folder, &new.name, &new.blob)?;
    if let Some(job) = job {
        links::link(scope, ctx, &job, &attachment, new.category.clone())?;
    }
    let entry = Entry::new(
        Component::JobAttachments,
        Action::Create,
        "attachment",
        None,
        &attachment.name,
    )
    .parameters(json!({ "Name": attachment.name, "JobKey": new.job, "AttachmentCategory": new.category }))
    .entity("Attachment", None, Action::Create, published(&attachment));
    audit::record(scope, ctx, entry)?;
    Ok(attachment)
}

/// Keeps a file that the robot of a job stored, and links it with the job.
///
/// # Errors
/// 409 when the job has as many as it may have, 503 when the file was stored too long ago.
pub fn keep_of_job(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    job: &Job,
    name: &str,
    category: Option<String>,
    stored: &Stored,
) -> Result<Attachment, Error> {
    garbage::keep(scope.tx(), &stored.key)?;
    let name: String = name
        .chars()
        .filter(|c| !context::is_hidden(*c))
        .take(LONGEST_NAME)
        .collect();
    let name = if name.trim().is_empty() { "file" } else { name.trim() };
    let attachment = insert(scope, ctx, Some(job.folder_id), name, &stored.key)?;
    links::link(scope, ctx, job, &attachment, category)?;
    Ok(attachment)
}

/// An attachment that a job is linked with.
///
/// # Errors
/// 404 for any other.
pub fn of_job(scope: &mut Scoped<'_, Tenant>, job: &Job, id: Uuid) -> Result<Attachment, Error> {
    let linked = scope.exists::<Link>("job_id = ? and attachment_id = ?", params![job.id, id])?;
    let found = if linked { scope.get::<Attachment>(id)? } else { None };
    found.ok_or_else(|| no_such(id))
}

fn insert(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: Option<i64>,
    name: &str,
    blob: &str,
) -> Result<Attachment, Error> {
    let attachment = Attachment {
        id: ctx.id(),
        folder_id: folder,
        owner_key: ctx.caller.principal_id(),
        name: name.to_owned(),
        blob: blob.to_owned(),
        created_at: ctx.now,
        creator_id: of_caller(scope, ctx)?,
        modified_at: None,
        modifier_id: None,
    };
    scope.insert(&attachment)?;
    Ok(attachment)
}

/// The attachments that were made in a folder, or in all folders within the permit's reach.
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
    let page = scope.list::<Attachment>(query, &within(&reach, "folder_id"), Vec::new())?;
    Ok(page.map(|attachment| published(&attachment)))
}

/// An attachment that the caller may do something with.
///
/// # Errors
/// 404 for one that does not exist, is in none of the folders that the permit holds in, or is not in the folder of the header.
pub fn find(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    folder: Option<i64>,
    id: Uuid,
) -> Result<Attachment, Error> {
    let attachment = scope.get::<Attachment>(id)?.ok_or_else(|| no_such(id))?;
    let places = places(scope, &attachment)?;
    let allowed = match folder {
        Some(folder) => places.contains(&folder) && permit.holds(Some(folder)),
        None => places.iter().any(|place| permit.holds(Some(*place))),
    };
    let is_nowhere = places.is_empty() && folder.is_none();
    if allowed || (is_nowhere && (is_owner(ctx, &attachment) || permit.holds(None))) {
        Ok(attachment)
    } else {
        Err(no_such(id))
    }
}

/// Whether the caller made the attachment.
pub fn is_owner(ctx: &Ctx, attachment: &Attachment) -> bool {
    attachment.owner_key.is_some() && attachment.owner_key == ctx.caller.principal_id()
}

/// The folders an attachment is seen in.
pub fn places(scope: &mut Scoped<'_, Tenant>, attachment: &Attachment) -> Result<Vec<i64>, Error> {
    let sql = "select distinct folder_id from job_attachments where {scope} and attachment_id = ?";
    let rows = scope.rows(sql, params![attachment.id])?;
    let mut places: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?;
    places.extend(attachment.folder_id);
    Ok(places)
}

/// Deletes an attachment, wherever it is linked. Its content goes when no address for it is good any more.
///
/// # Errors
/// 404 as for [`find`].
pub fn remove(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    folder: Option<i64>,
    id: Uuid,
) -> Result<(), Error> {
    let attachment = find(scope, ctx, permit, folder, id)?;
    scope.delete_where::<Link>("attachment_id = ?", params![id])?;
    delete(scope, ctx, &attachment)?;
    let entry = Entry::new(
        Component::JobAttachments,
        Action::Delete,
        "attachment",
        None,
        &attachment.name,
    )
    .parameters(json!({ "key": id }))
    .entity("Attachment", None, Action::Delete, published(&attachment));
    audit::record(scope, ctx, entry)
}

/// Deletes an attachment that nothing is linked with.
pub(super) fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, attachment: &Attachment) -> Result<(), Error> {
    scope.delete::<Attachment>(attachment.id)?;
    garbage::release(scope.tx(), &attachment.blob, when_unreachable(ctx.now))
}

/// When no address that was given out by now is good any more.
pub(super) fn when_unreachable(now: Timestamp) -> Timestamp {
    now.saturating_add(ADDRESS_TIME + ADDRESS_TIME)
        .unwrap_or(Timestamp::MAX)
}

/// A job by its key, if the permit holds in its folder. `folder` is that of the header.
///
/// # Errors
/// 404 for one that does not exist, is not in the folder of the header, or that the caller may not know of; 403 where the right is
/// missing.
pub fn job_of(scope: &mut Scoped<'_, Tenant>, permit: &Permit, folder: Option<i64>, key: Uuid) -> Result<Job, Error> {
    let missing = || Error::not_found("Job", key);
    let job = scope.find_one::<Job>("key = ?", params![key])?.ok_or_else(missing)?;
    if folder.is_some_and(|folder| folder != job.folder_id) {
        return Err(missing());
    }
    if permit.holds(Some(job.folder_id)) {
        Ok(job)
    } else if permit.sees(job.folder_id) {
        Err(Error::forbidden())
    } else {
        Err(missing())
    }
}

/// 404
pub fn no_such(id: Uuid) -> Error {
    Error::missing(
        codes::ITEM_NOT_FOUND,
        format!("Attachment with id {id} does not exist."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_categories_have_bounds() {
        let name = |name: &str| check(Some(name.to_owned()), None);
        assert_eq!(name(" a.txt ").unwrap(), ("a.txt".to_owned(), None));
        for wrong in ["", " ", "a\u{202e}b", &"ä".repeat(257)] {
            assert_eq!(name(wrong).unwrap_err().fields[0].name, "Name", "{wrong}");
        }
        let category = |text: &str| check(Some("a".to_owned()), Some(text.to_owned()));
        assert_eq!(category(" ").unwrap().1, None);
        assert!(category(&"x".repeat(129)).is_err());
    }
}

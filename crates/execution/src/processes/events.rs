//! What subscribers outside are told about processes (reference: execution 12).

use access::outbox::{self, Entry};
use access::users::service::of_caller;
use context::{Ctx, Error};
use serde_json::{Value, json};
use store::{Json, Scoped, Tenant};

use super::model::Release;

pub const CREATED: &str = "process.created";
pub const UPDATED: &str = "process.updated";
pub const DELETED: &str = "process.deleted";

/// Contract schema `WrappedReleaseDto`.
pub fn wrapped(release: &Release) -> Value {
    let input = release.input.as_deref();
    let input: Option<Value> = input.and_then(|text| serde_json::from_str(text).ok());
    json!({
        "Id": release.id, "Key": release.key, "ProcessKey": release.package_id, "ProcessVersion": release.package_version,
        "ProcessType": release.process_type, "FeedId": release.feed_id, "Name": release.name,
        "Description": release.description, "Tags": release.tags.0, "InputArguments": input,
        "PackageKey": format!("{}:{}", release.package_id, release.package_version),
    })
}

/// Tells what happened to a process.
pub(super) fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    event_type: &'static str,
    release: &Release,
) -> Result<(), Error> {
    if !outbox::is_listened_to(scope)? {
        return Ok(());
    }
    let entry = Entry {
        id: 0,
        key: ctx.id(),
        event_type: event_type.to_owned(),
        entity_key: Some(release.key),
        folder_id: Some(release.folder_id),
        user_id: of_caller(scope, ctx)?,
        happened_at: ctx.now,
        body: Json(json!({ "Releases": [wrapped(release)] })),
    };
    outbox::write(scope, vec![entry])
}

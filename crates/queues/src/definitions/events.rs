//! What subscribers outside are told about queues (reference: queues 15).

use access::folders::links::folders_of;
use access::outbox::{self, Entry};
use access::users::service::of_caller;
use context::{Ctx, Error};
use serde_json::{Value, json};
use store::{Json, Scoped, Tenant};

use super::model::Queue;

pub const CREATED: &str = "queue.created";
pub const UPDATED: &str = "queue.updated";
pub const DELETED: &str = "queue.deleted";

/// Contract schema `QueueDefinitionEventDto`. There are no processes and no buckets, so their keys are null.
pub fn definition(queue: &Queue) -> Value {
    json!({
        "Id": queue.id, "Key": queue.key, "Name": queue.name, "Description": queue.description,
        "MaxNumberOfRetries": queue.max_retries, "AcceptAutomaticallyRetry": queue.retry_failed,
        "RetryAbandonedItems": queue.retry_abandoned, "EnforceUniqueReference": queue.unique_references,
        "SlaInMinutes": queue.sla_minutes, "RiskSlaInMinutes": queue.risk_sla_minutes, "Tags": queue.tags.0,
        "ReleaseKey": null, "RetentionBucketKey": null, "StaleRetentionBucketKey": null,
    })
}

/// Tells what happened to a queue, once for each folder it is visible in.
pub(super) fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    event_type: &'static str,
    queue: &Queue,
) -> Result<(), Error> {
    if !outbox::is_listened_to(scope)? {
        return Ok(());
    }
    let user_id = of_caller(scope, ctx)?;
    let folders = folders_of::<Queue>(scope, queue.id)?;
    let entry = |folder: i64| Entry {
        id: 0,
        key: ctx.id(),
        event_type: event_type.to_owned(),
        entity_key: Some(queue.key),
        folder_id: Some(folder),
        user_id,
        happened_at: ctx.now,
        body: Json(json!({ "Queues": [definition(queue)] })),
    };
    outbox::write(scope, folders.into_iter().map(entry).collect())
}

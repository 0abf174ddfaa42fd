//! What can happen to a queue (reference: queues 3).

use access::audit::{self, Action, Component, Entry};
use access::folders::links;
use context::{Ctx, Error, codes};
use serde_json::json;
use store::{Json, Scoped, Tenant};

use super::events;
use super::input::{Draft, SchemaDraft};
use super::model::{Queue, QueueSchemas, RetentionType};
use super::processes;
use super::retention::built_in;
use super::schemas::Of;
use crate::purge;

/// Makes a queue in a folder and answers its id.
///
/// # Errors
/// 409 when the name is taken in the folder.
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, draft: &Draft) -> Result<i64, Error> {
    processes::check(scope, &[folder], None, draft.release)?;
    let (final_action, final_period) = built_in(RetentionType::Final);
    let (stale_action, stale_period) = built_in(RetentionType::Stale);
    let mut queue = Queue {
        id: 0,
        key: ctx.id(),
        name: String::new(),
        description: None,
        max_retries: 0,
        retry_failed: false,
        retry_abandoned: false,
        unique_references: draft.unique_references.unwrap_or(false),
        encrypted: draft.encrypted.unwrap_or(false),
        schemas: with_schemas(0, &draft.schemas),
        sla_minutes: 0,
        risk_sla_minutes: 0,
        release_id: None,
        tags: Json(Vec::new()),
        folders_count: 1,
        final_action,
        final_period,
        stale_action,
        stale_period,
        version: 1,
        created_at: ctx.now,
        deleted_at: None,
    };
    take_over(&mut queue, draft);
    queue.id = scope.insert(&queue)?;
    links::link(scope, folder, &queue)?;
    write_schemas(scope, queue.id, &draft.schemas)?;
    record(scope, ctx, Action::Create, &queue, "queueDefinitionDto")?;
    events::write(scope, ctx, events::CREATED, &queue)?;
    scope.changed("queues", queue.id);
    Ok(queue.id)
}

/// Replaces what a queue of a folder says. What only newer clients know stays when the request does not mention it: retrying of
/// abandoned items, schemas, tags and how long items are kept.
///
/// # Errors
/// 404 when the folder has no such queue, 400 with code 1854 when it asks for other rules on references or encryption, 409 when the
/// new name is taken in one of the folders it is visible in.
pub fn replace(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, id: i64, draft: &Draft) -> Result<(), Error> {
    let mut queue: Queue = links::find(scope, folder, id)?;
    if draft.id.is_some_and(|given| given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    let fixed = [
        (
            "EnforceUniqueReference",
            draft.unique_references,
            queue.unique_references,
        ),
        ("Encrypted", draft.encrypted, queue.encrypted),
    ];
    for (name, wanted, is) in fixed {
        if wanted.is_some_and(|wanted| wanted != is) {
            return Err(Error::invalid(
                codes::QUEUE_DEFINITION_PARAMETERS_CANNOT_CHANGE,
                format!("{name} cannot be changed after the queue was created."),
            ));
        }
    }
    if draft.release != queue.release_id {
        let folders = links::folders_of::<Queue>(scope, id)?;
        processes::check(scope, &folders, Some(id), draft.release)?;
    }
    let renamed = queue.name != draft.name;
    take_over(&mut queue, draft);
    queue.schemas = with_schemas(queue.schemas, &draft.schemas);
    write_schemas(scope, id, &draft.schemas)?;
    save(scope, &mut queue)?;
    if renamed {
        links::rename(scope, &queue)?;
    }
    record(scope, ctx, Action::Update, &queue, "queueDefinitionDto")?;
    events::write(scope, ctx, events::UPDATED, &queue)
}

/// Deletes a queue of a folder, wherever else it is visible.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, id: i64) -> Result<(), Error> {
    let queue = links::find(scope, folder, id)?;
    delete(scope, ctx, &queue)
}

/// Deletes a queue: it is visible nowhere from now on, and its items go in the background.
pub(super) fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue) -> Result<(), Error> {
    record(scope, ctx, Action::Delete, queue, "key")?;
    events::write(scope, ctx, events::DELETED, queue)?;
    processes::gone(scope, ctx, queue)?;
    links::unlink_all::<Queue>(scope, queue.id)?;
    let mut gone = queue.clone();
    gone.deleted_at = Some(ctx.now);
    save(scope, &mut gone)?;
    scope.changed(purge::DELETED, queue.id);
    Ok(())
}

/// Writes a changed row. What was checked against an older state is checked again.
pub(super) fn save(scope: &mut Scoped<'_, Tenant>, queue: &mut Queue) -> Result<(), Error> {
    queue.version += 1;
    scope.update(queue)?;
    scope.changed("queues", queue.id);
    Ok(())
}

/// What can change in the life of a queue, without its schemas.
fn take_over(queue: &mut Queue, draft: &Draft) {
    queue.name.clone_from(&draft.name);
    queue.description.clone_from(&draft.description);
    queue.retry_failed = draft.retry_failed;
    queue.retry_abandoned = draft.retry_abandoned.unwrap_or(queue.retry_abandoned);
    // A number of retries says nothing where nothing is tried again.
    queue.max_retries = if queue.retry_failed || queue.retry_abandoned {
        draft.max_retries
    } else {
        0
    };
    queue.sla_minutes = draft.sla_minutes;
    queue.risk_sla_minutes = draft.risk_sla_minutes;
    queue.release_id = draft.release;
    if let Some(tags) = &draft.tags {
        queue.tags = Json(tags.clone());
    }
    queue.keep(RetentionType::Final, draft.finished);
    queue.keep(RetentionType::Stale, draft.stale);
}

/// The set of schemas after a change.
fn with_schemas(before: i64, changes: &[SchemaDraft]) -> i64 {
    changes.iter().fold(before, |schemas, change| {
        let bit = change.of as i64;
        if change.text.is_some() {
            schemas | bit
        } else {
            schemas & !bit
        }
    })
}

fn write_schemas(scope: &mut Scoped<'_, Tenant>, queue_id: i64, changes: &[SchemaDraft]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let stored = scope.get::<QueueSchemas>(queue_id)?;
    let is_new = stored.is_none();
    let mut schemas = stored.unwrap_or(QueueSchemas {
        queue_id,
        specific: None,
        output: None,
        analytics: None,
    });
    for change in changes {
        let text = match change.of {
            Of::Specific => &mut schemas.specific,
            Of::Output => &mut schemas.output,
            Of::Analytics => &mut schemas.analytics,
        };
        text.clone_from(&change.text);
    }
    let is_empty = Of::ALL.iter().all(|of| of.text(&schemas).is_none());
    match (is_new, is_empty) {
        (true, true) => {}
        (true, false) => {
            scope.insert(&schemas)?;
        }
        (false, true) => {
            scope.delete::<QueueSchemas>(queue_id)?;
        }
        (false, false) => {
            scope.update(&schemas)?;
        }
    }
    Ok(())
}

/// Writes down what was done to a queue: everything but its schemas, which are long; it says which there are.
fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    action: Action,
    queue: &Queue,
    parameter: &'static str,
) -> Result<(), Error> {
    let description = describe(queue);
    let parameters = match parameter {
        "key" => json!({ "key": queue.id }),
        name => json!({ name: description.clone() }),
    };
    let entry = Entry::new(Component::Queues, action, "queue", queue.id, &queue.name)
        .parameters(parameters)
        .entity("QueueDefinition", queue.id, action, description);
    audit::record(scope, ctx, entry)
}

fn describe(queue: &Queue) -> serde_json::Value {
    let schemas: Vec<&str> = Of::ALL
        .into_iter()
        .filter(|of| of.is_in(queue.schemas))
        .map(Of::member)
        .collect();
    json!({
        "Id": queue.id, "Key": queue.key, "Name": queue.name, "Description": queue.description,
        "MaxNumberOfRetries": queue.max_retries, "AcceptAutomaticallyRetry": queue.retry_failed,
        "RetryAbandonedItems": queue.retry_abandoned, "EnforceUniqueReference": queue.unique_references,
        "Encrypted": queue.encrypted, "SlaInMinutes": queue.sla_minutes, "RiskSlaInMinutes": queue.risk_sla_minutes,
        "ReleaseId": queue.release_id, "Tags": queue.tags.0, "RetentionAction": queue.final_action, "RetentionPeriod": queue.final_period,
        "StaleRetentionAction": queue.stale_action, "StaleRetentionPeriod": queue.stale_period, "JsonSchemas": schemas,
    })
}

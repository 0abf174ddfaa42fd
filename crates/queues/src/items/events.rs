//! What subscribers are told about items (reference: queues 15).

use std::collections::{BTreeMap, HashMap};

use access::outbox::{self, Entry};
use context::{Ctx, Error};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Json, Scoped, Tenant, params};

use super::model::{Item, ItemData, ProcessingException};
use crate::definitions::events::definition;
use crate::definitions::model::Queue;

/// Items of one event at most; more make several events.
const MOST: usize = 100;
/// Events that are about a single item; the others carry a list.
const SINGLE: [&str; 4] = [
    "queueItem.transactionStarted",
    "queueItem.transactionCompleted",
    "queueItem.transactionFailed",
    "queueItem.deferred",
];

/// Writes an event of type `of` about items, for every folder that their queue is visible in.
pub fn write(
    scope: &mut Scoped<'_, Tenant>,
    of: &'static str,
    items: &[Item],
    user: Option<i64>,
    now: Timestamp,
    ctx: &Ctx,
) -> Result<(), Error> {
    if !outbox::is_wanted(scope, of)? {
        return Ok(());
    }
    let mut by_queue: BTreeMap<i64, Vec<&Item>> = BTreeMap::new();
    for item in items {
        by_queue.entry(item.queue_id).or_default().push(item);
    }
    for (queue, items) in by_queue {
        let Some(queue) = scope.get::<Queue>(queue)? else {
            continue;
        };
        let folders: Vec<i64> = scope
            .rows(
                "select folder_id from queue_folders where {scope} and queue_id = ? order by folder_id",
                params![queue.id],
            )?
            .iter()
            .map(|row| row.get(0))
            .collect::<store::Result<_>>()?;
        let about = definition(&queue);
        for items in items.chunks(if SINGLE.contains(&of) { 1 } else { MOST }) {
            let mut told = told(scope, items)?;
            let body = match told.pop() {
                Some(only) if SINGLE.contains(&of) => json!({ "Queue": about, "QueueItem": only }),
                last => {
                    told.extend(last);
                    json!({ "Queue": about, "QueueItems": told })
                }
            };
            let entity_key = match items {
                [only] => Some(only.key),
                _ => None,
            };
            // Written at once: content for all folders and items together may be too much for the memory.
            let entries = folders.iter().map(|folder| Entry {
                id: 0,
                key: ctx.id(),
                event_type: of.to_owned(),
                entity_key,
                folder_id: Some(*folder),
                user_id: user,
                happened_at: now,
                body: Json(body.clone()),
            });
            outbox::write(scope, entries.collect())?;
        }
    }
    Ok(())
}

/// `QueueItemSimpleEventDto` of items.
fn told(scope: &mut Scoped<'_, Tenant>, items: &[&Item]) -> Result<Vec<Value>, Error> {
    let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
    let mut data: HashMap<i64, ItemData> = scope
        .get_many::<ItemData>(&ids)?
        .into_iter()
        .map(|data| (data.item_id, data))
        .collect();
    Ok(items.iter().map(|item| simple(item, data.remove(&item.id))).collect())
}

/// What an encrypted item carries is not told.
fn simple(item: &Item, data: Option<ItemData>) -> Value {
    let data = data.filter(|_| !item.encrypted);
    let object = |text: Option<&String>| -> Value {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null)
    };
    let exception = data
        .as_ref()
        .and_then(|data| data.exception.as_deref())
        .and_then(|text| serde_json::from_str::<ProcessingException>(text).ok());
    json!({
        "Id": item.id,
        "Key": item.key,
        "UniqueKey": item.unique_key,
        "Reference": item.reference,
        "QueueDefinitionId": item.queue_id,
        "Status": item.status,
        "ReviewStatus": item.review_status,
        "ReviewerUserId": item.reviewer_id,
        "ProcessingException": exception,
        "DueDate": item.due_at,
        "RiskSlaDate": item.risk_at,
        "Priority": item.priority,
        "CreationTime": item.created_at,
        "DeferDate": item.defer_at,
        "StartProcessing": item.started_at,
        "EndProcessing": item.ended_at,
        "CreatorJobKey": item.creator_job,
        "ExecutorJobKey": item.executor_job,
        "CreatorUserId": item.created_by,
        "SecondsInPreviousAttempts": item.seconds_before,
        "AncestorId": item.ancestor_id,
        "AncestorUniqueKey": item.ancestor_key,
        "RetryNumber": item.retry_number,
        "ManualAncestorId": item.manual_ancestor_id,
        "ManualAncestorUniqueKey": item.manual_ancestor_key,
        "ManualRetryNumber": item.manual_retry_number,
        "Progress": item.progress.as_ref().filter(|_| !item.encrypted),
        "SpecificContent": object(data.as_ref().map(|data| &data.specific)),
        "Output": object(data.as_ref().and_then(|data| data.output.as_ref())),
        "Source": item.source,
        "ParentOperationId": item.parent_operation,
        "OperationId": item.operation,
    })
}

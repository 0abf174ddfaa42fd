//! Another attempt at an item: a row of its own that the last attempt is the ancestor of (reference: queues 8).

use std::collections::HashMap;

use context::{Ctx, Error};
use jiff::Timestamp;
use store::{Scoped, Tenant};

use super::model::{EventAction, Item, ItemData, ReviewStatus, Status};
use super::write::{Batch, Who, new_key};
use crate::definitions::model::Queue;

/// Who wants another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The rules of the queue.
    Itself,
    /// Somebody who looked into the failure.
    Hand,
}

/// The row of the next attempt after `item`.
fn attempt(item: &Item, by: By, ctx: &Ctx, now: Timestamp) -> Item {
    let seconds = item.started_at.map_or(0, |started| {
        let ended = item.ended_at.unwrap_or(now);
        (ended.as_microsecond() - started.as_microsecond()).max(0) / 1_000_000
    });
    let mut next = Item {
        id: 0,
        unique_key: new_key(ctx),
        status: Status::New,
        review_status: ReviewStatus::None,
        reviewer_id: None,
        exception_type: None,
        defer_at: None,
        ready_rank: None,
        robot_id: None,
        executor_job: None,
        started_at: None,
        ended_at: None,
        seconds_before: i32::try_from(seconds).unwrap_or(i32::MAX),
        ancestor_id: None,
        ancestor_key: None,
        retry_number: 0,
        created_at: now,
        touched_at: now,
        version: 1,
        operation: None,
        ..item.clone()
    };
    match by {
        By::Itself => {
            next.ancestor_id = Some(item.id);
            next.ancestor_key = Some(item.unique_key);
            next.retry_number = item.retry_number.saturating_add(1);
        }
        By::Hand => {
            next.manual_ancestor_id = Some(item.id);
            next.manual_ancestor_key = Some(item.unique_key);
            next.manual_retry_number = item.manual_retry_number.saturating_add(1);
        }
    }
    next.ready_rank = Some(next.rank());
    next
}

/// Adds the next attempts after items of some queues that are `Retried` now and have given up their references, which the attempts
/// take. Their rows must be written already.
///
/// # Errors
/// 500 when a reference was taken meanwhile, which cannot happen while the row that had it is locked.
pub fn add(
    scope: &mut Scoped<'_, Tenant>,
    batch: &mut Batch<'_>,
    queues: &HashMap<i64, Queue>,
    by: By,
    items: &[(&Item, &Who)],
    ctx: &Ctx,
) -> Result<(), Error> {
    if items.is_empty() {
        return Ok(());
    }
    let mut attempts: Vec<Item> = items
        .iter()
        .map(|(item, _)| {
            let unique = queues.get(&item.queue_id).is_some_and(|queue| queue.unique_references);
            Item {
                unique_reference: item.reference.as_deref().filter(|_| unique).map(store::fold),
                ..attempt(item, by, ctx, batch.now)
            }
        })
        .collect();
    let ids: HashMap<uuid::Uuid, i64> = scope
        .insert_new(&attempts, "id, unique_key")?
        .iter()
        .map(|row| Ok((row.get(1)?, row.get(0)?)))
        .collect::<store::Result<_>>()?;
    let old: Vec<i64> = items.iter().map(|(item, ..)| item.id).collect();
    let mut data: HashMap<i64, ItemData> = scope
        .get_many::<ItemData>(&old)?
        .into_iter()
        .map(|data| (data.item_id, data))
        .collect();
    let mut copies = Vec::with_capacity(items.len());
    for (next, (item, who)) in attempts.iter_mut().zip(items) {
        next.id = ids
            .get(&next.unique_key)
            .copied()
            .ok_or_else(|| Error::internal("the reference of a retried item is taken"))?;
        let specific = data.remove(&item.id).map(|data| data.specific).unwrap_or_default();
        next.size = i64::try_from(specific.len()).unwrap_or(i64::MAX);
        copies.push(ItemData {
            item_id: next.id,
            specific,
            output: None,
            analytics: None,
            exception: None,
        });
        batch.record(next, EventAction::Create, who, None);
        batch.tally.moved(next.queue_id, None, Some(Status::New));
        batch.tally.retried(next.queue_id);
    }
    scope.insert_many(&copies)?;
    for (next, (_, who)) in attempts.iter().zip(items) {
        batch.announce("queueItem.retried", std::slice::from_ref(next), who);
    }
    Ok(())
}

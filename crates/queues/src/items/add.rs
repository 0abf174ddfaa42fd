//! Adding items (reference: queues 5).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use context::{Ctx, Error, codes};
use jiff::{Timestamp, ToSpan as _};
use store::{Scoped, Tenant, Tx, Value};
use uuid::Uuid;

use super::input::Draft;
use super::keys::{self, Key, Known};
use super::model::{EventAction, Item, ItemData, ReviewStatus, Status};
use super::write::{Batch, Outcome, Who, per_tenant, standings};
use crate::definitions::model::Queue;
use crate::state::{Definition, Shared};
use crate::statistics::tally::Lane;

/// A call that adds one item.
#[derive(Debug)]
pub struct Add {
    pub ctx: Ctx,
    pub tenant: i64,
    pub folder: i64,
    pub definition: Arc<Definition>,
    pub who: Who,
    pub draft: Draft,
    pub key: Option<Key>,
}

/// Who takes an item at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taker {
    pub robot: Option<i64>,
    pub job: Option<Uuid>,
}

/// Adds the items of several calls.
///
/// # Errors
/// Per call: 409 with code 1016 for a reference that is taken, or an idempotency key used otherwise.
pub fn work(tx: &mut Tx, shared: &Shared, calls: &[Add]) -> Result<Vec<Result<Outcome, Error>>, Error> {
    per_tenant(tx, calls, |call| call.tenant, |scope, calls| add(scope, shared, calls))
}

fn add(scope: &mut Scoped<'_, Tenant>, shared: &Shared, calls: &[&Add]) -> Result<Vec<Result<Outcome, Error>>, Error> {
    let Some(last) = calls.iter().max_by_key(|call| call.ctx.now) else {
        return Ok(Vec::new());
    };
    let mut batch = Batch::new(scope, shared, Lane::Add, last.ctx.now)?;
    let mut queues: Vec<i64> = calls.iter().map(|call| call.definition.queue.id).collect();
    queues.sort_unstable();
    queues.dedup();
    let standings = standings(scope, &queues, batch.now)?;
    let keys: Vec<Option<&Key>> = calls.iter().map(|call| call.key.as_ref()).collect();
    let known = keys::look_up(scope, &keys)?;

    let mut results: Vec<Option<Result<Outcome, Error>>> = Vec::with_capacity(calls.len());
    let (mut items, mut owners) = (Vec::new(), Vec::new());
    for (at, (call, known)) in calls.iter().zip(&known).enumerate() {
        let queue = &call.definition.queue;
        let current = standings
            .get(&queue.id)
            .is_some_and(|standing| standing.version == queue.version && standing.folders.contains(&call.folder));
        results.push(match known {
            _ if !current => Some(Ok(Outcome::Stale)),
            Known::Before(id) => Some(keys::again(scope, queue.id, *id)),
            Known::Other => Some(Err(keys::used_otherwise())),
            Known::Same(_) => None,
            Known::New => {
                items.push(new_item(queue, &call.draft, &call.who, call.ctx.now));
                owners.push(at);
                None
            }
        });
    }
    let drafts: Vec<&Draft> = owners.iter().map(|at| &calls[*at].draft).collect();
    let mut used = Vec::new();
    let stored = insert(scope, &mut items, &drafts)?;
    for ((at, item), stored) in owners.iter().zip(&items).zip(stored) {
        let call = calls[*at];
        if !stored {
            results[*at] = Some(Err(duplicate()));
            continue;
        }
        created(&mut batch, item, &call.who);
        if let Some(key) = &call.key {
            used.push((key, item.id));
        }
        results[*at] = Some(Ok(Outcome::Item(Box::new(item.clone()), call.draft.stored.clone())));
    }
    keys::remember(scope, &used, batch.now)?;
    batch.finish(scope, &last.ctx)?;
    let mut answers = Vec::with_capacity(calls.len());
    for (result, known) in results.iter().zip(&known) {
        let result = match (result, known) {
            (None, Known::Same(first)) => results[*first].as_ref(),
            (result, _) => result.as_ref(),
        };
        answers.push(match result {
            Some(Ok(Outcome::Item(item, text))) => Ok(Outcome::Item(item.clone(), text.clone())),
            Some(Ok(Outcome::Nothing)) => Ok(Outcome::Nothing),
            Some(Ok(Outcome::Stale)) | None => Ok(Outcome::Stale),
            Some(Err(error)) => Err(error.clone()),
        });
    }
    Ok(answers)
}

/// Writes down that an item is there.
pub fn created(batch: &mut Batch<'_>, item: &Item, who: &Who) {
    batch.record(item, EventAction::Create, who, None);
    batch.tally.moved(item.queue_id, None, Some(item.status));
    batch.announce("queueItem.added", std::slice::from_ref(item), who);
    if item.status == Status::InProgress {
        batch.announce("queueItem.transactionStarted", std::slice::from_ref(item), who);
    }
}

/// The row of a new item.
pub fn new_item(queue: &Queue, draft: &Draft, who: &Who, now: Timestamp) -> Item {
    let minutes = |from: Timestamp, minutes: i64| from.checked_add(minutes.minutes()).unwrap_or(Timestamp::MAX);
    let (sla, risk) = (i64::from(queue.sla_minutes), i64::from(queue.risk_sla_minutes));
    let due_at = draft.due_at.or_else(|| (sla > 0).then(|| minutes(now, sla)));
    let risk_at = match (draft.risk_at, due_at) {
        (Some(risk), _) => Some(risk),
        (None, Some(due)) if sla > 0 && risk > 0 => Some(minutes(due, risk - sla)),
        _ => None,
    };
    let mut item = Item {
        id: 0,
        queue_id: queue.id,
        key: draft.key,
        unique_key: draft.key,
        status: Status::New,
        review_status: ReviewStatus::None,
        reviewer_id: None,
        priority: draft.priority,
        encrypted: queue.encrypted,
        unique_reference: queue
            .unique_references
            .then(|| draft.reference.as_deref().map(store::fold))
            .flatten(),
        reference: draft.reference.clone(),
        exception_type: None,
        due_at,
        risk_at,
        defer_at: draft.defer_at,
        ready_rank: None,
        robot_id: None,
        creator_job: draft.job,
        executor_job: None,
        started_at: None,
        ended_at: None,
        seconds_before: 0,
        ancestor_id: None,
        ancestor_key: None,
        retry_number: 0,
        manual_ancestor_id: None,
        manual_ancestor_key: None,
        manual_retry_number: 0,
        created_at: now,
        created_by: who.user,
        touched_at: now,
        progress: draft.progress.clone(),
        version: 1,
        parent_operation: draft.parent_operation.clone(),
        operation: None,
        source: draft.source.clone(),
        size: draft.stored.len() as i64,
    };
    if let Some(taker) = draft.taken {
        item.status = Status::InProgress;
        item.started_at = Some(now);
        item.robot_id = taker.robot;
        item.executor_job = taker.job;
    } else if item.defer_at.is_none_or(|defer| defer <= now) {
        item.ready_rank = Some(item.rank());
    }
    item
}

/// Stores new items with what they carry, and gives them their ids. Answers for each whether it was stored; one whose reference is
/// taken is not.
pub fn insert(scope: &mut Scoped<'_, Tenant>, items: &mut [Item], drafts: &[&Draft]) -> Result<Vec<bool>, Error> {
    let rows = scope.insert_new(items, "id, unique_key")?;
    let mut ids: HashMap<Uuid, i64> = HashMap::with_capacity(rows.len());
    for row in rows {
        ids.insert(row.get(1)?, row.get(0)?);
    }
    let mut stored = Vec::with_capacity(items.len());
    let mut data = Vec::with_capacity(items.len());
    for (item, draft) in items.iter_mut().zip(drafts) {
        let id = ids.get(&item.unique_key).copied();
        stored.push(id.is_some());
        if let Some(id) = id {
            item.id = id;
            data.push(ItemData {
                item_id: id,
                specific: draft.stored.clone(),
                output: None,
                analytics: None,
                exception: None,
            });
        }
    }
    scope.insert_many(&data)?;
    Ok(stored)
}

/// 409 for a reference that another live item of the queue has.
pub fn duplicate() -> Error {
    Error::conflict(
        codes::DUPLICATE_REFERENCE,
        "Error creating Transaction. Duplicate Reference.",
    )
}

odata::enumeration! {
    /// What happens to the items of one call when one of them is bad.
    pub enum CommitType: "BulkAddQueueItemsRequestCommitType" {
        AllOrNothing = 0,
        StopOnFirstFailure = 1,
        ProcessAllIndependently = 2,
    }
}

/// Why a unit of work that adds many items ends without result.
#[derive(Debug)]
pub enum BulkFault {
    /// The queue changed since the items were checked, or somebody else used one of the references meanwhile: check again.
    Stale,
    Other(Error),
}

impl From<store::Error> for BulkFault {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<Error> for BulkFault {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// A call that adds many items. Each is a draft or the reason why it is bad.
#[derive(Debug)]
pub struct Bulk {
    pub ctx: Ctx,
    pub folder: i64,
    pub definition: Arc<Definition>,
    pub who: Who,
    pub commit: CommitType,
    pub drafts: Vec<Result<Draft, Error>>,
}

/// Adds many items by the rules of the commit type (reference: queues 5.2), and answers those that were not added with their
/// positions.
///
/// # Errors
/// [`BulkFault::Stale`]; then nothing was added.
pub fn bulk(scope: &mut Scoped<'_, Tenant>, shared: &Shared, call: &Bulk) -> Result<Vec<(usize, Error)>, BulkFault> {
    let (queue, now) = (&call.definition.queue, call.ctx.now);
    let standing = standings(scope, &[queue.id], now)?.remove(&queue.id);
    if !standing.is_some_and(|standing| standing.version == queue.version && standing.folders.contains(&call.folder)) {
        return Err(BulkFault::Stale);
    }
    let taken = taken_references(scope, call)?;
    let mut failed = Vec::new();
    let mut good = Vec::with_capacity(call.drafts.len());
    let mut own = HashSet::new();
    for (at, draft) in call.drafts.iter().enumerate() {
        let bad = match draft {
            Err(error) => Some(error.clone()),
            Ok(draft) => draft
                .reference
                .as_deref()
                .filter(|_| queue.unique_references)
                .and_then(|reference| {
                    let folded = store::fold(reference);
                    (taken.contains(&folded) || !own.insert(folded)).then(duplicate)
                }),
        };
        match (bad, draft) {
            (Some(error), _) => {
                failed.push((at, error));
                if call.commit == CommitType::StopOnFirstFailure {
                    break;
                }
            }
            (None, Ok(draft)) => good.push(draft),
            (None, Err(_)) => {}
        }
    }
    if call.commit == CommitType::AllOrNothing && !failed.is_empty() {
        return Ok(failed);
    }
    let mut items: Vec<Item> = good
        .iter()
        .map(|draft| new_item(queue, draft, &call.who, now))
        .collect();
    if insert(scope, &mut items, &good)?.contains(&false) {
        return Err(BulkFault::Stale);
    }
    let mut batch = Batch::new(scope, shared, Lane::Add, now)?;
    for item in &items {
        batch.record(item, EventAction::Create, &call.who, None);
        batch.tally.moved(item.queue_id, None, Some(item.status));
    }
    batch.announce("queueItem.added", &items, &call.who);
    batch.finish(scope, &call.ctx)?;
    Ok(failed)
}

/// The query for those of some references that live items of a queue have: the references, the queue. They are joined, and in this
/// order, because SQLite would rather look at all items of a queue than look up more than a few references.
pub fn with_references(number: usize) -> String {
    let marks = vec!["(cast(? as text))"; number].join(", ");
    format!(
        "select i.unique_reference from (values {marks}) v cross join queue_items i
         where +i.{{scope}} and i.queue_id = ? and i.unique_reference = v.column1"
    )
}

/// Those references of a call that live items of the queue have, folded.
fn taken_references(scope: &mut Scoped<'_, Tenant>, call: &Bulk) -> Result<HashSet<String>, Error> {
    let queue = &call.definition.queue;
    let mut taken = HashSet::new();
    if !queue.unique_references {
        return Ok(taken);
    }
    let references: Vec<String> = call
        .drafts
        .iter()
        .filter_map(|draft| draft.as_ref().ok()?.reference.as_deref().map(store::fold))
        .collect();
    for references in references.chunks(100) {
        let mut values: Vec<Value> = references.iter().cloned().map(Value::Text).collect();
        values.push(Value::Int(queue.id));
        for row in scope.rows(&with_references(references.len()), values)? {
            taken.insert(row.get::<String>(0)?);
        }
    }
    Ok(taken)
}

//! What people do to items: edit, erase, delete, review (reference: queues 8.2, 10, 11). Each unit of work locks the rows it changes.

use std::collections::{BTreeSet, HashMap};

use access::sealing::Sealer;
use context::{Ctx, Error, codes};
use jiff::Timestamp;
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::content::{self, Part};
use super::input::{self, ItemInput, Versioned};
use super::model::{EventAction, Item, ItemData, ReviewStatus, Status};
use super::no_such_item;
use super::retry::{self, By};
use super::transition::{self, Event};
use super::write::{Batch, Who, queues_of, standings};
use crate::definitions::model::Queue;
use crate::definitions::schemas::Of;
use crate::state::Shared;
use crate::statistics::tally::Lane;

/// Items of one bulk call at most: others wait until it is done.
pub const MOST: usize = 1_000;

/// Who changes what where.
#[derive(Debug, Clone)]
pub struct Change {
    pub ctx: Ctx,
    pub who: Who,
    pub folder: i64,
    pub sealer: Sealer,
}

/// What a bulk call does to each of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Delete,
    Review(ReviewStatus),
    /// Makes somebody responsible, or nobody.
    Assign(Option<i64>),
}

/// Items of the folder, locked, by id; those of other folders are missing.
fn locked(
    scope: &mut Scoped<'_, Tenant>,
    folder: i64,
    ids: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Item>, Error> {
    let mut found = scope.lock_many::<Item>(ids)?;
    let queues: BTreeSet<i64> = found.iter().map(|item| item.queue_id).collect();
    let standings = standings(scope, &queues.into_iter().collect::<Vec<_>>(), now)?;
    found.retain(|item| {
        standings
            .get(&item.queue_id)
            .is_some_and(|standing| standing.folders.contains(&folder))
    });
    Ok(found.into_iter().map(|item| (item.id, item)).collect())
}

/// Does a deed to each of several items, and answers the ids of those it could not be done to, in the order given (reference: queues 10:
/// an id fails when its version is stale, its state does not allow the deed, or it does not exist).
///
/// # Errors
/// 400 for too many items.
pub fn bulk(
    scope: &mut Scoped<'_, Tenant>,
    shared: &Shared,
    change: &Change,
    deed: Deed,
    items: &[Versioned],
) -> Result<Vec<(i64, Error)>, Error> {
    if items.len() > MOST {
        return Err(Error::field(
            "queueItems",
            format!("At most {MOST} items can be changed at a time."),
        ));
    }
    let now = change.ctx.now;
    let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
    let mut found = locked(scope, change.folder, &ids, now)?;
    let mut batch = Batch::new(scope, shared, Lane::Other, now)?;
    let (mut failed, mut done) = (Vec::new(), Vec::new());
    for wanted in items {
        let Some(item) = found.get_mut(&wanted.id) else {
            failed.push((wanted.id, no_such_item()));
            continue;
        };
        match apply(item, &mut batch, change, deed, wanted.row_version.as_deref()) {
            Ok(()) => done.push(wanted.id),
            Err(error) => failed.push((wanted.id, error)),
        }
    }
    // In the order of the request, so that further attempts stand in line in it.
    let mut seen = BTreeSet::new();
    done.retain(|id| seen.insert(*id));
    let changed: Vec<&Item> = done.iter().filter_map(|id| found.get(id)).collect();
    store(scope, &changed)?;
    if deed == Deed::Review(ReviewStatus::Retried) {
        let queues = queues_of(scope, changed.iter().copied())?;
        let again: Vec<(&Item, &Who)> = changed.iter().map(|item| (*item, &change.who)).collect();
        retry::add(scope, &mut batch, &queues, By::Hand, &again, &change.ctx)?;
    }
    let told: Vec<Item> = done.iter().filter_map(|id| found.get(id).cloned()).collect();
    batch.announce(deed.event(), &told, &change.who);
    batch.finish(scope, &change.ctx)?;
    Ok(failed)
}

impl Deed {
    fn event(self) -> &'static str {
        match self {
            Self::Delete => "queueItem.deleted",
            Self::Review(_) => "queueItem.reviewStatusChanged",
            Self::Assign(_) => "queueItem.updated",
        }
    }
}

/// Changes one item in memory.
fn apply(
    item: &mut Item,
    batch: &mut Batch<'_>,
    change: &Change,
    deed: Deed,
    row_version: Option<&str>,
) -> Result<(), Error> {
    check_version(item, row_version)?;
    let before = item.status;
    let event = match deed {
        Deed::Delete => Event::Delete,
        Deed::Review(ReviewStatus::Retried) => Event::RetryByHand,
        Deed::Review(to) => Event::Review(to),
        Deed::Assign(_) => Event::Assign,
    };
    item.status = transition::next(item.status, item.review_status, event)?;
    let action = match deed {
        Deed::Delete => EventAction::Delete,
        Deed::Review(ReviewStatus::Retried) => EventAction::Retry,
        Deed::Review(_) | Deed::Assign(_) => EventAction::Edit,
    };
    match deed {
        Deed::Delete => {}
        Deed::Review(to) => item.review_status = to,
        Deed::Assign(user) => item.reviewer_id = user,
    }
    if item.status != before {
        batch.tally.moved(item.queue_id, Some(before), Some(item.status));
        item.unique_reference = None;
        item.ready_rank = None;
    }
    touch(item, batch.now);
    batch.record(item, action, &change.who, None);
    Ok(())
}

/// A version that is given must be the one the row has.
fn check_version(item: &Item, row_version: Option<&str>) -> Result<(), Error> {
    match row_version.filter(|version| !version.is_empty()) {
        Some(version) if version != Item::row_version(item.version) => Err(Error::conflict(
            codes::OPTIMISTIC_CONCURRENCY,
            "The item was changed by somebody else meanwhile.",
        )),
        _ => Ok(()),
    }
}

fn touch(item: &mut Item, now: Timestamp) {
    item.touched_at = now;
    item.version += 1;
}

fn store(scope: &mut Scoped<'_, Tenant>, items: &[&Item]) -> Result<(), Error> {
    let columns = [
        "status bigint",
        "review_status bigint",
        "reviewer_id bigint",
        "unique_reference text",
        "ready_rank bigint",
        "touched_at bigint",
        "version bigint",
    ];
    let rows: Vec<(i64, Vec<store::Value>)> = items
        .iter()
        .map(|item| {
            let values = params![
                item.status,
                item.review_status,
                item.reviewer_id,
                item.unique_reference,
                item.ready_rank,
                item.touched_at,
                item.version
            ];
            (item.id, values)
        })
        .collect();
    scope.update_many::<Item>(&columns, &rows)?;
    Ok(())
}

/// Deletes one item: its row stays until its time is over.
///
/// # Errors
/// 404 when the folder has no such item, 409 while it is in progress.
pub fn delete(scope: &mut Scoped<'_, Tenant>, shared: &Shared, change: &Change, id: i64) -> Result<(), Error> {
    let wanted = Versioned { id, row_version: None };
    match bulk(scope, shared, change, Deed::Delete, &[wanted])?.pop() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// Edits an item that was not taken yet, or erases what a finished one carries (reference: queues 11.1). Only content, dates, priority
/// and progress are taken over; dates that are left out are cleared.
///
/// # Errors
/// 404 when the folder has no such item; 409 for a version that is old, or a state that does not allow it; 400 for input that is wrong.
pub fn edit(
    scope: &mut Scoped<'_, Tenant>,
    shared: &Shared,
    change: &Change,
    id: i64,
    given: ItemInput,
    row_version: Option<&str>,
) -> Result<(), Error> {
    let now = change.ctx.now;
    let mut item = locked(scope, change.folder, &[id], now)?
        .remove(&id)
        .ok_or_else(no_such_item)?;
    check_version(&item, row_version)?;
    let mut batch = Batch::new(scope, shared, Lane::Other, now)?;
    if item.status == Status::New {
        transition::next(item.status, item.review_status, Event::Edit)?;
        let queue = scope.get::<Queue>(item.queue_id)?.ok_or_else(no_such_item)?;
        let schema = shared.validator(scope, &queue, Of::Specific)?;
        rewrite(scope, &mut item, change, given, schema.as_deref())?;
    } else {
        transition::next(item.status, item.review_status, Event::Erase)?;
        erase(scope, &mut item, change, &given)?;
    }
    touch(&mut item, now);
    scope.update(&item)?;
    batch.record(&item, EventAction::Edit, &change.who, Some(edited(&item)));
    batch.tally.moved(item.queue_id, Some(item.status), Some(item.status));
    batch.announce("queueItem.updated", std::slice::from_ref(&item), &change.who);
    batch.finish(scope, &change.ctx)
}

/// What history tells of an edit; never content.
fn edited(item: &Item) -> serde_json::Value {
    json!({
        "Priority": item.priority,
        "DueDate": item.due_at,
        "DeferDate": item.defer_at,
        "Progress": item.progress.as_deref().filter(|_| !item.encrypted).map(content::told),
    })
}

fn rewrite(
    scope: &mut Scoped<'_, Tenant>,
    item: &mut Item,
    change: &Change,
    given: ItemInput,
    schema: Option<&access::schemas::Validator>,
) -> Result<(), Error> {
    let now = change.ctx.now;
    let sealer = item.encrypted.then_some(&change.sealer);
    let (due_at, defer_at) = (given.due_date.map(|at| at.0), given.defer_date.map(|at| at.0));
    // A deadline that has passed may stay.
    input::dates(due_at.filter(|due| item.due_at != Some(*due)), defer_at, now)?;
    let text = input::specific(given.specific_content.unwrap_or_default(), schema)?;
    item.progress = input::progress(given.progress, sealer, item.key)?;
    item.priority = given.priority.unwrap_or(super::model::Priority::Normal);
    item.due_at = due_at;
    item.defer_at = defer_at;
    let waits = defer_at.is_some_and(|defer| defer > now);
    item.ready_rank = (!waits).then(|| item.rank());
    replace_content(scope, item, content::seal(sealer, item.key, Part::Specific, text)?)
}

fn erase(scope: &mut Scoped<'_, Tenant>, item: &mut Item, change: &Change, given: &ItemInput) -> Result<(), Error> {
    let progress = match &item.progress {
        Some(stored) => {
            let sealer = item.encrypted.then_some(&change.sealer);
            Some(content::open(sealer, item.key, Part::Progress, stored.clone())?)
        }
        None => None,
    };
    let same = |given: Option<odata::Moment>, now: Option<Timestamp>| given.is_none_or(|given| Some(given.0) == now);
    let unchanged = given.priority.is_none_or(|priority| priority == item.priority)
        && same(given.due_date, item.due_at)
        && same(given.defer_date, item.defer_at)
        && given
            .progress
            .as_ref()
            .is_none_or(|text| Some(text) == progress.as_ref())
        && given.specific_content.as_ref().is_none_or(serde_json::Map::is_empty);
    if !unchanged {
        return Err(Error::conflict(
            codes::OPTIMISTIC_CONCURRENCY,
            format!(
                "Of an item with status {} only the content can be erased; nothing else can change.",
                item.status
            ),
        ));
    }
    let sealer = item.encrypted.then_some(&change.sealer);
    replace_content(
        scope,
        item,
        content::seal(sealer, item.key, Part::Specific, "{}".to_owned())?,
    )
}

fn replace_content(scope: &mut Scoped<'_, Tenant>, item: &mut Item, stored: String) -> Result<(), Error> {
    let mut data = scope.get::<ItemData>(item.id)?.ok_or_else(no_such_item)?;
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    item.size += length(&stored) - length(&data.specific);
    data.specific = stored;
    scope.update(&data)?;
    Ok(())
}

//! Taking the next item (reference: queues 6.1).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use context::{Ctx, Error};
use jiff::Timestamp;
use store::{Dialect, Scoped, Tenant, Tx, fill_up, params};

use super::add::Taker;
use super::keys::{self, Key, Known};
use super::model::{EventAction, Item, ItemData, Status};
use super::transition::{self, Event};
use super::write::{Batch, Outcome, Who, per_tenant, standings};
use crate::state::{Definition, Shared};
use crate::statistics::tally::Lane;

/// Deferred items that one unit of work puts in line. When more fall due at once, they come in line over the next calls, the
/// earliest first.
const PROMOTED: i64 = 1_000;
/// Items with a prefix near the head that are tried, should others be taking them.
const TRIED: i64 = 20;
/// Items at the head of the line that are looked at for a prefix before all items with it are sorted.
const LOOKED_AT: i64 = 500;

/// The items in line, in their order: conditions, each with the values it takes. Tests pin the indexes that they walk along.
pub mod line {
    /// Queue, number.
    pub const FIRST: &str =
        "queue_id = ? and ready_rank is not null order by ready_rank, due_at, id limit ? {skip_locked}";
    /// Queue, folded reference.
    pub const WITH_REFERENCE: &str = "queue_id = ? and reference_folded = ? and ready_rank is not null
        order by ready_rank, due_at, id limit 1 {skip_locked}";
    /// The ids of those near the head: queue, number that is looked at, prefix, its end, number.
    pub const HEAD_WITH_PREFIX: &str =
        "select id from (select id, reference_folded, ready_rank, due_at from queue_items
            where {scope} and queue_id = ? and ready_rank is not null order by ready_rank, due_at, id limit ?) head
        where reference_folded >= ? and reference_folded < ? order by ready_rank, due_at, id limit ?";
    /// Queue, prefix, its end.
    pub const WITH_PREFIX: &str =
        "queue_id = ? and reference_folded >= ? and reference_folded < ? and ready_rank is not null
        order by ready_rank, due_at, id limit 1 {skip_locked}";
    /// Those that may stand in line from now on: queue, now, number.
    pub const DUE: &str = "+{scope} and id in (select id from queue_items where queue_id = ? and status = 0 and ready_rank is null and defer_at <= ?
        order by defer_at, id limit ? {skip_locked})";
}

/// Which references will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// The folded reference.
    Equals(String),
    /// The folded beginning.
    StartsWith(String),
}

/// A call that takes an item.
#[derive(Debug)]
pub struct Start {
    pub ctx: Ctx,
    pub tenant: i64,
    pub folder: i64,
    pub definition: Arc<Definition>,
    pub who: Who,
    pub filter: Option<Filter>,
    pub taker: Taker,
    pub key: Option<Key>,
}

/// Takes an item for each of several calls; those that come later get what is left.
///
/// # Errors
/// Per call: 409 for an idempotency key used otherwise.
pub fn work(tx: &mut Tx, shared: &Shared, calls: &[Start]) -> Result<Vec<Result<Outcome, Error>>, Error> {
    per_tenant(
        tx,
        calls,
        |call| call.tenant,
        |scope, calls| start(scope, shared, calls),
    )
}

fn start(
    scope: &mut Scoped<'_, Tenant>,
    shared: &Shared,
    calls: &[&Start],
) -> Result<Vec<Result<Outcome, Error>>, Error> {
    let Some(last) = calls.iter().max_by_key(|call| call.ctx.now) else {
        return Ok(Vec::new());
    };
    let mut batch = Batch::new(scope, shared, Lane::Start, last.ctx.now)?;
    let mut queues: Vec<i64> = calls.iter().map(|call| call.definition.queue.id).collect();
    queues.sort_unstable();
    queues.dedup();
    let standings = standings(scope, &queues, batch.now)?;
    for (queue, _) in standings.iter().filter(|(_, standing)| standing.due) {
        promote(scope, *queue, batch.now)?;
    }
    let keys: Vec<Option<&Key>> = calls.iter().map(|call| call.key.as_ref()).collect();
    let known = keys::look_up(scope, &keys)?;

    let mut results: Vec<Option<Result<Outcome, Error>>> = Vec::with_capacity(calls.len());
    let mut unfiltered: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    let mut filtered = Vec::new();
    for (at, (call, known)) in calls.iter().zip(&known).enumerate() {
        let queue = call.definition.queue.id;
        let visible = standings
            .get(&queue)
            .is_some_and(|standing| standing.folders.contains(&call.folder));
        results.push(match known {
            _ if !visible => Some(Ok(Outcome::Stale)),
            Known::Before(id) => Some(keys::again(scope, queue, *id)),
            Known::Other => Some(Err(keys::used_otherwise())),
            Known::Same(_) => None,
            Known::New => {
                if call.filter.is_some() {
                    filtered.push(at);
                } else {
                    unfiltered.entry(queue).or_default().push(at);
                }
                None
            }
        });
    }
    let mut taken: Vec<(usize, Item)> = Vec::new();
    let wanted: Vec<(i64, usize)> = unfiltered
        .iter()
        .map(|(queue, waiting)| (*queue, waiting.len()))
        .collect();
    let mut heads = first(scope, &wanted)?;
    for (queue, waiting) in &unfiltered {
        let found = heads.remove(queue).unwrap_or_default();
        taken.extend(waiting.iter().copied().zip(found));
    }
    take(scope, calls, &mut taken, batch.now)?;
    for at in filtered {
        let Some(filter) = &calls[at].filter else { continue };
        let found = matching(scope, calls[at].definition.queue.id, filter)?;
        let mut found: Vec<(usize, Item)> = found.map(|item| (at, item)).into_iter().collect();
        take(scope, calls, &mut found, batch.now)?;
        taken.extend(found);
    }
    let ids: Vec<i64> = taken.iter().map(|(_, item)| item.id).collect();
    let mut texts: BTreeMap<i64, String> = scope
        .get_many::<ItemData>(&ids)?
        .into_iter()
        .map(|data| (data.item_id, data.specific))
        .collect();
    let mut used = Vec::new();
    for (at, item) in taken {
        let call = calls[at];
        batch.record(&item, EventAction::Status, &call.who, None);
        batch
            .tally
            .moved(item.queue_id, Some(Status::New), Some(Status::InProgress));
        batch.announce("queueItem.transactionStarted", std::slice::from_ref(&item), &call.who);
        if let Some(key) = &call.key {
            used.push((key, item.id));
        }
        let text = texts.remove(&item.id).unwrap_or_default();
        results[at] = Some(Ok(Outcome::Item(Box::new(item), text)));
    }
    keys::remember(scope, &used, batch.now)?;
    batch.finish(scope, &last.ctx)?;
    let mut answers = Vec::with_capacity(calls.len());
    for (at, known) in known.iter().enumerate() {
        answers.push(match (results[at].take(), known) {
            (Some(result), _) => result,
            (None, Known::Same(first)) => match answers.get(*first) {
                Some(Ok(Outcome::Item(item, text))) => Ok(Outcome::Item(Box::clone(item), String::clone(text))),
                _ => Ok(Outcome::Nothing),
            },
            (None, _) => Ok(Outcome::Nothing),
        });
    }
    Ok(answers)
}

/// Puts items in line whose time has come.
pub fn promote(scope: &mut Scoped<'_, Tenant>, queue: i64, now: Timestamp) -> Result<u64, Error> {
    let sql = format!(
        "update queue_items set ready_rank = priority + case when due_at is null then 3 else 0 end where {}",
        line::DUE
    );
    Ok(scope.execute(&sql, params![queue, now, PROMOTED])?)
}

/// The first items in line in each of several queues, so many of each, locked.
fn first(scope: &mut Scoped<'_, Tenant>, wanted: &[(i64, usize)]) -> Result<HashMap<i64, Vec<Item>>, Error> {
    let mut heads: HashMap<i64, Vec<Item>> = HashMap::with_capacity(wanted.len());
    if wanted.len() < 2 || scope.tx().dialect() == Dialect::Sqlite {
        for (queue, most) in wanted {
            heads.insert(*queue, scope.find::<Item>(line::FIRST, params![*queue, *most as i64])?);
        }
        return Ok(heads);
    }
    // What a statement costs on PostgreSQL is above all its way to the server and back, so that one asks for all queues. It only locks:
    // what it sees of a row that somebody changed meanwhile may be older than what it locks.
    // A queue that stands there twice gives the same items twice.
    let wanted = fill_up(wanted.to_vec());
    let lines = vec!["(cast(? as bigint), cast(? as bigint))"; wanted.len()].join(", ");
    let sql = format!(
        "select i.id from (values {lines}) v (queue, most) cross join lateral
            (select w.id from queue_items w where w.{{scope}} and w.queue_id = v.queue and w.ready_rank is not null
             order by w.ready_rank, w.due_at, w.id limit v.most {{skip_locked}}) i"
    );
    let values = wanted
        .iter()
        .flat_map(|(queue, most)| params![*queue, *most as i64])
        .collect();
    let ids: Vec<i64> = scope
        .rows(&sql, values)?
        .iter()
        .map(|row| row.get(0))
        .collect::<store::Result<_>>()?;
    for item in scope.get_many::<Item>(&ids)? {
        heads.entry(item.queue_id).or_default().push(item);
    }
    for items in heads.values_mut() {
        items.sort_by_key(|item| (item.ready_rank, item.due_at, item.id));
    }
    Ok(heads)
}

/// The first item in line that a filter lets through, locked.
fn matching(scope: &mut Scoped<'_, Tenant>, queue: i64, filter: &Filter) -> Result<Option<Item>, Error> {
    let prefix = match filter {
        Filter::Equals(reference) => {
            let found = scope.find::<Item>(line::WITH_REFERENCE, params![queue, reference])?;
            return Ok(found.into_iter().next());
        }
        Filter::StartsWith(prefix) => prefix,
    };
    let end = format!("{prefix}\u{10ffff}");
    // Where many items have the prefix, one of them stands near the head of the line; where few have it, sorting them is cheap.
    let values = params![queue, LOOKED_AT, prefix, &end, TRIED];
    for row in scope.rows(line::HEAD_WITH_PREFIX, values)? {
        let item = "id = ? and ready_rank is not null {skip_locked}";
        if let Some(item) = scope
            .find::<Item>(item, params![row.get::<i64>(0)?])?
            .into_iter()
            .next()
        {
            return Ok(Some(item));
        }
    }
    let all = scope.find::<Item>(line::WITH_PREFIX, params![queue, prefix, &end])?;
    Ok(all.into_iter().next())
}

/// Gives items to the calls beside them.
fn take(
    scope: &mut Scoped<'_, Tenant>,
    calls: &[&Start],
    found: &mut [(usize, Item)],
    now: Timestamp,
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(found.len());
    for (at, item) in found.iter_mut() {
        let taker = calls[*at].taker;
        item.status = transition::next(item.status, item.review_status, Event::Take)?;
        item.ready_rank = None;
        item.started_at = Some(now);
        item.touched_at = now;
        item.robot_id = taker.robot;
        item.executor_job = taker.job;
        item.version += 1;
        rows.push((
            item.id,
            params![
                item.status,
                None::<i64>,
                now,
                now,
                item.robot_id,
                item.executor_job,
                item.version
            ],
        ));
    }
    let columns = [
        "status bigint",
        "ready_rank bigint",
        "started_at bigint",
        "touched_at bigint",
        "robot_id bigint",
        "executor_job {uuid}",
        "version bigint",
    ];
    scope.update_many::<Item>(&columns, &rows)?;
    Ok(())
}

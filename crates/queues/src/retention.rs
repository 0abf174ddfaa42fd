//! What was kept long enough goes: items by the settings of their queue (reference: queues 13), the keys of callers, and the numbers
//! of times long past.
//!
//! Days are those of UTC. An item that was last touched on day D and is kept X days goes on day D + X + 1, in the first hour. Each
//! queue is looked through once a day; `queue_retention_days` says when that was done.

use std::sync::Arc;
use std::time::Duration;

use access::rows::integers;
use context::Error;
use jiff::Timestamp;
use store::{Scoped, Tenant, entity, params};
use web::{App, Reconciler};

use crate::definitions::model::{Queue, RetentionAction};
use crate::items::model::{ItemKey, Status};
use crate::purge::{ITEMS_AT_A_TIME, remove_items};
use crate::statistics::tally::{Lane, Span, Tally};

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(3_600);
/// Items looked at in one read.
const PAGE: usize = 1_000;
/// Rows of keys or numbers removed by one unit of work.
const ROWS_AT_A_TIME: i64 = 1_000;
/// Queues looked up at a time.
const QUEUES_AT_A_TIME: usize = 100;
/// Days that a caller's key is remembered.
const KEY_DAYS: i64 = 1;
/// Days that the numbers of each span are kept.
const SPAN_DAYS: [(Span, i64); 3] = [(Span::Minute, 3), (Span::Hour, 60), (Span::Day, 730)];

/// States of items that are through.
const FINISHED: [Status; 5] = [
    Status::Failed,
    Status::Successful,
    Status::Abandoned,
    Status::Retried,
    Status::Deleted,
];

entity! {
    /// The numbers of a queue in one span.
    struct Times in Tenant, table "queue_times" {
        #[key] queue_id: i64,
        span: i64,
        begins_at: i64,
    }
}

pub(crate) fn reconciler() -> Reconciler {
    Reconciler {
        name: "queue-retention",
        every: EVERY,
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look: all that is due on this day.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let now = app.clock().now();
    let midnight = Span::Day.begin(now);
    trim_keys(&app, days_before(now.as_microsecond(), KEY_DAYS)).await?;
    for (span, days) in SPAN_DAYS {
        trim_times(&app, span, days_before(now.as_microsecond(), days)).await?;
    }
    loop {
        let due = app.store().read(move |tx| due(tx, midnight)).await?;
        if due.is_empty() {
            break;
        }
        for (tenant, queue) in due {
            look_through(&app, tenant, &queue, midnight, now).await?;
            app.store()
                .write(move |tx| look_tomorrow(&mut tx.scope(tenant), queue.id, midnight))
                .await?;
        }
    }
    let until_midnight = midnight + Span::Day.micros() - now.as_microsecond();
    Ok(Some(Duration::from_micros(u64::try_from(until_midnight).unwrap_or(0))))
}

fn days_before(micros: i64, days: i64) -> i64 {
    micros - days * Span::Day.micros()
}

/// Some of the queues that were not looked through on the day that begins at `midnight`.
fn due(tx: &mut store::Tx, midnight: i64) -> Result<Vec<(Tenant, Queue)>, Error> {
    let mut due = Vec::new();
    for tenant in tx.each_scope::<Queue>("deleted_at is null", params![])? {
        let condition = format!(
            "deleted_at is null and not exists (
                select 1 from queue_retention_days d where d.queue_id = queues.id and d.day >= ?
            ) order by id limit {QUEUES_AT_A_TIME}"
        );
        let queues = tx.scope(tenant).find::<Queue>(&condition, params![day(midnight)])?;
        due.extend(queues.into_iter().map(|queue| (tenant, queue)));
        if due.len() >= QUEUES_AT_A_TIME {
            break;
        }
    }
    Ok(due)
}

/// The day that begins at `midnight`, counted from 1970.
fn day(midnight: i64) -> i64 {
    midnight / Span::Day.micros()
}

fn look_tomorrow(scope: &mut Scoped<'_, Tenant>, queue: i64, midnight: i64) -> Result<(), Error> {
    // A queue that is gone by now needs no mark. One that was slow does not take back what another has done since.
    let sql = "insert into queue_retention_days (queue_id, tenant_id, day)
        select q.id, q.tenant_id, cast(? as bigint) from queues q where q.{scope} and q.id = ?
        on conflict (queue_id) do update set day = excluded.day where excluded.day > queue_retention_days.day";
    scope.execute(sql, params![day(midnight), queue])?;
    Ok(())
}

/// Items of one state that go when they were touched before `before`.
#[derive(Debug, Clone, Copy)]
struct Old {
    queue: i64,
    status: Status,
    before: i64,
}

/// Removes the items of a queue whose time is over.
async fn look_through(app: &App, tenant: Tenant, queue: &Queue, midnight: i64, now: Timestamp) -> Result<(), Error> {
    let kinds = [
        (&FINISHED[..], queue.final_action, queue.final_period),
        (&[Status::New][..], queue.stale_action, queue.stale_period),
    ];
    for (states, action, period) in kinds {
        if action != RetentionAction::Delete {
            continue;
        }
        let before = days_before(midnight, i64::from(period));
        for status in states {
            let old = Old {
                queue: queue.id,
                status: *status,
                before,
            };
            look_at_state(app, tenant, old, now).await?;
        }
    }
    Ok(())
}

async fn look_at_state(app: &App, tenant: Tenant, old: Old, now: Timestamp) -> Result<(), Error> {
    let end = app.store().read(move |tx| bound(&mut tx.scope(tenant), old)).await?;
    let mut after = 0;
    loop {
        let page = app
            .store()
            .read(move |tx| candidates(&mut tx.scope(tenant), old, after, end))
            .await?;
        let going: Vec<i64> = page.iter().filter(|item| item.goes).map(|item| item.id).collect();
        for items in going.chunks(ITEMS_AT_A_TIME) {
            let items = items.to_vec();
            app.store()
                .write_locking(move |tx| remove(&mut tx.scope(tenant), old, &items, now))
                .await?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.id,
            _ => return Ok(()),
        }
    }
}

/// An item that is old enough to be looked at.
struct Candidate {
    id: i64,
    goes: bool,
}

/// Whether an item goes, as a condition; it takes `before` twice. The time of one that waits begins when it could be taken.
const GOES: &str = "touched_at < ? and (status <> 0 or defer_at is null or defer_at < ?)";

/// Ids beyond the last old item that are looked at too, since ids and times of items that were made by several nodes differ a little.
const MARGIN: i64 = 100_000;

/// Items from this id on were made too late to go: none is touched before it is made.
fn bound(scope: &mut Scoped<'_, Tenant>, old: Old) -> Result<i64, Error> {
    let sql = "select id from queue_items where {scope} and queue_id = ? and created_at < ?
        order by created_at desc, id desc limit 1";
    let row = scope.row(sql, params![old.queue, old.before])?;
    let last: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(last.saturating_add(MARGIN))
}

/// The walk through the items of a queue in one state: queue, status, where the last page ended, and the end.
pub const WALK: &str = "{scope} and queue_id = ? and status = ? and id > ? and id < ? order by id";

/// The next items of a state in the order they were made.
fn candidates(scope: &mut Scoped<'_, Tenant>, old: Old, after: i64, end: i64) -> Result<Vec<Candidate>, Error> {
    let sql = format!("select id, case when {GOES} then 1 else 0 end from queue_items where {WALK} limit {PAGE}");
    let Old { queue, status, before } = old;
    let values = params![before, before, queue, status, after, end];
    let rows = scope.rows(&sql, values)?;
    rows.iter()
        .map(|row| {
            Ok(Candidate {
                id: row.get(0)?,
                goes: row.get::<i64>(1)? == 1,
            })
        })
        .collect()
}

/// Removes those of some items that still go and nobody works on, and takes them out of the numbers of their states. What was worked
/// out from them remains.
fn remove(scope: &mut Scoped<'_, Tenant>, old: Old, items: &[i64], now: Timestamp) -> Result<(), Error> {
    let sql = format!(
        "select id from queue_items where {{scope}} and queue_id = ? and status = ? and id in ({}) and {GOES} {{skip_locked}}",
        integers(items)
    );
    let Old { queue, status, before } = old;
    let rows = scope.rows(&sql, params![queue, status, before, before])?;
    let items: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?;
    if items.is_empty() {
        return Ok(());
    }
    remove_items(scope, &items)?;
    let mut tally = Tally::default();
    for _ in &items {
        tally.moved(queue, Some(status), None);
    }
    tally.write(scope, Lane::Other, now)
}

/// Forgets keys that were used before `before`.
async fn trim_keys(app: &App, before: i64) -> Result<(), Error> {
    loop {
        let removed = app
            .store()
            .write_locking(move |tx| {
                let mut removed = 0;
                for tenant in tx.each_scope::<ItemKey>("used_at < ?", params![before])? {
                    let sql = "delete from queue_item_keys where +{scope} and id in (
                        select k.id from queue_item_keys k where +k.{scope} and k.used_at < ? order by k.used_at limit ?)";
                    removed += tx.scope(tenant).execute(sql, params![before, ROWS_AT_A_TIME])?;
                }
                Ok::<_, Error>(removed)
            })
            .await?;
        if removed == 0 {
            return Ok(());
        }
    }
}

/// Forgets the numbers of spans that began before `before`.
async fn trim_times(app: &App, span: Span, before: i64) -> Result<(), Error> {
    let span = span as i64;
    loop {
        let removed = app
            .store()
            .write_locking(move |tx| {
                let mut removed = 0;
                for tenant in tx.each_scope::<Times>("span = ? and begins_at < ?", params![span, before])? {
                    let sql = "delete from queue_times where {scope} and (queue_id, span, begins_at) in (
                        select t.queue_id, t.span, t.begins_at from queue_times t
                        where t.{scope} and t.span = ? and t.begins_at < ? order by t.begins_at limit ?)";
                    removed += tx.scope(tenant).execute(sql, params![span, before, ROWS_AT_A_TIME])?;
                }
                Ok::<_, Error>(removed)
            })
            .await?;
        if removed == 0 {
            return Ok(());
        }
    }
}

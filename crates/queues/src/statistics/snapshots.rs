//! Writes down how many items wait and are in progress, at the end of each minute (reference: queues 14).
//!
//! A look writes for those queues only that changed since their last snapshot; where nothing was written, nothing changed.

use std::sync::Arc;
use std::time::Duration;

use context::Error;
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tenant, Value, entity, params, pieces};
use web::{App, Reconciler};

use super::tally::Span;

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(60);
/// Queues whose numbers one unit of work writes.
const QUEUES_AT_A_TIME: usize = 100;
/// A look that is no later than this after a minute ended is about that minute.
const GRACE: SignedDuration = SignedDuration::from_secs(5);
/// How long after the end of a minute a look begins, in microseconds: what ended with it is committed then.
const AFTER: i64 = 500_000;

entity! {
    /// The numbers of a queue, as far as they tell which tenants have some.
    struct Counters in Tenant, table "queue_counters" {
        #[key] queue_id: i64,
    }
}

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "queue-snapshots",
        every: EVERY,
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look at all queues.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let at = app.clock().now() - GRACE;
    let tenants = app.store().read(|tx| tx.each_scope::<Counters>("", params![])).await?;
    for tenant in tenants {
        let mut after = 0;
        loop {
            let changed = app
                .store()
                .read(move |tx| changed(&mut tx.scope(tenant), after))
                .await?;
            let Some(last) = changed.last() else { break };
            let full = changed.len() == QUEUES_AT_A_TIME;
            after = last.queue;
            app.store()
                .write_locking(move |tx| write(&mut tx.scope(tenant), &changed, at))
                .await?;
            if !full {
                break;
            }
        }
    }
    let now = app.clock().now();
    let next = Span::Minute.begin(now) + Span::Minute.micros() + AFTER - now.as_microsecond();
    Ok(Some(Duration::from_micros(next.unsigned_abs())))
}

/// What waits in a queue.
#[derive(Debug)]
struct Load {
    queue: i64,
    remaining: i64,
    in_progress: i64,
}

/// The next queues that changed after the beginning of the last minute that has a snapshot of them.
fn changed(scope: &mut Scoped<'_, Tenant>, after: i64) -> Result<Vec<Load>, Error> {
    let sql = "select s.queue_id, s.remaining, s.in_progress from (
            select c.queue_id, cast(sum(c.new) as bigint) as remaining, cast(sum(c.in_progress) as bigint) as in_progress,
                max(c.last_at) as changed_at
            from queue_counters c where c.{scope} and c.queue_id > ? group by c.queue_id
        ) s join queues q on q.id = s.queue_id and q.deleted_at is null
        where not exists (
            select 1 from queue_times t where t.queue_id = s.queue_id and t.span = ? and t.begins_at > s.changed_at
                and t.remaining is not null
        ) order by s.queue_id limit ?";
    let values = params![after, Span::Minute as i64, QUEUES_AT_A_TIME as i64];
    let rows = scope.rows(sql, values)?;
    rows.iter()
        .map(|row| {
            Ok(Load {
                queue: row.get(0)?,
                remaining: row.get(1)?,
                in_progress: row.get(2)?,
            })
        })
        .collect()
}

/// Writes in the order in which units of work on items write, so that they do not wait for each other in a circle.
fn write(scope: &mut Scoped<'_, Tenant>, loads: &[Load], at: Timestamp) -> Result<(), Error> {
    for loads in pieces(loads) {
        let mut values = Vec::new();
        for load in loads {
            for span in Span::ALL {
                let row = [
                    load.queue,
                    span as i64,
                    span.begin(at),
                    load.remaining.max(0),
                    load.in_progress.max(0),
                ];
                values.extend(row.map(Value::Int));
            }
        }
        let sql = format!(
            "insert into queue_times ({{scope_column}}, queue_id, span, begins_at, remaining, in_progress, successes,
                application_exceptions, business_exceptions, retried, success_micros, application_micros, business_micros)
             values {}
             on conflict (queue_id, span, begins_at) do update set
                remaining = excluded.remaining,
                in_progress = excluded.in_progress",
            vec!["({scope_value}, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)"; loads.len() * Span::ALL.len()].join(", ")
        );
        scope.execute(&sql, values)?;
    }
    Ok(())
}

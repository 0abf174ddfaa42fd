//! Writes down how many items wait and are in progress, at the end of each minute (reference: queues 14).
//!
//! A look writes for those queues only that changed since their last snapshot; where nothing was written, nothing changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use context::Error;
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tenant, Tx, Value, entity, params, pieces};
use web::{App, Reconciler};

use super::tally::Span;

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(60);
/// Queues that one read finds.
const QUEUES_AT_A_TIME: usize = 1_000;
/// Queues whose numbers one unit of work writes.
const WRITTEN_AT_A_TIME: usize = 100;
/// A look that is no later than this after a minute ended is about that minute.
const GRACE: SignedDuration = SignedDuration::from_secs(5);
/// How long after the end of a minute a look begins, in microseconds: what ended with it is committed then.
const AFTER: i64 = 500_000;

entity! {
    /// What waits in a queue, and what is in progress.
    struct Load in Tenant, table "queues" {
        #[key] id: i64,
        remaining: i64 sql "select cast(coalesce(sum(c.new), 0) as bigint) from queue_counters c where c.queue_id = {t}.id",
        in_progress: i64
            sql "select cast(coalesce(sum(c.in_progress), 0) as bigint) from queue_counters c where c.queue_id = {t}.id",
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
    let mut after = 0;
    loop {
        let page = app.store().read(move |tx| changed(tx, after)).await?;
        let Some((_, last)) = page.last() else { break };
        let full = page.len() == QUEUES_AT_A_TIME;
        after = last.id;
        let mut by_tenant: BTreeMap<Tenant, Vec<Load>> = BTreeMap::new();
        for (tenant, load) in page {
            by_tenant.entry(tenant).or_default().push(load);
        }
        for (tenant, loads) in by_tenant {
            for loads in loads.chunks(WRITTEN_AT_A_TIME) {
                let loads = loads.to_vec();
                app.store()
                    .write_locking(move |tx| write(&mut tx.scope(tenant), &loads, at))
                    .await?;
            }
        }
        if !full {
            break;
        }
    }
    let now = app.clock().now();
    let next = Span::Minute.begin(now) + Span::Minute.micros() + AFTER - now.as_microsecond();
    Ok(Some(Duration::from_micros(next.unsigned_abs())))
}

/// The next queues that changed after the beginning of the last minute that has a snapshot of them, in all tenants.
fn changed(tx: &mut Tx, after: i64) -> Result<Vec<(Tenant, Load)>, Error> {
    let condition = format!(
        "id > ? and deleted_at is null
        and exists (select 1 from queue_counters c where c.queue_id = queues.id)
        and not exists (
            select 1 from queue_times t where t.queue_id = queues.id and t.span = ? and t.remaining is not null
                and t.begins_at > (select max(c.last_at) from queue_counters c where c.queue_id = queues.id)
        ) order by id limit {QUEUES_AT_A_TIME}"
    );
    Ok(tx.locate_all::<Load>(&condition, params![after, Span::Minute as i64])?)
}

/// Writes in the order in which units of work on items write, so that they do not wait for each other in a circle.
fn write(scope: &mut Scoped<'_, Tenant>, loads: &[Load], at: Timestamp) -> Result<(), Error> {
    for loads in pieces(loads) {
        let mut values = Vec::new();
        for load in loads {
            for span in Span::ALL {
                let row = [
                    load.id,
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

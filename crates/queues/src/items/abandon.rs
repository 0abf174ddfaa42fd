//! Transactions that nobody ended (reference: queues 7): after a day they count as abandoned, and are tried again where the queue says
//! so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tenant, Tx, entity, params};
use web::{App, Reconciler};

use super::model::{EventAction, Item, Status};
use super::retry::{self, By};
use super::transition::{self, Event};
use super::write::{Batch, Who, queues_of};
use crate::state::{Queues, Shared};
use crate::statistics::tally::Lane;

/// How long a transaction may be in progress.
pub const LONGEST: SignedDuration = SignedDuration::from_mins(1_440);
/// Time between two looks.
const EVERY: Duration = Duration::from_secs(3_600);
/// Items that one unit of work abandons.
const ITEMS_AT_A_TIME: usize = 200;

entity! {
    /// An item in progress.
    struct Running in Tenant, table "queue_items" {
        #[key] id: i64,
        started_at: i64,
    }
}

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "queue-abandoned",
        every: EVERY,
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look at all that is in progress.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let shared = app.state::<Queues>()?.shared.clone();
    let ctx = app.system();
    let before = ctx.now - LONGEST;
    // Items are met in the order of their start, each once: one that is not abandoned now is one for the next look.
    let mut after = (i64::MIN, 0);
    loop {
        let page = app.store().read(move |tx| overdue(tx, after, before)).await?;
        let Some((_, last)) = page.last() else { break };
        let full = page.len() == ITEMS_AT_A_TIME;
        after = (last.started_at, last.id);
        let mut by_tenant: BTreeMap<Tenant, Vec<i64>> = BTreeMap::new();
        for (tenant, item) in page {
            by_tenant.entry(tenant).or_default().push(item.id);
        }
        for (tenant, items) in by_tenant {
            let (shared, ctx) = (shared.clone(), ctx.clone());
            app.store()
                .write_locking(move |tx| abandon(&mut tx.scope(tenant), &shared, &ctx, &items, before))
                .await?;
        }
        if !full {
            break;
        }
    }
    Ok(None)
}

/// The next items that have been in progress for too long, by their start.
fn overdue(tx: &mut Tx, after: (i64, i64), before: Timestamp) -> Result<Vec<(Tenant, Running)>, Error> {
    let condition = format!(
        "status = 1 and started_at < ? and (started_at, id) > (?, ?) order by started_at, id limit {ITEMS_AT_A_TIME}"
    );
    Ok(tx.locate_all::<Running>(&condition, params![before, after.0, after.1])?)
}

/// Abandons those of some items that are still in progress since a time before `before`.
fn abandon(
    scope: &mut Scoped<'_, Tenant>,
    shared: &Shared,
    ctx: &Ctx,
    items: &[i64],
    before: Timestamp,
) -> Result<(), Error> {
    let found = scope.lock_many::<Item>(items)?;
    let queues = queues_of(scope, found.iter())?;
    let mut batch = Batch::new(scope, shared, Lane::Other, ctx.now)?;
    // The server itself does it.
    let who = Who::default();
    let (mut abandoned, mut retried) = (Vec::new(), Vec::new());
    for mut item in found {
        let overdue = item.status == Status::InProgress && item.started_at.is_some_and(|at| at < before);
        // Items of deleted queues are on their way out.
        let Some(queue) = queues.get(&item.queue_id).filter(|_| overdue) else {
            continue;
        };
        let retry = queue.retry_abandoned && item.retry_number < queue.max_retries;
        item.status = transition::next(item.status, item.review_status, Event::Abandon { retry })?;
        item.touched_at = batch.now;
        item.version += 1;
        let action = if retry { EventAction::Retry } else { EventAction::Status };
        if retry {
            item.unique_reference = None;
        }
        batch.record(&item, action, &who, None);
        batch
            .tally
            .moved(item.queue_id, Some(Status::InProgress), Some(item.status));
        if retry { &mut retried } else { &mut abandoned }.push(item);
    }
    let columns = ["status bigint", "touched_at bigint", "version bigint"];
    let rows: Vec<_> = abandoned
        .iter()
        .map(|item| (item.id, params![item.status, item.touched_at, item.version]))
        .collect();
    scope.update_many::<Item>(&columns, &rows)?;
    let columns = [
        "status bigint",
        "touched_at bigint",
        "version bigint",
        "unique_reference text",
    ];
    let rows: Vec<_> = retried
        .iter()
        .map(|item| {
            (
                item.id,
                params![item.status, item.touched_at, item.version, None::<String>],
            )
        })
        .collect();
    scope.update_many::<Item>(&columns, &rows)?;
    batch.announce("queueItem.transactionAbandoned", &abandoned, &who);
    let again: Vec<(&Item, &Who)> = retried.iter().map(|item| (item, &who)).collect();
    retry::add(scope, &mut batch, &queues, By::Itself, &again, ctx)?;
    batch.finish(scope, ctx)
}

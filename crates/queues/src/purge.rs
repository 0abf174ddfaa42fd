//! Deleted queues go for good, with everything in them, in the background.

use std::time::Duration;

use access::rows::integers;
use context::Error;
use store::{Scoped, Tenant, params};
use web::{App, Reconciler};

use crate::definitions::model::Queue;
use crate::items::model::Item;

/// Items that one unit of work removes. With what belongs to them it is some 1,000 rows: others wait until it is done.
pub(crate) const ITEMS_AT_A_TIME: usize = 100;
/// Units of work of one look; then the lease is claimed anew.
const MOST_UNITS: usize = 500;
/// What the feed tells when a queue was deleted. Other changes of queues are far too many to look at each.
pub(crate) const DELETED: &str = "deleted-queues";
/// Queues looked up at a time.
const QUEUES_AT_A_TIME: usize = 100;

pub(crate) fn reconciler() -> Reconciler {
    Reconciler {
        name: "queue-purge",
        every: Duration::from_secs(600),
        wakes_on: &[DELETED],
        run: std::sync::Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look at all queues that were deleted.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let mut units = 0;
    loop {
        let deleted = app
            .store()
            .read(|tx| {
                let mut deleted = Vec::new();
                for tenant in tx.each_scope::<Queue>("deleted_at is not null", params![])? {
                    let some = format!("deleted_at is not null order by deleted_at, id limit {QUEUES_AT_A_TIME}");
                    let queues = tx.scope(tenant).find::<Queue>(&some, params![])?;
                    deleted.extend(queues.into_iter().map(|queue| (tenant, queue.id)));
                }
                Ok::<_, Error>(deleted)
            })
            .await?;
        if deleted.is_empty() {
            return Ok(None);
        }
        for (tenant, queue) in deleted {
            let mut more = true;
            while more {
                more = app
                    .store()
                    .write_locking(move |tx| remove_some(&mut tx.scope(tenant), queue))
                    .await?;
                units += 1;
                if units >= MOST_UNITS {
                    return Ok(Some(Duration::ZERO));
                }
            }
        }
    }
}

/// Removes items of a deleted queue, or the queue itself when it has none any more. Says whether something is left.
fn remove_some(scope: &mut Scoped<'_, Tenant>, queue: i64) -> Result<bool, Error> {
    let some = format!(
        "select id from queue_items where {{scope}} and queue_id = ? order by id limit {ITEMS_AT_A_TIME} {{skip_locked}}"
    );
    let rows = scope.rows(&some, params![queue])?;
    let items: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?;
    if !items.is_empty() {
        remove_items(scope, &items)?;
        return Ok(true);
    }
    // The lock keeps those out who have not heard yet that the queue is deleted, and would add items.
    if scope.lock::<Queue>(queue)?.is_none() {
        return Ok(false);
    }
    if scope.exists::<Item>("queue_id = ?", params![queue])? {
        return Ok(true);
    }
    scope.delete::<Queue>(queue)?;
    Ok(false)
}

/// Removes items with all that belongs to them. The keys that their callers gave them go by themselves, a day after their use.
pub(crate) fn remove_items(scope: &mut Scoped<'_, Tenant>, items: &[i64]) -> Result<(), Error> {
    let ids = integers(items);
    // The plus keeps SQLite from looking at all rows of the tenant instead.
    for table in ["queue_item_events", "queue_item_comments"] {
        scope.execute(&format!("delete from {table} where {}", about(table, &ids)), params![])?;
    }
    scope.execute(
        &format!("delete from queue_item_data where +{{scope}} and item_id in ({ids})"),
        params![],
    )?;
    scope.execute(
        &format!("delete from queue_items where +{{scope}} and id in ({ids})"),
        params![],
    )?;
    Ok(())
}

/// The rows of a table that are about items which are still there, found by their index.
pub fn about(table: &str, ids: &str) -> String {
    format!(
        "+{{scope}} and id in (select n.id from queue_items i join {table} n on n.tenant_id = i.tenant_id and n.item_id = i.id
            where i.id in ({ids}))"
    )
}

//! Suspended jobs that wait for items of queues: they go on when the last attempt at the item has ended (reference: execution 5.9).

use std::sync::Arc;
use std::time::Duration;

use context::Error;
use execution::jobs::model::{Wait, WaitType};
use execution::jobs::waits;
use queues::items::model::Status;
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use web::{App, Reconciler};

/// Items that one unit of work handles.
const AT_A_TIME: usize = 200;
/// Longest pause between two looks.
const EVERY: Duration = Duration::from_secs(60);
/// Queues tell of their items once a second at most, so that the end of one may not be told of.
const AGAIN: Duration = Duration::from_secs(2);
const WAITING: &str = "type = 1 and status = 0";

pub(crate) fn reconciler() -> Reconciler {
    Reconciler {
        name: "item-waits",
        every: EVERY,
        wakes_on: &["queue-items"],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

async fn run(app: App) -> Result<Option<Duration>, Error> {
    let tenants = app
        .store()
        .read(|tx| Ok::<_, Error>(tx.each_scope::<Wait>(WAITING, params![])?))
        .await?;
    if tenants.is_empty() {
        return Ok(None);
    }
    for tenant in tenants {
        loop {
            let ctx = app.system();
            let handled = app
                .store()
                .write_locking(move |tx| {
                    let mut scope = tx.scope(tenant);
                    let ended = ended(&mut scope)?;
                    for item in &ended {
                        waits::happened(&mut scope, &ctx, WaitType::QueueItem, *item, None)?;
                    }
                    Ok::<_, Error>(ended.len())
                })
                .await?;
            if handled < AT_A_TIME {
                break;
            }
        }
    }
    Ok(Some(AGAIN))
}

/// The items that somebody waits for and that have ended: by the GUID of an attempt, or by that of all attempts.
fn ended(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<Uuid>, Error> {
    let sql = format!(
        "select w.item_key from job_waits w where w.{{scope}} and {WAITING} and (
            select l.status from queue_items l
            where +l.tenant_id = w.tenant_id and l.key = coalesce(
                (select i.key from queue_items i where +i.tenant_id = w.tenant_id and i.unique_key = w.item_key), w.item_key)
            order by l.id desc limit 1
        ) in (?, ?, ?, ?) order by w.id limit {AT_A_TIME}"
    );
    let ends = [Status::Failed, Status::Successful, Status::Abandoned, Status::Deleted];
    let ends = ends.map(|status| status as i64);
    let rows = scope.rows(&sql, params![ends[0], ends[1], ends[2], ends[3]])?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?)
}

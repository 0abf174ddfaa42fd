//! Alerts go after 30 days, and beyond 100,000 of a tenant the oldest before that.

use std::sync::Arc;
use std::time::Duration;

use access::rows::integers;
use context::Error;
use store::{Scoped, Tenant, params};
use web::{App, Reconciler};

use super::model::Alert;

/// Days that alerts are kept.
pub const DAYS: i64 = 30;
/// Alerts of a tenant, at most.
pub const MOST: i64 = 100_000;
/// Alerts removed by one unit of work.
const AT_A_TIME: usize = 500;

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "alerts-retention",
        every: Duration::from_secs(3_600),
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

async fn run(app: App) -> Result<Option<Duration>, Error> {
    let before = app.clock().now().as_microsecond() - DAYS * 86_400_000_000;
    let tenants = app
        .store()
        .read(|tx| tx.each_scope::<Alert>("", params![]))
        .await
        .map_err(Error::from)?;
    for tenant in tenants {
        // What is older than the newest that are kept goes whatever its age.
        let upto = app
            .store()
            .read(move |tx| {
                let sql = "select id from alerts where {scope} order by id desc limit 1 offset ?";
                let row = tx.scope(tenant).row(sql, params![MOST])?;
                Ok::<i64, Error>(row.map_or(Ok(0), |row| row.get(0))?)
            })
            .await?;
        loop {
            let removed = app
                .store()
                .write_locking(move |tx| remove(&mut tx.scope(tenant), before, upto))
                .await?;
            if removed < AT_A_TIME {
                break;
            }
        }
    }
    Ok(None)
}

fn remove(scope: &mut Scoped<'_, Tenant>, before: i64, upto: i64) -> Result<usize, Error> {
    let mut ids: Vec<i64> = Vec::new();
    for (condition, value) in [
        ("created_at < ? order by created_at, id", before),
        ("id <= ? order by id", upto),
    ] {
        let sql = format!("select id from alerts where {{scope}} and {condition} limit {AT_A_TIME}");
        for row in scope.rows(&sql, params![value])? {
            ids.push(row.get(0)?);
        }
        if !ids.is_empty() {
            break;
        }
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let list = integers(&ids);
    scope.execute(
        &format!("delete from alert_marks where {{scope}} and alert_id in ({list})"),
        params![],
    )?;
    scope.execute(
        &format!("delete from alerts where +{{scope}} and id in ({list})"),
        params![],
    )?;
    Ok(ids.len())
}

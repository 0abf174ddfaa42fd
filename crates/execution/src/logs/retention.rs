//! Log entries go when their time is over, or after their job did. Both happen piece by piece, so that nobody waits long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use access::rows::integers;
use context::Error;
use store::{Scoped, Tenant, Value, entity, params};
use web::{App, Reconciler};

use super::model::Removal;
use super::service::{REMOVED, count};
use super::state::Logs;

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(3_600);
/// Entries that one unit of work removes.
const AT_A_TIME: usize = 500;
/// Units of work of one look; then the lease is claimed anew.
const MOST_UNITS: usize = 2_000;
/// Jobs looked up at a time.
const JOBS_AT_A_TIME: usize = 50;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

entity! {
    /// The number of entries of a folder and level.
    struct Count in Tenant, table "log_counts" {
        #[key] folder_id: i64,
        level: i64,
        entries: i64,
    }
}

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "logs-retention",
        every: EVERY,
        wakes_on: &[REMOVED],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look: entries of jobs that are gone, then those that are too old.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let mut units = 0;
    loop {
        let find = format!("true order by id limit {JOBS_AT_A_TIME}");
        let gone = app
            .store()
            .read(move |tx| tx.locate_all::<Removal>(&find, params![]))
            .await;
        let gone = gone.map_err(Error::from)?;
        if gone.is_empty() {
            break;
        }
        for (tenant, removal) in gone {
            loop {
                let removal = removal.clone();
                let removed = app
                    .store()
                    .write_locking(move |tx| remove_of_job(&mut tx.scope(tenant), &removal))
                    .await?;
                units += 1;
                if units >= MOST_UNITS {
                    return Ok(Some(Duration::ZERO));
                }
                if removed < AT_A_TIME {
                    break;
                }
            }
        }
    }
    let days = i64::from(app.state::<Logs>()?.days);
    let before = app.clock().now().as_microsecond() - days * DAY;
    let places = app
        .store()
        .read(|tx| tx.locate_all::<Count>("entries > 0 order by folder_id, level", params![]))
        .await
        .map_err(Error::from)?;
    for (tenant, place) in places {
        loop {
            let place = place.clone();
            let removed = app
                .store()
                .write_locking(move |tx| remove_old(&mut tx.scope(tenant), &place, before))
                .await?;
            units += 1;
            if removed < AT_A_TIME {
                break;
            }
            if units >= MOST_UNITS {
                return Ok(Some(Duration::ZERO));
            }
        }
    }
    Ok(None)
}

/// Removes some entries of a job that is gone, and the note about it with the last of them. Says how many entries went.
fn remove_of_job(scope: &mut Scoped<'_, Tenant>, removal: &Removal) -> Result<usize, Error> {
    let removed = remove(scope, "job_key = ?", params![removal.job_key])?;
    if removed < AT_A_TIME {
        scope.delete::<Removal>(removal.id)?;
    }
    Ok(removed)
}

fn remove_old(scope: &mut Scoped<'_, Tenant>, place: &Count, before: i64) -> Result<usize, Error> {
    let values = params![place.folder_id, place.level, before];
    remove(scope, "folder_id = ? and level = ? and at < ? order by at, id", values)
}

/// Removes some of the entries that meet a condition, and takes them out of the numbers.
fn remove(scope: &mut Scoped<'_, Tenant>, condition: &str, mut values: Vec<Value>) -> Result<usize, Error> {
    let sql =
        format!("select id, folder_id, level from robot_logs where {{scope}} and {condition} limit ? {{for_update}}");
    values.push(Value::Int(AT_A_TIME as i64));
    let mut ids = Vec::with_capacity(AT_A_TIME);
    let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for row in scope.rows(&sql, values)? {
        ids.push(row.get(0)?);
        *counts.entry((row.get(1)?, row.get(2)?)).or_default() -= 1;
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let sql = format!("delete from robot_logs where +{{scope}} and id in ({})", integers(&ids));
    scope.execute(&sql, params![])?;
    count(scope, &counts)?;
    Ok(ids.len())
}

//! Jobs that were kept long enough go, by the settings of their process (reference: execution 4.3).
//!
//! Days are those of UTC. A job that ended on day D and is kept X days goes on day D + X + 1, in the first hour. Each process is looked
//! through once a day; `release_retention_days` says when that was done. A deleted process leaves its settings behind, and they go with
//! its last job.

use std::sync::Arc;
use std::time::Duration;

use access::rows::integers;
use context::{Ctx, Error};
use store::{Scoped, Tenant, Tx, params};
use web::{App, Reconciler};

use super::model::{Release, Remains, RetentionAction};
use super::state::{Belongings, Processes, Removed};
use crate::jobs::model::{Job, JobState};

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(3_600);
const DAY_MICROS: i64 = 86_400 * 1_000_000;
/// Processes looked up at a time.
const PROCESSES_AT_A_TIME: usize = 100;
/// Jobs that one unit of work removes, with all that belongs to them: others wait until it is done.
const JOBS_AT_A_TIME: usize = 100;

/// States of jobs that nobody works on and that may never end.
const STALE: [JobState; 3] = [JobState::Pending, JobState::Suspended, JobState::Resumed];

pub(crate) fn reconciler() -> Reconciler {
    Reconciler {
        name: "job-retention",
        every: EVERY,
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// How long the jobs of a process are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub release: i64,
    pub folder: i64,
    /// Days that jobs are kept which are over; `None`: without end.
    pub finished: Option<i32>,
    /// Days that jobs are kept which never end; `None`: without end.
    pub stale: Option<i32>,
    /// The process itself is deleted.
    pub is_gone: bool,
}

impl From<&Release> for Kept {
    fn from(release: &Release) -> Self {
        Self {
            release: release.id,
            folder: release.folder_id,
            finished: days(release.final_action, release.final_period),
            stale: days(release.stale_action, release.stale_period),
            is_gone: false,
        }
    }
}

impl From<&Remains> for Kept {
    fn from(remains: &Remains) -> Self {
        Self {
            release: remains.release_id,
            folder: remains.folder_id,
            finished: days(remains.final_action, remains.final_period),
            stale: days(remains.stale_action, remains.stale_period),
            is_gone: true,
        }
    }
}

fn days(action: RetentionAction, period: i32) -> Option<i32> {
    (action == RetentionAction::Delete).then_some(period)
}

/// One look: all that is due on this day.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let now = app.clock().now().as_microsecond();
    let midnight = now - now.rem_euclid(DAY_MICROS);
    let day = midnight / DAY_MICROS;
    let belongings = app.state::<Processes>()?.belongings();
    loop {
        let due = app.store().read(move |tx| due(tx, day)).await?;
        if due.is_empty() {
            break;
        }
        for (tenant, kept) in due {
            look_through(&app, tenant, kept, midnight, &belongings).await?;
            app.store()
                .write(move |tx| look_tomorrow(&mut tx.scope(tenant), kept, day))
                .await?;
        }
    }
    Ok(Some(Duration::from_micros(
        u64::try_from(midnight + DAY_MICROS - now).unwrap_or(0),
    )))
}

/// Some of the processes that were not looked through on a day, deleted ones among them.
fn due(tx: &mut Tx, day: i64) -> Result<Vec<(Tenant, Kept)>, Error> {
    let not_yet = |table: &str, key: &str| {
        format!(
            "not exists (select 1 from release_retention_days d where d.release_id = {table}.{key} and d.day >= ?)
            order by {key} limit {PROCESSES_AT_A_TIME}"
        )
    };
    let mut due = Vec::new();
    for tenant in tx.each_scope::<Release>("", params![])? {
        let found = tx
            .scope(tenant)
            .find::<Release>(&not_yet("releases", "id"), params![day])?;
        due.extend(found.iter().map(|release| (tenant, Kept::from(release))));
    }
    for tenant in tx.each_scope::<Remains>("", params![])? {
        let found = tx
            .scope(tenant)
            .find::<Remains>(&not_yet("release_remains", "release_id"), params![day])?;
        due.extend(found.iter().map(|remains| (tenant, Kept::from(remains))));
    }
    Ok(due)
}

/// Notes that the day's work is done. What is left of a deleted process goes when it has no jobs any more.
fn look_tomorrow(scope: &mut Scoped<'_, Tenant>, kept: Kept, day: i64) -> Result<(), Error> {
    if kept.is_gone && !scope.exists::<Job>("release_id = ?", params![kept.release])? {
        scope.delete::<Remains>(kept.release)?;
        scope.execute(
            "delete from release_retention_days where {scope} and release_id = ?",
            params![kept.release],
        )?;
        return Ok(());
    }
    let sql = "insert into release_retention_days ({scope_column}, release_id, day) values ({scope_value}, ?, ?)
        on conflict (release_id) do update set day = excluded.day where excluded.day > release_retention_days.day";
    scope.execute(sql, params![kept.release, day])?;
    Ok(())
}

/// Which jobs of a process go.
#[derive(Debug, Clone, Copy)]
enum Old {
    /// Ended before this moment, microseconds.
    Ended(i64),
    /// In this state, and nothing happened to them since this moment.
    Stale(JobState, i64),
}

async fn look_through(
    app: &App,
    tenant: Tenant,
    kept: Kept,
    midnight: i64,
    belongings: &[Arc<dyn Belongings>],
) -> Result<(), Error> {
    let before = |days: i32| midnight - i64::from(days) * DAY_MICROS;
    let mut kinds = Vec::new();
    kinds.extend(kept.finished.map(|days| Old::Ended(before(days))));
    kinds.extend(
        kept.stale
            .into_iter()
            .flat_map(|days| STALE.map(|state| Old::Stale(state, before(days)))),
    );
    for old in kinds {
        loop {
            let (ctx, belongings) = (app.system(), belongings.to_vec());
            let removed = app
                .store()
                .write_locking(move |tx| remove_some(&mut tx.scope(tenant), &ctx, kept, old, &belongings))
                .await?;
            if removed < JOBS_AT_A_TIME {
                break;
            }
        }
    }
    Ok(())
}

/// Removes some jobs that go, and says how many.
fn remove_some(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    kept: Kept,
    old: Old,
    belongings: &[Arc<dyn Belongings>],
) -> Result<usize, Error> {
    let (condition, values) = match old {
        Old::Ended(before) => (
            "release_id = ? and ended_at is not null and ended_at < ? order by ended_at",
            params![kept.release, before],
        ),
        // Two units of work that look at the same job lock it: a job that just started has another state then.
        Old::Stale(state, before) => (
            "folder_id = ? and state = ? and release_id = ? and ended_at is null
                and coalesce(resumed_at, started_at, created_at) < ? order by id",
            params![kept.folder, state, kept.release, before],
        ),
    };
    let sql =
        format!("select id, key from jobs where {{scope}} and {condition} limit {JOBS_AT_A_TIME} {{skip_locked}}");
    let rows = scope.rows(&sql, values)?;
    let jobs: Vec<Removed> = rows
        .iter()
        .map(|row| {
            Ok(Removed {
                id: row.get(0)?,
                key: row.get(1)?,
            })
        })
        .collect::<store::Result<_>>()?;
    remove_jobs(scope, ctx, &jobs, belongings)?;
    Ok(jobs.len())
}

/// Removes jobs with all that belongs to them. Nobody may work on them.
pub fn remove_jobs(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    jobs: &[Removed],
    belongings: &[Arc<dyn Belongings>],
) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    for owner in belongings {
        owner.remove(scope, ctx, jobs)?;
    }
    let ids: Vec<i64> = jobs.iter().map(|job| job.id).collect();
    // The plus keeps SQLite from looking at all rows of the tenant instead.
    let sql = format!("delete from jobs where +{{scope}} and id in ({})", integers(&ids));
    scope.execute(&sql, params![])?;
    scope.changed("jobs", "");
    Ok(())
}

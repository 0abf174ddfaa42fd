//! Jobs whose time has come: those that ran or waited for too long, those whose robot never came for them, and waits of suspended
//! jobs (reference: execution 5.6, 5.9, 6.3).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use context::{Ctx, Error};
use store::{Scoped, Tenant, Tx, params};
use web::{App, Reconciler};

use super::model::{Job, JobState, Lane, StopStrategy, Wait};
use super::start::moment;
use super::step::{By, seconds_since, step, unassign};
use super::transition::Event;
use super::{allocate, fleet, notices, waits};
use crate::sessions::model::{SILENCE_SECONDS, Session};

/// Time between two looks, where nothing is due earlier.
const EVERY: Duration = Duration::from_secs(60);
/// Rows that one unit of work handles.
const AT_A_TIME: usize = 200;

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "job-timers",
        every: EVERY,
        wakes_on: &["job-timers", "fleet", "folders"],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

async fn run(app: App) -> Result<Option<Duration>, Error> {
    let ctx = app.system();
    loop {
        let due = app
            .store()
            .read(move |tx| {
                let condition = format!("due_at is not null and due_at <= ? order by due_at, id limit {AT_A_TIME}");
                Ok::<_, Error>(tx.locate_all::<Job>(&condition, params![ctx.now])?)
            })
            .await?;
        let full = due.len() == AT_A_TIME;
        for (tenant, ids) in by_tenant(due.into_iter().map(|(tenant, job)| (tenant, job.id))) {
            let ctx = app.system();
            app.store()
                .write_locking(move |tx| {
                    let mut scope = tx.scope(tenant);
                    ids.iter().try_for_each(|id| act(&mut scope, &ctx, *id))
                })
                .await?;
        }
        if !full {
            break;
        }
    }
    let ctx = app.system();
    fire_timers(&app, &ctx).await?;
    take_back(&app, &ctx).await?;
    look_for_robots(&app, &ctx).await?;
    let next = app.store().read(next_due).await?;
    Ok(next.map(|at| Duration::from_micros((at - ctx.now.as_microsecond()).max(0).unsigned_abs())))
}

fn by_tenant(rows: impl Iterator<Item = (Tenant, i64)>) -> BTreeMap<Tenant, Vec<i64>> {
    let mut found: BTreeMap<Tenant, Vec<i64>> = BTreeMap::new();
    for (tenant, id) in rows {
        found.entry(tenant).or_default().push(id);
    }
    found
}

/// When something is due next, in microseconds.
fn next_due(tx: &mut Tx) -> Result<Option<i64>, Error> {
    let job = tx.locate_all::<Job>("due_at is not null order by due_at limit 1", params![])?;
    let wait = tx.locate_all::<Wait>("timer is not null and status = 0 order by timer limit 1", params![])?;
    let job = job.first().and_then(|(_, job)| job.due_at);
    let wait = wait.first().and_then(|(_, wait)| wait.timer);
    Ok([job, wait]
        .into_iter()
        .flatten()
        .min()
        .map(jiff::Timestamp::as_microsecond))
}

/// Does what is due of a job, and says when to look at it again.
fn act(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let Some(mut job) = scope.lock::<Job>(id)? else {
        return Ok(());
    };
    if job.due_at.is_none_or(|at| at > ctx.now) {
        return Ok(());
    }
    let by = |info: &str| By {
        user: None,
        info: Some(info.to_owned()),
    };
    match job.state {
        JobState::Stopping => {
            return step(
                scope,
                ctx,
                &mut job,
                Event::Kill,
                &by("It did not stop in time and is killed."),
            );
        }
        JobState::Terminating => {
            return step(
                scope,
                ctx,
                &mut job,
                Event::Expire,
                &by("Nothing was heard of its end after it was killed."),
            );
        }
        JobState::Running => {
            let since = job.resumed_at.or(job.started_at).unwrap_or(ctx.now);
            let ran = seconds_since(since, ctx.now);
            if job.alert_running_after.is_some_and(|seconds| ran >= seconds) {
                notices::runs_long(scope, ctx, &job)?;
                job.alert_running_after = None;
            }
            if job.stop_after.is_some_and(|seconds| ran >= seconds) {
                job.stop_after = None;
                let event = match job.stop_by {
                    StopStrategy::SoftStop => Event::Stop,
                    StopStrategy::Kill => Event::Kill,
                };
                return step(
                    scope,
                    ctx,
                    &mut job,
                    event,
                    &by("It ran for as long as it may and is stopped."),
                );
            }
            job.due_at = [job.stop_after, job.alert_running_after]
                .into_iter()
                .flatten()
                .map(|seconds| moment(since, seconds))
                .min();
        }
        JobState::Pending | JobState::Resumed => {
            notices::waits_long(scope, ctx, &job)?;
            job.due_at = None;
        }
        JobState::Faulted | JobState::Successful | JobState::Stopped | JobState::Suspended => job.due_at = None,
    }
    scope.update(&job)?;
    Ok(())
}

async fn fire_timers(app: &App, ctx: &Ctx) -> Result<(), Error> {
    let now = ctx.now;
    let tenants = app
        .store()
        .read(move |tx| {
            let condition = "timer is not null and status = 0 and timer <= ?";
            Ok::<_, Error>(tx.each_scope::<Wait>(condition, params![now])?)
        })
        .await?;
    for tenant in tenants {
        loop {
            let ctx = ctx.clone();
            let fired = app
                .store()
                .write_locking(move |tx| waits::fire_due(&mut tx.scope(tenant), &ctx, AT_A_TIME as i64))
                .await?;
            if fired < AT_A_TIME {
                break;
            }
        }
    }
    Ok(())
}

/// Jobs that were assigned to a robot which then fell silent wait for another.
async fn take_back(app: &App, ctx: &Ctx) -> Result<(), Error> {
    let before = ctx.now.as_microsecond() - SILENCE_SECONDS * 1_000_000;
    let held = app
        .store()
        .read(move |tx| {
            let condition = format!(
                "session_id is not null and accepted = ? and assigned_at < ? and session_id in
                    (select s.id from robot_sessions s where s.reported_at < ? or s.connected = ?) order by id limit {AT_A_TIME}"
            );
            Ok::<_, Error>(tx.locate_all::<Job>(&condition, params![false, before, before, false])?)
        })
        .await?;
    for (tenant, ids) in by_tenant(held.into_iter().map(|(tenant, job)| (tenant, job.id))) {
        app.store()
            .write_locking(move |tx| {
                let mut scope = tx.scope(tenant);
                for id in &ids {
                    let Some(mut job) = scope.lock::<Job>(*id)?.filter(|job| !job.accepted) else {
                        continue;
                    };
                    let silent = match job.session_id {
                        Some(session) => scope
                            .get::<Session>(session)?
                            .is_none_or(|session| !session.connected || session.reported_at.as_microsecond() < before),
                        None => false,
                    };
                    if silent {
                        unassign(&mut scope, &mut job)?;
                    }
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(())
}

/// What waits although a robot is free: nothing should, but a change of folders, machines or robots may have made it possible.
async fn look_for_robots(app: &App, ctx: &Ctx) -> Result<(), Error> {
    let tenants = app
        .store()
        .read(move |tx| Ok::<_, Error>(tx.each_scope::<Job>("waiting_rank is not null", params![])?))
        .await?;
    for tenant in tenants {
        let ctx = ctx.clone();
        app.store()
            .write_locking(move |tx| {
                let mut scope = tx.scope(tenant);
                let waiting =
                    "exists (select 1 from jobs j where j.lane_id = job_lanes.id and j.waiting_rank is not null)
                    order by folder_id, id limit 1000";
                let mut lanes: BTreeMap<i64, Vec<Lane>> = BTreeMap::new();
                for lane in scope.find::<Lane>(waiting, params![])? {
                    lanes.entry(lane.folder_id).or_default().push(lane);
                }
                for (folder, lanes) in lanes {
                    let Some(folder) = scope.get(folder)? else { continue };
                    let machines = fleet::machines_of(&mut scope, &folder)?;
                    allocate::for_lanes(&mut scope, &ctx, &machines, &lanes)?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(())
}

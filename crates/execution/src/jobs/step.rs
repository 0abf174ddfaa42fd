//! Takes a job a step on: its new state with all that follows from it.

use blobs::garbage;
use context::{Ctx, Error};
use jiff::Timestamp;
use store::{Scoped, Tenant, params};

use super::lane::{self, Need};
use super::model::{Job, JobEvent, JobState, JobToken, Lane, StopStrategy, Wait};
use super::start::moment;
use super::transition::{self, Event};
use super::{allocate, events, fleet, notices, waits};
use crate::sessions::model::Session;
use crate::statistics::tally::{self, Delta};

/// A killed job whose end nobody reports for this long is given up, in minutes (`Jobs.TerminatingJobsTimeout`).
pub const TERMINATING_MINUTES: i64 = 1_440;

/// A timer that runs out within this wakes who looks after timers.
const SOON_SECONDS: i64 = 60;

/// What the change feed tells when a job ends that a time or queue trigger started, with the id of the trigger.
pub const SCHEDULE_JOBS: &str = "schedule-jobs";
/// What it tells when a job ends that an API trigger started, with the key of the job.
pub const TRIGGER_JOBS: &str = "trigger-jobs";

/// Who causes a step, and what is said about it.
#[derive(Debug, Clone, Default)]
pub struct By {
    /// The tenant user; `None`: a robot or the server itself.
    pub user: Option<i64>,
    pub info: Option<String>,
}

/// Takes a job a step on and stores it. A slot that becomes free is given to the next job, and those that waited for the job's end are told.
///
/// # Errors
/// 409 where [`transition::next`] refuses.
pub fn step(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &mut Job, event: Event, by: &By) -> Result<(), Error> {
    let before = job.state;
    let after = transition::next(before, event)?;
    if after == before {
        return Ok(());
    }
    job.state = after;
    let freed = change(scope, ctx, job, before)?;
    if let Some(info) = &by.info {
        job.info = Some(info.clone());
    }
    scope.update(job)?;
    tally::count(scope, &[delta(job, before)], ctx.now)?;
    if after == JobState::Faulted {
        notices::faulted(scope, ctx, job)?;
    }
    scope.insert(&JobEvent {
        id: 0,
        job_id: job.id,
        state: after,
        happened_at: ctx.now,
        user_id: by.user,
        info: by.info.clone(),
    })?;
    events::moved(scope, ctx, job, by.user)?;
    scope.changed("jobs", job.key);
    scope.changed("folder-jobs", job.folder_id);
    if job
        .due_at
        .is_some_and(|at| at.as_second() - ctx.now.as_second() < SOON_SECONDS)
    {
        scope.changed("job-timers", "");
    }
    if let Some(session) = freed {
        scope.update_where::<Session>("used = used - 1", "id = ? and used > 0", params![session])?;
        allocate::for_session(scope, ctx, session)?;
        scope.changed("sessions", session);
    }
    if after.is_final() {
        waits::job_ended(scope, ctx, job)?;
        // Triggers listen to the ends of their jobs.
        if let Some(schedule) = job.schedule_id {
            scope.changed(SCHEDULE_JOBS, schedule);
        }
        if job.trigger_key.is_some() {
            scope.changed(TRIGGER_JOBS, job.key);
        }
    }
    if after == JobState::Resumed {
        wait_for_robot(scope, ctx, job)?;
    }
    Ok(())
}

/// The step as the numbers count it.
fn delta(job: &Job, before: JobState) -> Delta {
    let micros = match (job.started_at, job.ended_at) {
        (Some(started), Some(ended)) => ended.as_microsecond() - started.as_microsecond(),
        _ => 0,
    };
    Delta {
        folder: job.folder_id,
        release: job.release_id,
        machine: job.machine_id,
        from: Some(before),
        to: Some(job.state),
        micros,
    }
}

/// The members that follow from a new state. The answer is the session that has a slot more now.
fn change(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &mut Job, before: JobState) -> Result<Option<i64>, Error> {
    match job.state {
        JobState::Running => {
            job.accepted = true;
            job.log_count = 0;
            if before == JobState::Resumed {
                job.resumed_at = Some(ctx.now);
                job.resume_version += 1;
                job.persistence_id = None;
            }
            job.started_at = job.started_at.or(Some(ctx.now));
            let since = job.resumed_at.or(job.started_at).unwrap_or(ctx.now);
            job.due_at = [job.stop_after, job.alert_running_after]
                .into_iter()
                .flatten()
                .map(|seconds| moment(since, seconds))
                .min();
        }
        JobState::Stopping | JobState::Terminating => {
            let killed = job.state == JobState::Terminating;
            job.stop_strategy = Some(if killed {
                StopStrategy::Kill
            } else {
                StopStrategy::SoftStop
            });
            job.stop_requested_at = Some(ctx.now);
            job.due_at = if killed {
                Some(moment(ctx.now, TERMINATING_MINUTES * 60))
            } else {
                job.kill_after.map(|seconds| moment(ctx.now, seconds))
            };
            if let Some(session) = job.session_id {
                scope.changed("sessions", session);
            }
        }
        JobState::Suspended => {
            job.due_at = None;
            scope.delete_where::<JobToken>("job_id = ?", params![job.id])?;
            return Ok(leave(job));
        }
        JobState::Resumed => {
            job.lane_id = lane_to_resume(scope, job)?;
            job.waiting_rank = Some(i64::from(job.priority));
            job.due_at = job.alert_pending_after.map(|seconds| moment(ctx.now, seconds));
            scope.delete_where::<Wait>("job_id = ? and status = 0", params![job.id])?;
        }
        JobState::Faulted | JobState::Successful | JobState::Stopped => {
            job.ended_at = Some(ctx.now);
            job.due_at = None;
            job.waiting_rank = None;
            job.persistence_id = None;
            if let Some(blob) = job.state_blob.take() {
                garbage::release(scope.tx(), &blob, ctx.now)?;
            }
            scope.delete_where::<JobToken>("job_id = ?", params![job.id])?;
            if before == JobState::Suspended || job.resume_version > 0 {
                scope.delete_where::<Wait>("job_id = ?", params![job.id])?;
            }
            return Ok(leave(job));
        }
        JobState::Pending => {}
    }
    Ok(None)
}

/// Takes a job out of its session. Where it ran stays known.
fn leave(job: &mut Job) -> Option<i64> {
    job.accepted = false;
    job.session_id.take()
}

/// The lane in which a resumed job waits: where it must go on in the same place, one of its own.
fn lane_to_resume(scope: &mut Scoped<'_, Tenant>, job: &Job) -> Result<i64, Error> {
    let Some(lane) = scope.get::<Lane>(job.lane_id)?.filter(|_| job.same_context) else {
        return Ok(job.lane_id);
    };
    let host = job.host_name.as_deref().map(store::fold);
    let sessions = scope.find::<Session>(
        "machine_id = ? and host_name_folded = ? order by id",
        params![job.machine_id, host],
    )?;
    let need = Need {
        machine: job.machine_id,
        robot: job.robot_id,
        sessions: sessions.into_iter().map(|session| session.id).collect(),
        ..Need::from(lane)
    };
    Ok(lane::of(scope, &need)?.id)
}

/// Looks for a robot for a job that waits.
pub fn wait_for_robot(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<(), Error> {
    let Some(folder) = scope.get(job.folder_id)? else {
        return Ok(());
    };
    let Some(lane) = scope.get::<Lane>(job.lane_id)? else {
        return Ok(());
    };
    let machines = fleet::machines_of(scope, &folder)?;
    allocate::for_lanes(scope, ctx, &machines, &[lane])
}

/// Takes back a job that was assigned and not accepted: it waits again, for anybody. Its session's slot is free.
pub fn unassign(scope: &mut Scoped<'_, Tenant>, job: &mut Job) -> Result<(), Error> {
    let Some(session) = job.session_id.take() else {
        return Ok(());
    };
    job.waiting_rank = Some(i64::from(job.priority));
    scope.update(job)?;
    scope.update_where::<Session>("used = used - 1", "id = ? and used > 0", params![session])?;
    scope.changed("sessions", session);
    Ok(())
}

/// How long a job has been in what it does now, from a moment on.
pub fn seconds_since(from: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - from.as_second()
}

//! Starting jobs when a trigger is due (reference: execution 8.3, queues 9).
//!
//! A trigger is one row. The unit of work that starts its jobs holds that row, sees that it is still due, and moves it on: so each
//! due time starts jobs once, however many nodes look. What was due while no server ran is not made up for.

use context::{Ctx, Error, Kind};
use execution::jobs::model::SourceType;
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{Reason, Schedule};
use super::service::{cron_of, plan, switch_off, when_due};
use super::{TOPIC, history};
use crate::launch::{self, Start, Target};
use crate::policy::{JobsCount, Policy};
use crate::{calendars, codes as own, input, jobs, zones};

/// So much later a firing is late, but not missed.
const LATE: SignedDuration = SignedDuration::from_secs(60);
/// Between two looks at a queue whose items nobody told of (`Queue.ProcessActivationSchedule`).
const CHECK: SignedDuration = SignedDuration::from_mins(30);

/// What became of an attempt to start jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Launched {
    /// So many jobs of so many wanted.
    Jobs(i64, i64),
    Failed(Reason, String),
}

/// Looks at one trigger: does what is due and says when it is due again. `queue`: its items changed, or one of its jobs ended.
pub fn look(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, queue: bool) -> Result<(), Error> {
    let Some(mut schedule) = scope.lock::<Schedule>(id)? else {
        return Ok(());
    };
    let due = schedule.due_at.is_some_and(|at| at <= ctx.now);
    if !schedule.enabled || !(due || queue) {
        return Ok(());
    }
    if !is_active(scope)? {
        // Nothing starts in a tenant that is switched off, and nothing is made up for when it is on again.
        plan(&mut schedule, ctx.now);
        schedule.check_at = schedule.check_at.and_then(|_| ctx.now.checked_add(CHECK).ok());
    } else if schedule.stop_at.is_some_and(|at| at <= ctx.now) {
        switch_off(scope, ctx, &mut schedule, None)?;
    } else if !judge_jobs(scope, ctx, &mut schedule)? {
        if schedule.is_of_queue() {
            if queue || schedule.check_at.is_some_and(|at| at <= ctx.now) {
                by_queue(scope, ctx, &mut schedule)?;
                schedule.check_at = ctx.now.checked_add(CHECK).ok();
            }
        } else if let Some(at) = schedule.next_at.filter(|at| *at <= ctx.now) {
            by_time(scope, ctx, &mut schedule, at)?;
            let next = next_after(&schedule, ctx.now);
            schedule.next_at = next;
        }
    }
    when_due(&mut schedule);
    scope.update(&schedule)?;
    scope.changed(TOPIC, id);
    Ok(())
}

/// Whether the tenant is switched on.
fn is_active(scope: &mut Scoped<'_, Tenant>) -> Result<bool, Error> {
    let id = scope.scope().0;
    let found = scope
        .tx()
        .locate::<access::tenants::model::Tenant>("id = ?", params![id])?;
    Ok(found.is_some_and(|(_, tenant)| tenant.active))
}

/// When a time trigger fires next.
fn next_after(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    if !schedule.enabled {
        return None;
    }
    let zone = zones::find(&schedule.time_zone)?;
    let next = cron_of(schedule)?.next(now, &zone.zone)?;
    Some(next).filter(|next| schedule.stop_at.is_none_or(|stop| *next < stop))
}

/// Moves a trigger on that could not be looked at.
pub fn give_up(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, error: &Error) -> Result<(), Error> {
    let Some(mut schedule) = scope.lock::<Schedule>(id)? else {
        return Ok(());
    };
    tracing::warn!(trigger = %schedule.key, %error, "a trigger could not be looked at");
    failed(
        scope,
        ctx,
        &mut schedule,
        Reason::TriggerError,
        "An error occurred in the server.",
    )?;
    if schedule.enabled {
        plan(&mut schedule, ctx.now);
        if schedule.is_of_queue() {
            schedule.check_at = ctx.now.checked_add(CHECK).ok();
            when_due(&mut schedule);
        }
    }
    scope.update(&schedule)?;
    Ok(())
}

/// A person starts the jobs of a queue trigger now (operation `Activate`).
///
/// # Errors
/// 409 when it is no queue trigger, when it is switched off, or when no job could be started.
pub fn activate(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, mut schedule: Schedule) -> Result<(), Error> {
    if !schedule.is_of_queue() {
        return Err(Error::conflict(
            own::SCHEDULE_NOT_ASSOCIATED_WITH_A_QUEUE,
            "The trigger is not associated with a queue.",
        ));
    }
    if !schedule.enabled {
        return Err(Error::conflict(
            own::SCHEDULE_IS_NOT_ENABLED,
            "The trigger is not enabled.",
        ));
    }
    let wanted = wanted_by_queue(scope, ctx, &schedule)?;
    if wanted > 0
        && let Launched::Failed(_, why) = launch(scope, ctx, &schedule, wanted, true)?
    {
        return Err(Error::conflict(own::SCHEDULE_JOBS_NOT_CREATED, why));
    }
    if wanted > 0 {
        succeeded(&mut schedule, ctx.now);
    }
    schedule.check_at = ctx.now.checked_add(CHECK).ok();
    when_due(&mut schedule);
    scope.update(&schedule)?;
    scope.changed(TOPIC, schedule.id);
    Ok(())
}

/// Switches a trigger off whose last jobs all faulted, after the time of grace. Says whether it did.
fn judge_jobs(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &mut Schedule) -> Result<bool, Error> {
    let threshold = schedule.failures_threshold.unwrap_or(0);
    if threshold <= 0 || !jobs::all_faulted(scope, schedule.id, threshold, schedule.enabled_at)? {
        schedule.faulted_at = None;
        return Ok(false);
    }
    let since = *schedule.faulted_at.get_or_insert(ctx.now);
    let grace = SignedDuration::from_hours(i64::from(schedule.grace_hours.unwrap_or(0)));
    if since.checked_add(grace).is_ok_and(|end| end > ctx.now) {
        return Ok(false);
    }
    let why = format!("The last {threshold} jobs of the trigger faulted.");
    switch_off(scope, ctx, schedule, Some((Reason::DisabledJobFailures, why)))?;
    Ok(true)
}

fn by_time(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &mut Schedule, at: Timestamp) -> Result<(), Error> {
    if ctx.now.duration_since(at) > LATE {
        let why = format!("The firing of {at} was missed and is not made up for.");
        return history::write(scope, ctx, schedule, Reason::Misfired, &why);
    }
    if is_day_off(scope, schedule, at)? {
        return Ok(());
    }
    let launched = launch(scope, ctx, schedule, jobs_of_firing(schedule), false)?;
    conclude(scope, ctx, schedule, launched)
}

/// Jobs of one firing of a time trigger.
fn jobs_of_firing(schedule: &Schedule) -> i64 {
    if schedule.start_strategy == 0 && !schedule.executor_robots.0.is_empty() {
        return schedule.executor_robots.0.len() as i64;
    }
    i64::from(schedule.start_strategy.max(1)) * places_of(schedule).len() as i64
}

/// A person starts the jobs of a time trigger now, switched on or not. Its firings are what they were. Says how many there are.
///
/// # Errors
/// 409 when no job could be started.
pub fn start_now(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &Schedule) -> Result<i64, Error> {
    match launch(scope, ctx, schedule, jobs_of_firing(schedule), false)? {
        Launched::Jobs(started, _) => Ok(started),
        Launched::Failed(_, why) => Err(Error::conflict(own::SCHEDULE_JOBS_NOT_CREATED, why)),
    }
}

fn by_queue(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &mut Schedule) -> Result<(), Error> {
    if is_day_off(scope, schedule, ctx.now)? {
        return Ok(());
    }
    let wanted = wanted_by_queue(scope, ctx, schedule)?;
    if wanted <= 0 {
        return Ok(());
    }
    let launched = launch(scope, ctx, schedule, wanted, true)?;
    conclude(scope, ctx, schedule, launched)
}

/// How many jobs the items of the queue call for (reference: queues 9).
fn wanted_by_queue(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &Schedule) -> Result<i64, Error> {
    let Some(queue) = schedule.queue_id else {
        return Ok(0);
    };
    let rule = Rule {
        threshold: schedule.items_threshold.unwrap_or(1),
        per_job: schedule.items_per_job.unwrap_or(1),
        most: i64::from(schedule.max_jobs.unwrap_or(1)),
    };
    let open = jobs::open_of_schedule(scope, schedule.id)?;
    if open >= rule.most {
        return Ok(0);
    }
    let items = queues::items::waiting::count(scope, queue, ctx.now, rule.enough())?;
    Ok(rule.jobs(items, open))
}

/// When a queue calls for jobs.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// New items that call for the first job.
    threshold: i64,
    /// Further items for each further job.
    per_job: i64,
    /// Jobs that wait or run at most.
    most: i64,
}

impl Rule {
    /// So many items call for all jobs there can be; more need not be counted.
    fn enough(self) -> i64 {
        self.threshold + self.per_job.saturating_mul(self.most - 1).max(0)
    }

    /// The jobs that so many new items call for, besides those that wait or run already.
    fn jobs(self, items: i64, open: i64) -> i64 {
        if items < self.threshold || open >= self.most {
            return 0;
        }
        let target = 1 + (items - self.threshold) / self.per_job.max(1);
        (target.min(self.most) - open).max(0)
    }
}

/// Whether the day of a moment, where the trigger is, is a day of its calendar.
fn is_day_off(scope: &mut Scoped<'_, Tenant>, schedule: &Schedule, at: Timestamp) -> Result<bool, Error> {
    let (Some(calendar), Some(zone)) = (schedule.calendar_id, zones::find(&schedule.time_zone)) else {
        return Ok(false);
    };
    calendars::service::excludes(scope, calendar, zone.zone.to_datetime(at).date())
}

/// Where the jobs of a trigger run: each of these, or anywhere.
fn places_of(schedule: &Schedule) -> Vec<Target> {
    let targets = &schedule.machine_robots.0;
    if !targets.is_empty() {
        return targets.clone();
    }
    if schedule.start_strategy == 0 {
        let robots = schedule.executor_robots.0.iter().filter_map(|robot| robot.id);
        let robots: Vec<Target> = robots
            .map(|id| Target {
                robot_id: Some(id),
                ..Target::default()
            })
            .collect();
        if !robots.is_empty() {
            return robots;
        }
    }
    vec![Target::default()]
}

/// Starts jobs, all or those that may be started beside what still waits. A refusal undoes what was begun and nothing else.
fn launch(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &Schedule,
    wanted: i64,
    of_queue: bool,
) -> Result<Launched, Error> {
    let allowed = if of_queue {
        wanted
    } else {
        allowed(scope, schedule, wanted)?
    };
    if allowed <= 0 {
        return Ok(Launched::Failed(
            Reason::PendingJobs,
            "Jobs of this trigger or process are still pending, so none were created.".to_owned(),
        ));
    }
    let tenant = scope.scope();
    let outcome = scope.tx().attempt(|tx| {
        let mut scope = tx.scope(tenant);
        let places = places_of(schedule);
        let batch = ctx.id();
        let mut left = allowed;
        for (at, place) in places.iter().enumerate() {
            // As even as it gets: the first places get the odd ones.
            let others = (places.len() - at) as i64;
            let share = (left + others - 1) / others;
            if share > 0 {
                let start = start_of(schedule, place, share, batch, of_queue);
                launch::start(&mut scope, ctx, &start)?;
                left -= share;
            }
        }
        Ok::<_, Error>(())
    });
    match outcome {
        Ok(()) => Ok(Launched::Jobs(allowed, wanted)),
        Err(error) if error.kind == Kind::Internal => Err(error),
        Err(error) => {
            let reason = match error.code {
                own::UNREGISTERED_CANNOT_START_JOBS => Reason::LicenseMissing,
                own::LICENSE_EXPIRED_CANNOT_START_JOBS => Reason::LicenseExpired,
                own::PENDING_JOBS_ALREADY_EXIST => Reason::PendingJobs,
                _ => Reason::TriggerError,
            };
            Ok(Launched::Failed(reason, error.message))
        }
    }
}

/// How many of the wanted jobs may be started (reference: execution 8.3, rule 4).
fn allowed(scope: &mut Scoped<'_, Tenant>, schedule: &Schedule, wanted: i64) -> Result<i64, Error> {
    let pending = match Policy::of(scope)?.jobs_count {
        JobsCount::NoLimit => 0,
        JobsCount::PerTrigger => jobs::pending_of_schedule(scope, schedule.id)?,
        JobsCount::PerProcess => jobs::pending_of_release(scope, schedule.release_id)?,
    };
    Ok((wanted - pending).max(0))
}

fn start_of(schedule: &Schedule, place: &Target, count: i64, batch: Uuid, of_queue: bool) -> Start {
    Start {
        release: schedule.release_id,
        count,
        batch,
        priority: schedule.priority,
        runtime: schedule.runtime_type,
        target: place.clone(),
        entry_point: schedule.entry_point.clone(),
        input: schedule.input.clone(),
        input_file: schedule.input_file,
        source_type: if of_queue {
            SourceType::Queue
        } else {
            SourceType::Schedule
        },
        source: schedule.name.clone(),
        schedule: Some(schedule.id),
        trigger: None,
        parent: None,
        stop_after: input::seconds(schedule.stop_after.as_ref()),
        stop_by: schedule.stop_by,
        kill_after: input::seconds(schedule.kill_after.as_ref()),
        alert_pending_after: input::seconds(schedule.alert_pending_after.as_ref()),
        alert_running_after: input::seconds(schedule.alert_running_after.as_ref()),
        same_context: schedule.same_context,
        run_as: schedule.run_as,
        requires_user_interaction: None,
        target_framework: None,
        remote_control: None,
    }
}

fn conclude(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &mut Schedule,
    launched: Launched,
) -> Result<(), Error> {
    match launched {
        Launched::Failed(reason, why) => failed(scope, ctx, schedule, reason, &why),
        Launched::Jobs(started, wanted) => {
            succeeded(schedule, ctx.now);
            if started < wanted {
                let why = format!("{started} of {wanted} jobs were created: others are still pending.");
                history::write(scope, ctx, schedule, Reason::PartiallyCreatedJobs, &why)?;
            }
            Ok(())
        }
    }
}

fn succeeded(schedule: &mut Schedule, now: Timestamp) {
    schedule.failed_launches = 0;
    schedule.failing_since = None;
    schedule.launched_at = Some(now);
}

/// Counts a launch that failed, and switches the trigger off when it is enough (reference: execution 8.3, rule 7).
fn failed(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &mut Schedule,
    reason: Reason,
    why: &str,
) -> Result<(), Error> {
    history::write(scope, ctx, schedule, reason, why)?;
    schedule.failed_launches += 1;
    let since = *schedule.failing_since.get_or_insert(ctx.now);
    let policy = Policy::of(scope)?;
    let long = SignedDuration::from_hours(policy.failing_days.saturating_mul(24));
    let enough = policy.failed_launches > 0
        && schedule.failed_launches >= policy.failed_launches
        && ctx.now.duration_since(since) >= long;
    if enough {
        let why = format!(
            "{} launches failed in a row, for {} day(s) or more.",
            schedule.failed_launches, policy.failing_days
        );
        switch_off(scope, ctx, schedule, Some((Reason::DisabledConsecutiveFailures, why)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_call_for_jobs_as_in_the_worked_example() {
        let rule = Rule {
            threshold: 5,
            per_job: 10,
            most: 3,
        };
        for (items, open, jobs) in [
            (4, 0, 0),
            (5, 0, 1),
            (15, 0, 2),
            (25, 0, 3),
            (500, 0, 3),
            (25, 2, 1),
            (25, 3, 0),
            (5, 1, 0),
        ] {
            assert_eq!(rule.jobs(items, open), jobs, "{items} items, {open} jobs");
        }
        assert_eq!(rule.enough(), 25);
    }
}

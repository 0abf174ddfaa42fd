//! What triggers ask about the jobs they started.

use context::Error;
use execution::jobs::model::{Job, JobState};
use jiff::Timestamp;
use store::{Scoped, Tenant, params};
use uuid::Uuid;

/// Jobs of a process that wait for their first robot.
pub fn pending_of_release(scope: &mut Scoped<'_, Tenant>, release: i64) -> Result<i64, Error> {
    let pending = "release_id = ? and state = ? and ended_at is null";
    Ok(scope.count::<Job>(pending, params![release, JobState::Pending])?)
}

/// Jobs of a time or queue trigger that wait for their first robot.
pub fn pending_of_schedule(scope: &mut Scoped<'_, Tenant>, schedule: i64) -> Result<i64, Error> {
    let pending = "schedule_id = ? and state = ? and ended_at is null";
    Ok(scope.count::<Job>(pending, params![schedule, JobState::Pending])?)
}

/// Jobs of a trigger that wait or run; suspended ones do neither.
pub fn open_of_schedule(scope: &mut Scoped<'_, Tenant>, schedule: i64) -> Result<i64, Error> {
    let open = "schedule_id = ? and ended_at is null and state <> ?";
    Ok(scope.count::<Job>(open, params![schedule, JobState::Suspended])?)
}

/// Whether the last `number` finished jobs of a trigger are all faulted, of those that were started since `since`.
pub fn all_faulted(
    scope: &mut Scoped<'_, Tenant>,
    schedule: i64,
    number: i32,
    since: Timestamp,
) -> Result<bool, Error> {
    let last = "schedule_id = ? and ended_at is not null and created_at >= ? order by id desc limit ?";
    let jobs = scope.find::<Job>(last, params![schedule, since, i64::from(number)])?;
    Ok(number > 0 && jobs.len() as i64 == i64::from(number) && jobs.iter().all(|job| job.state == JobState::Faulted))
}

/// The same of an API trigger.
pub fn all_faulted_of_trigger(
    scope: &mut Scoped<'_, Tenant>,
    trigger: Uuid,
    number: i32,
    since: Timestamp,
) -> Result<bool, Error> {
    let last = "trigger_key = ? and ended_at is not null and created_at >= ? order by id desc limit ?";
    let jobs = scope.find::<Job>(last, params![trigger, since, i64::from(number)])?;
    Ok(number > 0 && jobs.len() as i64 == i64::from(number) && jobs.iter().all(|job| job.state == JobState::Faulted))
}

/// The job with this key.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<Job>, Error> {
    Ok(scope.find_one::<Job>("key = ?", params![key])?)
}

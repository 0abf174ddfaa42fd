//! What people and programs do with jobs (reference: execution 5.5, 5.7).

use access::audit::{self, Action, Component, Entry};
use context::{Ctx, Error, codes};
use serde_json::json;
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::lane::Need;
use super::model::{Job, JobState, Lane, StopStrategy};
use super::start::{Source, Start, Target, start};
use super::step::{By, step};
use super::transition::Event;

/// Jobs of one call, at most.
pub const MOST: usize = 1_000;

/// The refusal of a job that is not there.
pub fn no_such_job(id: impl std::fmt::Display) -> Error {
    Error::not_found("Job", id)
}

/// A job of a folder, locked.
pub fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<Job, Error> {
    let job = scope.lock::<Job>(id)?.filter(|job| job.folder_id == folder);
    job.ok_or_else(|| no_such_job(id))
}

/// A job of a folder by its key, locked.
pub fn find_by_key(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid) -> Result<Job, Error> {
    let id = scope
        .find_one::<Job>("key = ? and folder_id = ?", params![key, folder])?
        .ok_or_else(|| no_such_job(key))?
        .id;
    find(scope, folder, id)
}

/// Lets a job come to an end, or ends it at once. One that nobody runs is stopped directly.
pub fn stop(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &mut Job, strategy: StopStrategy) -> Result<(), Error> {
    let waits = matches!(job.state, JobState::Pending | JobState::Resumed | JobState::Suspended);
    let event = match strategy {
        StopStrategy::SoftStop => Event::Stop,
        StopStrategy::Kill => Event::Kill,
    };
    let by = By {
        user: access::users::service::of_caller(scope, ctx)?,
        info: waits.then(|| "Job canceled".to_owned()),
    };
    if waits {
        job.stop_strategy = Some(strategy);
    }
    step(scope, ctx, job, event, &by)?;
    let action = match strategy {
        StopStrategy::SoftStop => Action::StopJob,
        StopStrategy::Kill => Action::ForceStopJob,
    };
    let entry = Entry::new(Component::Jobs, action, "job", job.id, &job.release_name);
    audit::record(
        scope,
        ctx,
        entry.parameters(json!({ "JobKey": job.key, "Strategy": strategy.to_string() })),
    )
}

/// Lets a suspended job go on, whatever it waits for.
pub fn resume(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &mut Job) -> Result<(), Error> {
    let by = By {
        user: access::users::service::of_caller(scope, ctx)?,
        info: None,
    };
    step(scope, ctx, job, Event::Resume, &by)?;
    let entry = Entry::new(Component::Jobs, Action::ResumeJob, "job", job.id, &job.release_name);
    audit::record(scope, ctx, entry.parameters(json!({ "JobKey": job.key })))
}

/// Starts a job like one that has ended.
///
/// # Errors
/// 409 with code 1697 for one that has not; otherwise as [`start`].
pub fn restart(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<Job, Error> {
    if !job.state.is_final() {
        return Err(Error::conflict(
            codes::CANNOT_RESTART_UNFINISHED_JOB,
            format!(
                "Only a job that has ended can be restarted (its state is {}).",
                job.state
            ),
        ));
    }
    let need = scope.get::<Lane>(job.lane_id)?.map(Need::from);
    let mut again = Start::of(job.release_id, Source::manual());
    if let Some(need) = need {
        if need.machine.is_some() || need.robot.is_some() {
            again.targets = vec![Target {
                machine: need.machine,
                robot: need.robot,
            }];
        }
        again.sessions = need.sessions;
        again.target_framework = Some(need.framework);
    }
    again.runtime_type = Some(job.runtime_type);
    again.priority = Some(job.priority);
    again.input.clone_from(&job.input);
    again.input_file = job.input_file;
    again.environment.clone_from(&job.environment);
    again.entry_point.clone_from(&job.entry_point);
    again.reference.clone_from(&job.reference);
    again.stop_after = job.stop_after;
    again.kill_after = job.kill_after;
    again.stop_by = job.stop_by;
    again.alert_pending_after = job.alert_pending_after;
    again.alert_running_after = job.alert_running_after;
    again.same_context = job.same_context;
    again.requires_user_interaction = Some(job.requires_user_interaction);
    again.remote_control = Some(job.remote_control);
    again.extra.clone_from(&job.extra.0);
    let jobs = start(scope, ctx, &again)?;
    jobs.into_iter()
        .next()
        .ok_or_else(|| Error::internal("a start of one job made none"))
}

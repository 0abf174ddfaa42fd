//! What subscribers are told about jobs (reference: execution 12).

use access::outbox::{self, Entry};
use context::{Ctx, Error};
use serde_json::{Map, Value, json};
use store::{Json, Scoped, Tenant};

use super::model::{Job, JobState};
use crate::processes::model::Release;

/// Jobs of one event at most; more make several events.
const MOST: usize = 100;

/// Tells that jobs were created.
pub(super) fn created(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    release: &Release,
    jobs: &[Job],
    user: Option<i64>,
) -> Result<(), Error> {
    if !outbox::is_wanted(scope, "job.created")? {
        return Ok(());
    }
    for jobs in jobs.chunks(MOST) {
        let told: Vec<Value> = jobs.iter().map(|job| short(job, release)).collect();
        let body = json!({
            "StartInfo": {
                "ReleaseKey": release.key,
                "JobsCount": told.len(),
                "Source": jobs.first().map(|job| job.source_type.to_string()),
            },
            "Jobs": told,
        });
        write(scope, ctx, "job.created", jobs, user, body)?;
    }
    Ok(())
}

/// Tells of a job's new state.
pub(super) fn moved(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job, user: Option<i64>) -> Result<(), Error> {
    let of = match job.state {
        JobState::Running => "job.started",
        JobState::Suspended => "job.suspended",
        JobState::Resumed => "job.resumed",
        JobState::Stopping => "job.stopping",
        JobState::Terminating => "job.terminating",
        JobState::Successful => "job.completed",
        JobState::Faulted => "job.faulted",
        JobState::Stopped => "job.stopped",
        JobState::Pending => return Ok(()),
    };
    if !outbox::is_wanted(scope, of)? {
        return Ok(());
    }
    let Some(release) = scope.get::<Release>(job.release_id)? else {
        return Ok(());
    };
    let told = short(job, &release);
    let body = if job.state == JobState::Stopped {
        json!({ "Jobs": [told] })
    } else {
        json!({ "Job": told })
    };
    write(scope, ctx, of, std::slice::from_ref(job), user, body)
}

fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    of: &'static str,
    jobs: &[Job],
    user: Option<i64>,
    body: Value,
) -> Result<(), Error> {
    let entry = Entry {
        id: 0,
        key: ctx.id(),
        event_type: of.to_owned(),
        entity_key: match jobs {
            [only] => Some(only.key),
            _ => None,
        },
        folder_id: jobs.first().map(|job| job.folder_id),
        user_id: user,
        happened_at: ctx.now,
        body: Json(body),
    };
    outbox::write(scope, vec![entry])
}

/// A job as events show it: arguments are objects here.
fn short(job: &Job, release: &Release) -> Value {
    let object = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
            .map_or(Value::Null, Value::Object)
    };
    json!({
        "Id": job.id,
        "Key": job.key,
        "State": job.state.to_string(),
        "StartTime": job.started_at,
        "EndTime": job.ended_at,
        "Info": job.info,
        "Source": job.source,
        "SourceType": job.source_type.to_string(),
        "BatchExecutionKey": job.batch_key,
        "ReleaseName": job.release_name,
        "Type": job.job_type.to_string(),
        "InputArguments": object(&job.input),
        "OutputArguments": object(&job.output),
        "Robot": job.robot_id.map(|id| json!({ "Id": id, "MachineName": job.host_name })),
        "Release": { "Id": release.id, "Key": release.key, "ProcessKey": release.package_id },
    })
}

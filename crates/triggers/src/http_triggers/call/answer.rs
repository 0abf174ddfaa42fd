//! What a call is answered with later: how the job is doing, and what it gave back.

use context::{Error, Kind};
use execution::jobs::model::{Job, JobState};
use http::Method;
use serde_json::{Value, json};
use store::params;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::{Outcome, folder_of, nothing_here, place, slug_of, wait};
use crate::http_triggers::model::Call;
use crate::{codes, jobs};

pub fn operations() -> Vec<Operation> {
    let get = |path, id, summary| {
        Operation::orchestrator(Method::GET, path, id)
            .summary(summary)
            .scope("OR.Jobs.Write")
            .scope("OR.Jobs.Read")
            .permission("Jobs.Create")
            .folder(Folder::InRequest)
            .answers(200, Shape::Media("application/json"))
            .answers(303, Shape::Nothing)
    };
    vec![
        get(
            "/t/{folderKey}/{slug}/status/{jobKey}",
            "HttpTriggers_CallStatus",
            "Tells the caller of an API trigger how the job is doing; leads to its output when it has ended.",
        )
        .handler(status),
        get(
            "/t/{folderKey}/{slug}/output/{jobKey}",
            "HttpTriggers_CallOutput",
            "Gives the caller of an API trigger what the job gave back.",
        )
        .handler(give),
        get(
            "/t/{folderKey}/{slug}/wait/{jobKey}",
            "HttpTriggers_CallWait",
            "Waits with the caller of an API trigger for the end of the job.",
        )
        .handler(hold),
    ]
}

async fn status(request: Request) -> Outcome {
    let (folder, job) = called(&request).await?;
    if job.state.is_final() {
        return reply::see_other(&place(&request, folder, &slug_of(&request)?, "output", job.key));
    }
    Reply::ok().json(&json!({ "JobKey": job.key, "State": job.state }))
}

async fn give(request: Request) -> Outcome {
    let (folder, job) = called(&request).await?;
    if !job.state.is_final() {
        return reply::see_other(&place(&request, folder, &slug_of(&request)?, "status", job.key));
    }
    output(&job)
}

async fn hold(request: Request) -> Outcome {
    let (folder, job) = called(&request).await?;
    match wait::for_end(&request, job.key).await? {
        Some(job) => output(&job),
        None => reply::see_other(&place(&request, folder, &slug_of(&request)?, "wait", job.key)),
    }
}

/// The job of a call of this caller.
///
/// # Errors
/// 404 with code 1623 for calls of others and jobs that nobody called for: the two look the same.
async fn called(request: &Request) -> Result<(Uuid, Job), Error> {
    let folder = folder_of(request).await?;
    let key = request.guid("jobKey").map_err(|_| nothing_here())?;
    let (tenant, caller) = (request.tenant()?.id, request.ctx.caller.principal_id());
    let job = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let call = scope.find_one::<Call>("job_key = ? and folder_id = ?", params![key, folder.id])?;
            match call {
                Some(call) if call.caller.is_some() && call.caller == caller => jobs::by_key(&mut scope, key),
                _ => Ok(None),
            }
        })
        .await?;
    job.map(|job| (folder.key, job)).ok_or_else(nothing_here)
}

/// What a job that ended gave back.
///
/// # Errors
/// 409 with code 4801 when it faulted, 4802 when it was stopped, 4803 when nothing is known of how it ended.
pub fn output(job: &Job) -> Result<Response, Error> {
    match job.state {
        JobState::Successful => Reply::ok().json(&output_of(job)),
        _ => Err(failure_of(job)),
    }
}

/// What a job gave back, as JSON.
pub fn output_of(job: &Job) -> Value {
    let output = job.output.as_deref().and_then(|text| serde_json::from_str(text).ok());
    output.unwrap_or_else(|| json!({}))
}

/// Why a job gave nothing back.
pub fn failure_of(job: &Job) -> Error {
    let info = job.info.as_deref().filter(|info| !info.is_empty());
    let (code, what) = match job.state {
        JobState::Faulted => (codes::JOB_FAULTED, "The job faulted."),
        JobState::Stopped => (codes::JOB_STOPPED, "The job was stopped."),
        _ => (codes::JOB_UNKNOWN_FINAL_STATUS, "It is not known how the job ended."),
    };
    let message = match info {
        Some(info) => format!("{what} {}", context::shortened(info, 2_000)),
        None => what.to_owned(),
    };
    let mut error = Error::of(Kind::Conflict, message);
    error.code = code;
    error
}

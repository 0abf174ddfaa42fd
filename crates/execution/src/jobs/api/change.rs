//! Stops, restarts and resumes jobs.

use context::{Error, Field, check_length};
use http::Method;
use odata::Query;
use schemars::JsonSchema;
use serde::Deserialize;
use store::Entity as _;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::{SET, view};
use crate::jobs::model::{Job, StopStrategy};
use crate::jobs::{control, read};

pub fn operations() -> Vec<Operation> {
    vec![stop(), stop_several(), restart(), resume()]
}

fn changing(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Jobs.Write")
        .permission("Jobs.Edit")
        .folder(Folder::Required)
}

/// `StopJobRequest`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StopJobRequest {
    pub strategy: serde_json::Value,
}

/// `StopJobsRequest`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StopJobsRequest {
    pub strategy: serde_json::Value,
    pub job_ids: Vec<i64>,
}

fn strategy(given: &serde_json::Value) -> Result<StopStrategy, Error> {
    let text = match given {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.trim()
        .parse()
        .map_err(|_| Error::field("strategy", "strategy must be SoftStop or Kill."))
}

fn stop() -> Operation {
    changing(
        "/odata/Jobs({key})/UiPath.Server.Configuration.OData.StopJob",
        "Jobs_StopJobById",
    )
    .summary("Lets a job come to an end (SoftStop), or ends it at once (Kill).")
    .takes::<StopJobRequest>("StopJobRequest")
    .answers(200, Shape::Nothing)
    .handler(handle_stop)
}

async fn handle_stop(request: Request) -> Result<Response, Error> {
    let asked: StopJobRequest = request.json()?;
    let strategy = strategy(&asked.strategy)?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let mut job = control::find(&mut scope, folder, id)?;
            control::stop(&mut scope, &ctx, &mut job, strategy)
        })
        .await?;
    Reply::ok().empty()
}

fn stop_several() -> Operation {
    changing("/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs", "Jobs_StopJobs")
        .summary("Lets several jobs come to an end (SoftStop), or ends them at once (Kill). Those that cannot be stopped do not keep the others from it.")
        .takes::<StopJobsRequest>("StopJobsRequest")
        .answers(200, Shape::Nothing)
        .handler(handle_several)
}

async fn handle_several(request: Request) -> Result<Response, Error> {
    let asked: StopJobsRequest = request.json()?;
    let strategy = strategy(&asked.strategy)?;
    check_length("jobIds", &asked.job_ids)?;
    if asked.job_ids.is_empty() {
        return Err(Error::field("jobIds", "jobIds must name at least one job."));
    }
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let mut ids = asked.job_ids;
    ids.sort_unstable();
    ids.dedup();
    let ctx = request.ctx.clone();
    let failed = request
        .store()
        .write_locking(move |tx| {
            let mut failed = Vec::new();
            for id in &ids {
                let done = tx.attempt(|tx| {
                    let mut scope = tx.tenant(tenant);
                    let mut job = control::find(&mut scope, folder, *id)?;
                    control::stop(&mut scope, &ctx, &mut job, strategy)
                });
                match done {
                    Ok(()) => {}
                    Err(error) if error.kind == context::Kind::Internal => return Err(error),
                    Err(error) => failed.push((*id, error)),
                }
            }
            Ok::<_, Error>(failed)
        })
        .await?;
    let Some((_, first)) = failed.first() else {
        return Reply::ok().empty();
    };
    let mut error = first.clone();
    if failed.len() > 1 {
        error.fields = failed
            .iter()
            .map(|(id, error)| Field {
                name: format!("jobIds.{id}"),
                message: error.message.clone(),
            })
            .collect();
    }
    Err(error)
}

/// `RestartJobRequest`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartJobRequest {
    pub job_id: i64,
}

fn restart() -> Operation {
    changing(
        "/odata/Jobs/UiPath.Server.Configuration.OData.RestartJob",
        "Jobs_RestartJob",
    )
    .summary("Starts a job like one that has ended.")
    .permission("Jobs.Create")
    .queryable()
    .takes::<RestartJobRequest>("RestartJobRequest")
    .answers(200, Shape::Entity(Job::model()))
    .handler(handle_restart)
}

async fn handle_restart(request: Request) -> Result<Response, Error> {
    let query = request.odata(Job::model())?;
    let asked: RestartJobRequest = request.json()?;
    let (tenant, folder, view) = (request.tenant()?.id, request.folder()?.id, view(&request).await?);
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let job = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = control::find(&mut scope, folder, asked.job_id)?;
            let again = control::restart(&mut scope, &ctx, &job)?;
            read::by_id(&mut scope, &view, again.id, &options)
        })
        .await?;
    reply::entity(&request, 200, SET, Job::model(), Some(&query), job)
}

/// `ResumeJobRequest`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResumeJobRequest {
    pub job_key: Uuid,
}

fn resume() -> Operation {
    changing(
        "/odata/Jobs/UiPath.Server.Configuration.OData.ResumeJob",
        "Jobs_ResumeJob",
    )
    .summary("Lets a suspended job go on, whatever it waits for.")
    .queryable()
    .takes::<ResumeJobRequest>("ResumeJobRequest")
    .answers(200, Shape::Entity(Job::model()))
    .handler(handle_resume)
}

async fn handle_resume(request: Request) -> Result<Response, Error> {
    let query: Query = request.odata(Job::model())?;
    let asked: ResumeJobRequest = request.json()?;
    let (tenant, folder, view) = (request.tenant()?.id, request.folder()?.id, view(&request).await?);
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let job = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let mut job = control::find_by_key(&mut scope, folder, asked.job_key)?;
            control::resume(&mut scope, &ctx, &mut job)?;
            read::by_id(&mut scope, &view, job.id, &options)
        })
        .await?;
    reply::entity(&request, 200, SET, Job::model(), Some(&query), job)
}

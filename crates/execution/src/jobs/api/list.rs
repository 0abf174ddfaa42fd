//! Reads jobs: lists, single ones, and what happened to them.

use access::rows;
use context::Error;
use http::Method;
use serde_json::{Value, json};
use store::{Entity as _, params};
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::{SET, camel, view};
use crate::jobs::model::{Job, JobEvent};
use crate::jobs::read;

pub fn operations() -> Vec<Operation> {
    vec![list(), by_id(), by_key(), info(), history()]
}

fn reading(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Jobs.Read")
        .permission("Jobs.View")
        .folder(Folder::Optional)
        .queryable()
}

fn list() -> Operation {
    reading("/odata/Jobs", "Jobs_Get")
        .summary("Lists the jobs of a folder, or of all folders in which the caller may see them.")
        .answers(200, Shape::Collection(Job::model()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(Job::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let page = request
        .store()
        .read(move |tx| read::list(&mut tx.tenant(tenant), &view, &options))
        .await?;
    reply::collection(&request, SET, Job::model(), &query, page.items, page.count)
}

fn by_id() -> Operation {
    reading("/odata/Jobs({key})", "Jobs_GetById")
        .summary("Gets a job.")
        .answers(200, Shape::Entity(Job::model()))
        .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(Job::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let id = request.integer("key")?;
    let job = request
        .store()
        .read_here(move |tx| read::by_id(&mut tx.tenant(tenant), &view, id, &options))
        .await?;
    reply::entity(&request, 200, SET, Job::model(), Some(&query), job)
}

/// Not in the contract: clients find a job by its key with it.
fn by_key() -> Operation {
    reading(
        "/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})",
        "Jobs_GetByKey",
    )
    .summary("Gets a job by its key.")
    .answers(200, Shape::Entity(Job::model()))
    .handler(handle_by_key)
}

async fn handle_by_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(Job::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let key = request.guid("identifier")?;
    let job = request
        .store()
        .read_here(move |tx| read::by_key(&mut tx.tenant(tenant), &view, key, &options))
        .await?;
    reply::entity(&request, 200, SET, Job::model(), Some(&query), job)
}

fn job_key(request: &Request) -> Result<Uuid, Error> {
    let key = request.parse::<Uuid>("jobKey")?;
    key.ok_or_else(|| Error::field("jobKey", "jobKey is required: the GUID of a job."))
}

/// Not in the contract: turns the key of a job into its id and folder.
fn info() -> Operation {
    Operation::orchestrator(Method::GET, "/api/Jobs/GetJobInfo", "Jobs_GetJobInfo")
        .summary("Gets a job by its key, with members in camelCase.")
        .scope("OR.Jobs.Read")
        .permission("Jobs.View")
        .folder(Folder::Optional)
        .parameters(&["jobKey"])
        .answers(200, Shape::Media("application/json"))
        .handler(handle_info)
}

async fn handle_info(request: Request) -> Result<Response, Error> {
    let (tenant, view, key) = (request.tenant()?.id, view(&request).await?, job_key(&request)?);
    let job = request
        .store()
        .read_here(move |tx| read::by_key(&mut tx.tenant(tenant), &view, key, &odata::Query::new(Job::model())))
        .await?;
    Reply::ok().json(&camel(job))
}

/// Not in the contract: the states a job went through.
fn history() -> Operation {
    Operation::orchestrator(Method::GET, "/api/Jobs/GetJobStateHistory", "Jobs_GetJobStateHistory")
        .summary("Lists the states a job went through, the oldest first.")
        .scope("OR.Jobs.Read")
        .permission("Jobs.View")
        .folder(Folder::Optional)
        .parameters(&["jobKey"])
        .answers(200, Shape::Media("application/json"))
        .handler(handle_history)
}

async fn handle_history(request: Request) -> Result<Response, Error> {
    let (tenant, view, key) = (request.tenant()?.id, view(&request).await?, job_key(&request)?);
    let steps = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = read::row_by_key(&mut scope, &view, key)?;
            let steps = scope.find::<JobEvent>("job_id = ? order by id limit 1000", params![job.id])?;
            let steps = steps.into_iter().map(|step| {
                json!({
                    "id": step.id,
                    "jobId": job.id,
                    "jobKey": job.key,
                    "state": rows::name_of(step.state),
                    "timestamp": step.happened_at.to_string(),
                    "userId": step.user_id,
                    "info": step.info,
                })
            });
            Ok::<_, Error>(steps.collect::<Vec<Value>>())
        })
        .await?;
    Reply::ok().json(&steps)
}

//! How long jobs are kept. `GET /odata/ReleaseRetention` and `GET`, `PUT`, `DELETE /odata/ReleaseRetention({key})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{RETENTION_SET, asked};
use crate::processes::input::RetentionInput;
use crate::processes::model::{RetentionType, retention_setting};
use crate::processes::retention as service;

/// The settings of all processes of a folder.
pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/ReleaseRetention", "ReleaseRetention_Get")
        .summary("Lists how long jobs of the processes of a folder are kept, two entries for each process.")
        .scope("OR.Execution.Read")
        .permission("Processes.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Collection(retention_setting()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(retention_setting())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), folder, &options))
        .await?;
    let model = retention_setting();
    reply::collection(&request, RETENTION_SET, model, &query, page.items, page.count)
}

/// One setting of a process; `retentionType` says which, Final when it is left out.
pub fn get() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/ReleaseRetention({key})",
        "ReleaseRetention_GetById",
    )
    .summary("Tells how long finished jobs of a process are kept, or with retentionType=Stale those that never end.")
    .scope("OR.Execution.Read")
    .permission("Processes.View")
    .folder(Folder::Optional)
    .parameters(&["retentionType"])
    .queryable()
    .answers(200, Shape::Entity(retention_setting()))
    .handler(handle_get)
}

async fn handle_get(request: Request) -> Result<Response, Error> {
    let query = request.odata(retention_setting())?;
    let of = wanted(&request)?;
    let (tenant, asked, id) = (request.tenant()?.id, asked(&request), request.integer("key")?);
    let setting = request
        .store()
        .read(move |tx| service::get(&mut tx.tenant(tenant), &asked, id, of))
        .await?;
    let model = retention_setting();
    reply::entity(&request, 200, RETENTION_SET, model, Some(&query), setting)
}

fn wanted(request: &Request) -> Result<RetentionType, Error> {
    let Some(name) = request.parameter("retentionType") else {
        return Ok(RetentionType::Final);
    };
    web::bind(serde_json::Value::from(name))
        .map_err(|_| Error::field("retentionType", "retentionType must be Final or Stale."))
}

/// Changes one setting of a process; the body's `Type` says which.
pub fn replace() -> Operation {
    Operation::orchestrator(
        Method::PUT,
        "/odata/ReleaseRetention({key})",
        "ReleaseRetention_PutById",
    )
    .summary("Says how long jobs of a process are kept: finished ones, or with Type Stale those that never end.")
    .scope("OR.Execution.Write")
    .permission("Processes.Edit")
    .folder(Folder::Optional)
    .queryable()
    .takes_entity(retention_setting())
    .answers(200, Shape::Entity(retention_setting()))
    .handler(handle_replace)
}

async fn handle_replace(request: Request) -> Result<Response, Error> {
    let query = request.odata(retention_setting())?;
    let (tenant, asked, id) = (request.tenant()?.id, asked(&request), request.integer("key")?);
    let (of, draft) = request.json::<RetentionInput>()?.check(id)?;
    let ctx = request.ctx.clone();
    let setting = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::set(&mut scope, &ctx, &asked, id, of, draft)?;
            service::get(&mut scope, &asked, id, of)
        })
        .await?;
    let model = retention_setting();
    reply::entity(&request, 200, RETENTION_SET, model, Some(&query), setting)
}

/// Back to the built-in settings.
pub fn reset() -> Operation {
    Operation::orchestrator(
        Method::DELETE,
        "/odata/ReleaseRetention({key})",
        "ReleaseRetention_DeleteById",
    )
    .summary("Brings the built-in settings back: finished jobs go after 30 days, those that never end after 180.")
    .scope("OR.Execution.Write")
    .permission("Processes.Edit")
    .folder(Folder::Optional)
    .answers(204, Shape::Nothing)
    .handler(handle_reset)
}

async fn handle_reset(request: Request) -> Result<Response, Error> {
    let (tenant, asked, id) = (request.tenant()?.id, asked(&request), request.integer("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::reset(&mut tx.tenant(tenant), &ctx, &asked, id))
        .await?;
    reply::no_content()
}

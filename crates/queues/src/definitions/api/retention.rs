//! How long items are kept. `GET /odata/QueueRetention` and `GET`, `PUT`, `DELETE /odata/QueueRetention({key})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::RETENTION_SET;
use crate::definitions::input::RetentionInput;
use crate::definitions::model::{RetentionType, retention_setting};
use crate::definitions::retention as service;

/// The settings of all queues of a folder.
pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/QueueRetention", "QueueRetention_Get")
        .summary("Lists how long items are kept in the queues of a folder, two entries for each queue.")
        .scope("OR.Queues.Read")
        .permission("Queues.View")
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

/// One setting of a queue; `retentionType` says which, Final when it is left out.
pub fn get() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/QueueRetention({key})", "QueueRetention_GetById")
        .summary("Tells how long finished items of a queue are kept, or with retentionType=Stale those never taken.")
        .scope("OR.Queues.Read")
        .permission("Queues.View")
        .folder(Folder::Required)
        .parameters(&["retentionType"])
        .queryable()
        .answers(200, Shape::Entity(retention_setting()))
        .handler(handle_get)
}

async fn handle_get(request: Request) -> Result<Response, Error> {
    let query = request.odata(retention_setting())?;
    let of = wanted(&request)?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let setting = request
        .store()
        .read(move |tx| service::get(&mut tx.tenant(tenant), folder, id, of))
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

/// Changes one setting of a queue; the body's `Type` says which.
pub fn replace() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/QueueRetention({key})", "QueueRetention_PutById")
        .summary("Says how long items of a queue are kept: finished ones, or with Type Stale those never taken.")
        .scope("OR.Queues.Write")
        .permission("Queues.Edit")
        .folder(Folder::Required)
        .queryable()
        .takes_entity(retention_setting())
        .answers(200, Shape::Entity(retention_setting()))
        .handler(handle_replace)
}

async fn handle_replace(request: Request) -> Result<Response, Error> {
    let query = request.odata(retention_setting())?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let (of, draft) = request.json::<RetentionInput>()?.check(id)?;
    let ctx = request.ctx.clone();
    let setting = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::set(&mut scope, &ctx, folder, id, of, draft)?;
            service::get(&mut scope, folder, id, of)
        })
        .await?;
    let model = retention_setting();
    reply::entity(&request, 200, RETENTION_SET, model, Some(&query), setting)
}

/// Back to the built-in settings.
pub fn reset() -> Operation {
    Operation::orchestrator(
        Method::DELETE,
        "/odata/QueueRetention({key})",
        "QueueRetention_DeleteById",
    )
    .summary("Brings the built-in settings back: finished items go after 30 days, those never taken after 180.")
    .scope("OR.Queues.Write")
    .permission("Queues.Edit")
    .folder(Folder::Required)
    .answers(204, Shape::Nothing)
    .handler(handle_reset)
}

async fn handle_reset(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::reset(&mut tx.tenant(tenant), &ctx, folder, id))
        .await?;
    reply::no_content()
}

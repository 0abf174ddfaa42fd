//! Deletes an API trigger. `DELETE /odata/HttpTriggers({guid})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::http_triggers::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/HttpTriggers({key})", "HttpTriggers_DeleteById")
        .summary("Deletes an API trigger; jobs that it started go on.")
        .scope("OR.Jobs.Write")
        .permission("Schedules.Delete")
        .folder(Folder::Required)
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, folder, key))
        .await?;
    reply::no_content()
}

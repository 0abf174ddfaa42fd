//! Deletes a trigger. `DELETE /odata/ProcessSchedules({key})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::schedules::service;

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::DELETE,
        "/odata/ProcessSchedules({key})",
        "ProcessSchedules_DeleteById",
    )
    .summary("Deletes a trigger with its history; jobs that it started go on.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Delete")
    .folder(Folder::Required)
    .answers(204, Shape::Nothing)
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, folder, id))
        .await?;
    reply::no_content()
}

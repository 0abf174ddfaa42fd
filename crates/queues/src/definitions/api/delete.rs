//! Deletes a queue. `DELETE /odata/QueueDefinitions({key})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::definitions::service;

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::DELETE,
        "/odata/QueueDefinitions({key})",
        "QueueDefinitions_DeleteById",
    )
    .summary("Deletes a queue and its items, wherever it is visible.")
    .scope("OR.Queues.Write")
    .permission("Queues.Delete")
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

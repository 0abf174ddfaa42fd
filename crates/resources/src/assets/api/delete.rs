//! Takes an asset out of a folder. `DELETE /odata/Assets({key})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::assets::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Assets({key})", "Assets_DeleteById")
        .summary("Takes an asset out of a folder, and deletes it when it is in no other one.")
        .scope("OR.Assets.Write")
        .permission("Assets.Delete")
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

//! How far an export is. `GET /odata/Exports({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use crate::exports::model::Export;
use crate::exports::service;
use crate::rows;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Exports({key})", "Exports_GetById")
        .summary("Gets an export that the caller asked for.")
        .queryable()
        .answers(200, Shape::Entity(Export::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Export::model())?;
    let (tenant, id, ctx) = (cx.tenant()?.id, cx.integer("key")?, cx.ctx.clone());
    let export = cx
        .store()
        .read(move |tx| service::own(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    let value = rows::published(&export);
    reply::entity(&cx, 200, "Exports", Export::model(), Some(&query), value)
}

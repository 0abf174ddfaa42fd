//! Deletes a calendar that no trigger uses. `DELETE /odata/Calendars({key})`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::calendars::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Calendars({key})", "Calendars_DeleteById")
        .summary("Deletes a calendar that no trigger uses.")
        .scope("OR.Settings.Write")
        .permission("Settings.Delete")
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, id, ctx) = (request.tenant()?.id, request.integer("key")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    reply::no_content()
}

//! One application. `GET /api/ExternalClient/{partitionGlobalId}/{clientId}`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response};

use super::dto;
use crate::clients::service;

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/ExternalClient/{partitionGlobalId}/{clientId}",
        "ExternalClient_Get",
    )
    .summary("Returns an external application without secret values.")
    .scope("PM.OAuthApp.Read")
    .administrator()
    .answers(200, dto::shape("ExternalClient", dto::application_schema()))
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("clientId")?);
    let application = cx
        .store()
        .read(move |tx| service::get(&mut tx.organization(organization), id))
        .await?;
    Reply::ok().json(&dto::application(&application, None)?)
}

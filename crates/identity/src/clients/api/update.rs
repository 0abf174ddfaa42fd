//! Changes an application: name, redirect addresses and scopes are replaced.
//! `PUT /api/ExternalClient/{partitionGlobalId}/{clientId}`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response};

use super::dto;
use crate::Identity;

pub fn operation() -> Operation {
    Operation::identity(
        Method::PUT,
        "/api/ExternalClient/{partitionGlobalId}/{clientId}",
        "ExternalClient_Update",
    )
    .summary("Replaces name, redirect URLs and scopes of an external application.")
    .scope("PM.OAuthApp.Write")
    .administrator()
    .body_limit(1 << 20)
    .takes_shape(dto::shape("ExternalClientChange", dto::body_schema(false)))
    .answers(200, dto::shape("ExternalClient", dto::application_schema()))
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("clientId")?);
    let changes = cx.json::<dto::ClientBody>()?.into_changes()?;
    let application = cx
        .state::<Identity>()?
        .update_application(&cx.ctx, organization, id, changes)
        .await?;
    Reply::ok().json(&dto::application(&application, None)?)
}

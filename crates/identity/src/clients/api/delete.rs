//! Deletes an application. `DELETE /api/ExternalClient/{partitionGlobalId}/{clientId}`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::Identity;

pub fn operation() -> Operation {
    Operation::identity(
        Method::DELETE,
        "/api/ExternalClient/{partitionGlobalId}/{clientId}",
        "ExternalClient_Delete",
    )
    .summary("Deletes an external application with its secrets and all access.")
    .scope("PM.OAuthApp.Write")
    .administrator()
    .answers(204, Shape::Nothing)
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("clientId")?);
    cx.state::<Identity>()?
        .delete_application(&cx.ctx, organization, id)
        .await?;
    reply::no_content()
}

//! All applications of the organization. `GET /api/ExternalClient/{partitionGlobalId}`

use context::Error;
use http::Method;
use serde_json::json;
use web::{Operation, Reply, Request, Response};

use super::dto;
use crate::clients::service;

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/ExternalClient/{partitionGlobalId}",
        "ExternalClient_GetAll",
    )
    .summary("Lists the external applications of an organization, without secret values.")
    .scope("PM.OAuthApp.Read")
    .administrator()
    .answers(
        200,
        dto::shape(
            "ExternalClients",
            json!({ "type": "array", "items": dto::application_schema() }),
        ),
    )
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let organization = cx.organization()?;
    let all = cx
        .store()
        .read(move |tx| service::list(&mut tx.organization(organization)))
        .await?;
    let all = all
        .iter()
        .map(|one| dto::application(one, None))
        .collect::<Result<Vec<_>, _>>()?;
    Reply::ok().json(&all)
}

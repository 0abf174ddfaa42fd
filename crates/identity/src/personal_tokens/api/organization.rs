//! Everyone's tokens, for administrators. `GET /api/ReferenceToken/partition/{partitionGlobalId}`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Access, Operation, Reply, Request, Response, Shape};

use super::dto;
use crate::personal_tokens::service;

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/ReferenceToken/partition/{partitionGlobalId}",
        "ReferenceToken_GetPartition",
    )
    .summary("Lists the personal access tokens of an organization.")
    .access(Access::PersonOnly)
    .administrator()
    .answers(
        200,
        Shape::Json {
            name: "ReferenceTokens",
            schema: json!({ "type": "array", "items": super::schema() }),
        },
    )
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let organization = cx.organization()?;
    let tokens = cx
        .store()
        .read(move |tx| service::list_all(&mut tx.organization(organization)))
        .await?;
    Reply::ok().json(&tokens.iter().map(dto).collect::<Vec<Value>>())
}

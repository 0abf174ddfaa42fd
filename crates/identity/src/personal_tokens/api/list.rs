//! The caller's tokens. `GET /api/ReferenceToken`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Access, Operation, Reply, Request, Response, Shape};

use super::dto;
use crate::personal_tokens::service;

pub fn operation() -> Operation {
    Operation::identity(Method::GET, "/api/ReferenceToken", "ReferenceToken_GetAll")
        .summary("Lists the caller's personal access tokens.")
        .access(Access::PersonOnly)
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
    let (organization, user) = super::manage::owner(&cx)?;
    let tokens = cx
        .store()
        .read(move |tx| service::list(&mut tx.organization(organization), user))
        .await?;
    Reply::ok().json(&tokens.iter().map(dto).collect::<Vec<Value>>())
}

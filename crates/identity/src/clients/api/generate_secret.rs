//! Makes a secret for a confidential application. `POST /api/ExternalClient/GenerateSecret`, and the older
//! `GET /api/ExternalClient/{partitionGlobalId}/{clientId}/GenerateSecret`

use context::Error;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::{Operation, Reply, Request, Response};

use super::{dto, own_organization};
use crate::Identity;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    partition_global_id: Option<Uuid>,
    client_id: Option<Uuid>,
    description: String,
    expiry_time: Option<String>,
}

pub fn operation() -> Operation {
    Operation::identity(
        Method::POST,
        "/api/ExternalClient/GenerateSecret",
        "ExternalClient_GenerateSecret",
    )
    .summary("Makes a further secret; the answer holds the only copy of its value.")
    .scope("PM.OAuthApp.Write")
    .scope("PM.OAuthAppSecret.Write")
    .administrator()
    .takes_shape(dto::shape("SecretRequest", request_schema()))
    .answers(200, dto::shape("ExternalClientSecret", dto::secret_schema()))
    .handler(handle)
}

fn request_schema() -> serde_json::Value {
    json!({
        "type": "object", "required": ["clientId"],
        "properties": {
            "clientId": { "type": "string", "format": "uuid" }, "partitionGlobalId": { "type": "string", "format": "uuid" },
            "description": { "type": "string", "maxLength": 256 },
            "expiryTime": { "type": "string", "format": "date-time", "nullable": true }
        }
    })
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let body: Body = cx.json()?;
    let organization = own_organization(&cx, body.partition_global_id)?;
    let id = body
        .client_id
        .ok_or_else(|| Error::field("clientId", "The ClientId field is required."))?;
    let expiry = dto::expiry(body.expiry_time.as_deref())?;
    let generated = cx
        .state::<Identity>()?
        .generate_secret(&cx.ctx, organization, id, body.description, expiry)
        .await?;
    Reply::ok().json(&dto::secret(&generated.secret, Some(&generated.value))?)
}

pub fn legacy_operation() -> Operation {
    let path = "/api/ExternalClient/{partitionGlobalId}/{clientId}/GenerateSecret";
    Operation::identity(Method::GET, path, "ExternalClient_GenerateSecretLegacy")
        .summary("Makes a further secret and answers its value as JSON text.")
        .scope("PM.OAuthApp.Write")
        .scope("PM.OAuthSecret.Write")
        .administrator()
        .answers(
            200,
            dto::shape("ExternalClientSecretValue", json!({ "type": "string" })),
        )
        .handler(handle_legacy)
}

async fn handle_legacy(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("clientId")?);
    let generated = cx
        .state::<Identity>()?
        .generate_secret(&cx.ctx, organization, id, String::new(), None)
        .await?;
    Reply::ok()
        .header("cache-control", "no-store")
        .json(&generated.value.expose_str().map_err(Error::internal)?)
}

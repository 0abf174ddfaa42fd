//! Registers an application. `POST /api/ExternalClient`

use context::Error;
use http::Method;
use serde::Deserialize;
use uuid::Uuid;
use web::{Operation, Reply, Request, Response};

use super::{dto, own_organization};
use crate::Identity;
use crate::clients::Creation;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    partition_global_id: Option<Uuid>,
    is_confidential: bool,
}

pub fn operation() -> Operation {
    Operation::identity(Method::POST, "/api/ExternalClient", "ExternalClient_Create")
        .summary("Registers an external application; the answer holds the only copy of its secret.")
        .scope("PM.OAuthApp.Write")
        .administrator()
        .body_limit(1 << 20)
        .takes_shape(dto::shape("NewExternalClient", dto::body_schema(true)))
        .answers(201, dto::shape("ExternalClient", dto::application_schema()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let body: Body = cx.json()?;
    let organization = own_organization(&cx, body.partition_global_id)?;
    let changes = cx.json::<dto::ClientBody>()?.into_changes()?;
    let creation = Creation {
        confidential: body.is_confidential,
        with_secret: true,
        changes,
    };
    let created = cx
        .state::<Identity>()?
        .create_application(&cx.ctx, organization, creation)
        .await?;
    Reply::new(201).json(&dto::application(&created.application, created.secret.as_ref())?)
}

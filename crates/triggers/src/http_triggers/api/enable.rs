//! Switches API triggers on or off. `POST /odata/HttpTriggers/…SetEnabled`

use context::{Error, check_length};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::http_triggers::service;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Body {
    enabled: bool,
    trigger_ids: Vec<Uuid>,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/HttpTriggers/UiPath.Server.Configuration.OData.SetEnabled",
        "HttpTriggers_SetEnabled",
    )
    .summary("Switches API triggers on or off: all or none.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Edit")
    .folder(Folder::Required)
    .takes::<Body>("HttpTriggersSetEnabledRequest")
    .answers(200, Shape::Media("application/json"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let body = request.json::<Body>()?;
    check_length("triggerIds", &body.trigger_ids)?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            body.trigger_ids
                .iter()
                .try_for_each(|key| service::set_enabled(&mut scope, &ctx, folder, *key, body.enabled))
        })
        .await?;
    reply::value(&request, "Edm.Boolean", Value::Bool(true))
}

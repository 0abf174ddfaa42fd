//! Switches robots on and off. `POST /odata/Robots/…ToggleEnabledStatus`

use access::users::robots::service;
use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Folder, Operation, Reply, Request, Response, Shape};

pub fn operation() -> Operation {
    let path = "/odata/Robots/UiPath.Server.Configuration.OData.ToggleEnabledStatus";
    Operation::orchestrator(Method::POST, path, "Robots_ToggleEnabledStatus")
        .summary("Switches robots on or off. One that is switched off starts no jobs.")
        .scope("OR.Robots.Write")
        .permission("Robots.Edit")
        .folder(Folder::Optional)
        .takes::<Toggle>("RobotsToggleEnabledStatusRequest")
        .answers(200, Shape::Nothing)
        .handler(handle)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Toggle {
    robot_ids: Vec<i64>,
    enabled: bool,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let wanted: Toggle = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::toggle(&mut tx.tenant(tenant), &ctx, &wanted.robot_ids, wanted.enabled))
        .await?;
    Reply::ok().empty()
}

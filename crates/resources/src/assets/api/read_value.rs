//! The value a caller gets, in clear. `POST /odata/Assets/…GetRobotAssetByNameForRobotKey`
//!
//! Robots name themselves by `robotKey`. There are none yet, so every key is unknown. Without one the caller reads for
//! itself, as the clients' libraries do outside of jobs; passwords and secrets then need `AllowDirectApiAccess`.

use context::{Error, codes};
use http::Method;
use serde::Deserialize;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::assets::direct;
use crate::assets::model::user_asset;
use crate::assets::sealing::Sealer;

/// Contract schema `AssetsGetRobotByNameAndKeyRequest`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    asset_name: String,
    robot_key: Option<String>,
    /// A robot's credentials proxy; it makes no difference to values that are kept here.
    #[serde(default)]
    #[expect(dead_code, reason = "part of the contract's shape")]
    supports_credentials_proxy_disconnected: Option<bool>,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetRobotAssetByNameForRobotKey",
        "Assets_GetRobotAssetByNameForRobotKey",
    )
    .summary("Reads the value of an asset in clear. Without a robot, secret values need AllowDirectApiAccess.")
    .scope("OR.Assets.Write")
    .permission("Assets.View")
    .folder(Folder::Required)
    .queryable()
    .takes::<Wanted>("AssetsGetRobotByNameAndKeyRequest")
    .answers(200, Shape::Entity(user_asset()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(user_asset())?;
    let wanted: Wanted = request.json()?;
    if wanted.asset_name.is_empty() {
        return Err(Error::field("assetName", "assetName is required."));
    }
    if wanted.robot_key.is_some_and(|key| !key.is_empty()) {
        return Err(Error::missing(codes::ITEM_NOT_FOUND, "The robot does not exist."));
    }
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let sealer = Sealer::of(&request).await?;
    let (ctx, name) = (request.ctx.clone(), wanted.asset_name);
    let value = request
        .store()
        .read(move |tx| direct::read(&mut tx.tenant(tenant), &ctx, &sealer, folder, &name))
        .await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.UserAssetDto");
    Reply::ok().odata(&odata::envelope::entity(&context, query.project(user_asset(), value)))
}

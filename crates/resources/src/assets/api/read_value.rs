//! The value that a robot, or a caller for itself, gets of an asset, in clear. `POST /odata/Assets/…GetRobotAssetByNameForRobotKey`,
//! `GET /odata/Assets/…GetRobotAssetByRobotId(robotId={robotId},assetName={assetName})` and the older
//! `GET /odata/Assets/…GetRobotAsset(robotId={key},assetName={assetName})`; and the value that a robot writes,
//! `POST /odata/Assets/…SetRobotAssetByRobotKey`.
//!
//! Jobs name their robot by `robotKey`. Without one the caller reads for itself, as the clients' libraries do outside of jobs.

use context::Error;
use http::Method;
use serde::Deserialize;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::assets::direct::{self, Who};
use crate::assets::input::RobotAssetInput;
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

pub fn operations() -> Vec<Operation> {
    vec![by_name_and_key(), by_robot(), by_key(), set()]
}

fn by_name_and_key() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetRobotAssetByNameForRobotKey",
        "Assets_GetRobotAssetByNameForRobotKey",
    )
    .summary("Reads the value of an asset in clear. Outside of jobs, secret values need AllowDirectApiAccess.")
    .scope("OR.Assets.Write")
    .permission("Assets.View")
    .folder(Folder::Required)
    .queryable()
    .takes::<Wanted>("AssetsGetRobotByNameAndKeyRequest")
    .answers(200, Shape::Entity(user_asset()))
    .handler(handle_by_name_and_key)
}

async fn handle_by_name_and_key(request: Request) -> Result<Response, Error> {
    let wanted: Wanted = request.json()?;
    let who = match wanted.robot_key.as_deref().map(str::trim) {
        None | Some("") => Who::Caller,
        Some(key) => Who::RobotKey(robot_key(key)?),
    };
    answer(request, wanted.asset_name, who).await
}

fn robot_key(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| Error::field("robotKey", "robotKey must be a GUID."))
}

fn getting(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Assets.Read")
        .permission("Assets.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Entity(user_asset()))
}

fn by_robot() -> Operation {
    getting(
        "/odata/Assets/UiPath.Server.Configuration.OData.GetRobotAssetByRobotId(robotId={robotId},assetName='{assetName}')",
        "Assets_GetRobotAssetByRobotId",
    )
    .summary("Reads the value that a robot gets of an asset. Outside of jobs, secret values need AllowDirectApiAccess.")
    .handler(handle_by_robot)
}

async fn handle_by_robot(request: Request) -> Result<Response, Error> {
    let (robot, name) = (request.integer("robotId")?, request.text("assetName")?);
    answer(request, name, Who::Robot(robot)).await
}

fn by_key() -> Operation {
    getting(
        "/odata/Assets/UiPath.Server.Configuration.OData.GetRobotAsset(robotId='{robotId}',assetName='{assetName}')",
        "Assets_GetRobotAssetByRobotidAndAssetname",
    )
    .summary("As GetRobotAssetByRobotId, with the key of the robot. For old clients.")
    .handler(handle_by_key)
}

async fn handle_by_key(request: Request) -> Result<Response, Error> {
    let (key, name) = (robot_key(&request.text("robotId")?)?, request.text("assetName")?);
    answer(request, name, Who::RobotKey(key)).await
}

async fn answer(request: Request, name: String, who: Who) -> Result<Response, Error> {
    let query = request.odata(user_asset())?;
    if name.is_empty() {
        return Err(Error::field("assetName", "assetName is required."));
    }
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let sealer = Sealer::of(&request).await?;
    let ctx = request.ctx.clone();
    let value = request
        .store()
        .read(move |tx| direct::read(&mut tx.tenant(tenant), &ctx, &sealer, folder, &name, who))
        .await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.UserAssetDto");
    Reply::ok().odata(&odata::envelope::entity(&context, query.project(user_asset(), value)))
}

/// Contract schema `AssetsSetRobotAssetsByKeyRequest`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Set {
    robot_key: String,
    /// `UserAssetDto`
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    robot_asset: RobotAssetInput,
}

/// The contract answers 204; the asset is sent, without its value, because some clients parse a body after every call.
fn set() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Assets/UiPath.Server.Configuration.OData.SetRobotAssetByRobotKey",
        "Assets_SetRobotAssetByRobotKey",
    )
    .summary("Writes the value that a robot gets of an asset: that of its account, else the default one.")
    .scope("OR.Assets.Write")
    .permission("Assets.Edit")
    .folder(Folder::Required)
    .takes::<Set>("AssetsSetRobotAssetsByKeyRequest")
    .answers(200, Shape::Entity(user_asset()))
    .handler(handle_set)
}

async fn handle_set(request: Request) -> Result<Response, Error> {
    let wanted: Set = request.json()?;
    let key = robot_key(&wanted.robot_key)?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let sealer = Sealer::of(&request).await?;
    let ctx = request.ctx.clone();
    let value = request
        .store()
        .write(move |tx| direct::write(&mut tx.tenant(tenant), &ctx, &sealer, folder, &wanted.robot_asset, key))
        .await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.UserAssetDto");
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}

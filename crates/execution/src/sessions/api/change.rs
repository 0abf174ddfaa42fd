//! What can be done to sessions. `POST /odata/Sessions/…SetMaintenanceMode`,
//! `POST /odata/Sessions({key})/…ToggleMachineSessionDebugMode`, `POST /odata/Sessions/…DeleteInactiveUnattendedSessions`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Operation, Request, Response, Shape, reply};

use crate::jobs::model::StopStrategy;
use crate::sessions::model::MaintenanceMode;
use crate::sessions::service;

fn operation(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Robots.Write")
        .answers(204, Shape::Nothing)
}

pub fn maintenance() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.SetMaintenanceMode";
    operation(path, "Sessions_SetMaintenanceMode")
        .summary("Lets a host take jobs, or no more of them; those it has go on or are stopped.")
        .permission("Robots.Edit")
        .takes::<MaintenanceShape>("SessionMaintenanceModeParameters")
        .handler(set_maintenance)
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "says what the body looks like")]
struct MaintenanceShape {
    session_id: i64,
    /// `Default` or `Enabled`.
    maintenance_mode: String,
    /// `SoftStop`, `Kill`, or nothing.
    stop_jobs_strategy: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "names of the contract")]
struct Maintenance {
    session_id: i64,
    maintenance_mode: MaintenanceMode,
    stop_jobs_strategy: Option<StopStrategy>,
}

async fn set_maintenance(request: Request) -> Result<Response, Error> {
    let wanted: Maintenance = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write_locking(move |tx| {
            let (mode, stop) = (wanted.maintenance_mode, wanted.stop_jobs_strategy);
            service::set_maintenance(&mut tx.tenant(tenant), &ctx, wanted.session_id, mode, stop)
        })
        .await?;
    reply::no_content()
}

pub fn debug() -> Operation {
    let path = "/odata/Sessions({key})/UiPath.Server.Configuration.OData.ToggleMachineSessionDebugMode";
    operation(path, "Sessions_ToggleMachineSessionDebugModeById")
        .summary("Asks a host for verbose logs for some minutes, or no longer.")
        .permission("Robots.Edit")
        .takes::<Debug>("SessionsToggleMachineSessionDebugModeRequest")
        .handler(set_debug)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Debug {
    enabled: bool,
    /// 1 to 1,440; 60 where it is missing.
    minutes: Option<i64>,
}

async fn set_debug(request: Request) -> Result<Response, Error> {
    let wanted: Debug = request.json()?;
    let (tenant, ctx, id) = (request.tenant()?.id, request.ctx.clone(), request.integer("key")?);
    request
        .store()
        .write(move |tx| service::set_debug(&mut tx.tenant(tenant), &ctx, id, wanted.enabled, wanted.minutes))
        .await?;
    reply::no_content()
}

pub fn delete() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.DeleteInactiveUnattendedSessions";
    operation(path, "Sessions_DeleteInactiveUnattendedSessions")
        .summary("Forgets hosts that are not there, all or none.")
        .permission("Robots.Delete")
        .takes::<Delete>("DeleteInactiveSessionsParameters")
        .handler(delete_inactive)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Delete {
    session_ids: Vec<i64>,
}

async fn delete_inactive(request: Request) -> Result<Response, Error> {
    let wanted: Delete = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::delete_inactive(&mut tx.tenant(tenant), &ctx, &wanted.session_ids))
        .await?;
    reply::no_content()
}

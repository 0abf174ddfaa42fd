//! Switches triggers on or off. `POST /odata/ProcessSchedules/…SetEnabled`

use context::{Ctx, Error, Kind, check_length};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{Scoped, Tenant};
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use crate::schedules::service;

/// Contract schema `ProcessSetEnabledRequest`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Body {
    enabled: bool,
    multistatus_enabled: bool,
    schedule_ids: Vec<i64>,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/ProcessSchedules/UiPath.Server.Configuration.OData.SetEnabled",
        "ProcessSchedules_SetEnabled",
    )
    .summary("Switches triggers on or off: all or none, or with multistatusEnabled as many as can be.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Edit")
    .folder(Folder::Required)
    .takes::<Body>("ProcessSetEnabledRequest")
    .answers(200, Shape::Media("application/json"))
    .answers(207, Shape::Media("application/json"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let body = request.json::<Body>()?;
    check_length("scheduleIds", &body.schedule_ids)?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let (multi, trace) = (body.multistatus_enabled, ctx.trace.clone());
    let outcomes = request
        .store()
        .write(move |tx| set(&mut tx.tenant(tenant), &ctx, folder, &body))
        .await?;
    if !multi {
        return reply::value(&request, "Edm.Boolean", Value::Bool(true));
    }
    let told: Map<String, Value> = outcomes
        .into_iter()
        .map(|(id, error)| {
            let (message, code) = error.map_or_else(|| (String::new(), 0), |error| (error.message, error.code));
            (
                id.to_string(),
                json!({ "message": message, "errorCode": code, "traceId": &*trace }),
            )
        })
        .collect();
    Reply::new(207).odata(&told)
}

/// What became of each trigger. Without multistatus the first fault is that of the whole.
fn set(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    body: &Body,
) -> Result<Vec<(i64, Option<Error>)>, Error> {
    let tenant = scope.scope();
    let mut outcomes = Vec::with_capacity(body.schedule_ids.len());
    for id in &body.schedule_ids {
        if !body.multistatus_enabled {
            service::set_enabled(scope, ctx, folder, *id, body.enabled)?;
            continue;
        }
        let outcome = scope
            .tx()
            .attempt(|tx| service::set_enabled(&mut tx.scope(tenant), ctx, folder, *id, body.enabled));
        match outcome {
            Err(error) if error.kind == Kind::Internal => return Err(error),
            outcome => outcomes.push((*id, outcome.err())),
        }
    }
    Ok(outcomes)
}

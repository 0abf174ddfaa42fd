//! Checks a trigger without making it. `POST /odata/ProcessSchedules/…ValidateProcessSchedule`

use context::{Error, Kind};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Folder, Operation, Request, Response, Shape};

use crate::schedules::input::ScheduleInput;
use crate::schedules::service;

/// Contract schema `ValidateProcessScheduleRequest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of the body; the member is read by name")]
pub struct Body {
    /// `ProcessScheduleDto`
    process_schedule: Value,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/ProcessSchedules/UiPath.Server.Configuration.OData.ValidateProcessSchedule",
        "ProcessSchedules_ValidateProcessSchedule",
    )
    .summary("Tells whether a trigger could be made, and why not.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Create")
    .folder(Folder::Required)
    .takes::<Body>("ValidateProcessScheduleRequest")
    .answers(200, Shape::Media("application/json"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let input = request.action::<ScheduleInput>("processSchedule")?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let outcome = match input.check() {
        Ok(draft) => {
            let work = request.store().read(move |tx| {
                let mut scope = tx.tenant(tenant);
                service::resolve(&mut scope, &ctx, folder, draft.id, &draft)
            });
            work.await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    let errors = match outcome {
        Ok(()) => Vec::new(),
        Err(error) if matches!(error.kind, Kind::Internal | Kind::Unavailable) => return Err(error),
        Err(error) if error.fields.is_empty() => vec![error.message],
        Err(error) => error.fields.into_iter().map(|field| field.message).collect(),
    };
    let context = request.context_url("UiPath.Server.Configuration.OData.ValidationResultDto");
    let result = json!({ "IsValid": errors.is_empty(), "Errors": errors, "ErrorCodes": [] });
    web::Reply::ok().odata(&odata::envelope::entity(&context, result))
}

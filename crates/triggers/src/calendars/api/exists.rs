//! Whether a name is taken. `POST /odata/Calendars/…CalendarExists`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use web::{Operation, Request, Response, Shape, reply};

use crate::calendars::service;

/// Contract schema `CalendarExistsRequest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of the body; the member is read by name")]
pub struct Body {
    calendar_name: String,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Calendars/UiPath.Server.Configuration.OData.CalendarExists",
        "Calendars_CalendarExists",
    )
    .summary("Tells whether a calendar has this name.")
    .scope("OR.Settings.Write")
    .permission("Settings.Edit")
    .takes::<Body>("CalendarExistsRequest")
    .answers(200, Shape::Media("application/json"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let name = request.action::<String>("calendarName")?;
    if name.trim().is_empty() {
        return Err(Error::field("calendarName", "calendarName must not be empty."));
    }
    let tenant = request.tenant()?.id;
    let exists = request
        .store()
        .read(move |tx| service::exists(&mut tx.tenant(tenant), &name))
        .await?;
    reply::value(&request, "Edm.Boolean", Value::Bool(exists))
}

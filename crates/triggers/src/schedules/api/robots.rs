//! The robots that a trigger names. `GET /odata/ProcessSchedules/…GetRobotIdsForSchedule(key={key})`

use context::Error;
use http::Method;
use serde_json::json;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::schedules::read;

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/ProcessSchedules/UiPath.Server.Configuration.OData.GetRobotIdsForSchedule(key={key})",
        "ProcessSchedules_GetRobotIdsForScheduleByKey",
    )
    .summary("Lists the ids of the robots that a trigger with start strategy 0 names.")
    .scope("OR.Jobs.Read")
    .permission("Schedules.View")
    .folder(Folder::Required)
    .answers(200, Shape::Media("application/json"))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let robots = request
        .store()
        .read(move |tx| read::robots(&mut tx.tenant(tenant), folder, id))
        .await?;
    reply::value(&request, "Collection(Edm.Int64)", json!(robots))
}

//! Lists and counts the log entries of a folder. `GET /odata/RobotLogs`, `GET /odata/RobotLogs/…GetTotalCount`

use context::Error;
use http::{HeaderName, Method};
use serde_json::json;
use store::Entity as _;
use web::reply::set_header;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::logs::model::LogEntry;
use crate::logs::read;

/// Header of an answer that rests on the newest entries alone: how many of each level were looked at.
const LOOKED_AT: HeaderName = HeaderName::from_static("x-orchestrion-looked-at");

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/RobotLogs", "RobotLogs_Get")
        .summary("Lists the log entries of a folder, the newest first.")
        .scope("OR.Monitoring.Read")
        .permission("Logs.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Collection(LogEntry::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(LogEntry::model())?;
    let (tenant, folder, options) = (request.tenant()?.id, request.folder()?.id, query.clone());
    let found = request
        .store()
        .read(move |tx| read::list(&mut tx.tenant(tenant), folder, &options))
        .await?;
    let page = found.page.map(|shown| shown.to_json());
    let response = reply::collection(&request, SET, LogEntry::model(), &query, page.items, page.count)?;
    Ok(marked(response, found.cut))
}

pub fn total() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/RobotLogs/UiPath.Server.Configuration.OData.GetTotalCount",
        "RobotLogs_GetTotalCount",
    )
    .summary("Counts the log entries of a folder that meet $filter.")
    .scope("OR.Monitoring.Read")
    .permission("Logs.View")
    .folder(Folder::Required)
    .queryable()
    .answers(
        200,
        Shape::Json {
            name: "ODataValueOfInt64",
            schema: json!({ "type": "object", "properties": { "value": { "type": "integer", "format": "int64" } } }),
        },
    )
    .handler(handle_total)
}

async fn handle_total(request: Request) -> Result<Response, Error> {
    let query = request.odata(LogEntry::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (count, cut) = request
        .store()
        .read(move |tx| read::count(&mut tx.tenant(tenant), folder, &query))
        .await?;
    let response = reply::value(&request, "Edm.Int64", json!(count))?;
    Ok(marked(response, cut))
}

fn marked(mut response: Response, cut: bool) -> Response {
    if cut {
        set_header(&mut response, LOOKED_AT, &read::LOOKED_AT.to_string());
    }
    response
}

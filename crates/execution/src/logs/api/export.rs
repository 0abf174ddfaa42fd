//! Asks for a file of the log entries of a folder. `POST /odata/RobotLogs/…Export`

use access::exports::{self, Criteria, Export};
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::logs::export;
use crate::logs::model::LogEntry;

/// Answers at once; the file is made in the background.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/RobotLogs/UiPath.Server.Configuration.OData.Export",
        "RobotLogs_Export",
    )
    .summary("Asks for a CSV file of the log entries of a folder that meet $filter.")
    .scope("OR.Monitoring.Write")
    .permission("Logs.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Export::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let criteria = Criteria::of(&request, LogEntry::model())?;
    export::check(&request.odata(LogEntry::model())?)?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let wanted = export::wanted(criteria, request.folder()?.id)?;
    let export = request
        .store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    reply::entity(
        &request,
        200,
        "Exports",
        Export::model(),
        None,
        access::rows::published(&export),
    )
}

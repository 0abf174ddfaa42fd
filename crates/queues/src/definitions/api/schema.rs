//! A JSON schema as a file. `GET /odata/QueueDefinitions({key})/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='{type}')`

use context::Error;
use http::Method;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::definitions::read;
use crate::definitions::schemas::Of;

const FILE: &str = "application/octet-stream";

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions({key})/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='{jsonSchemaType}')",
        "QueueDefinitions_GetJsonSchemaDefinitionByIdAndJsonschematype",
    )
    .summary("Gets a JSON schema of a queue as a file: SpecificData, OutputData or AnalyticsData.")
    .scope("OR.Queues.Read")
    .permission("Queues.Edit")
    .folder(Folder::Required)
    .answers(200, Shape::Media(FILE))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let of = Of::parse(&request.text("jsonSchemaType")?)?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let text = request
        .store()
        .read(move |tx| read::schema(&mut tx.tenant(tenant), folder, id, of))
        .await?;
    let name = format!("attachment; filename=\"{}.json\"", of.member());
    Reply::ok().header("content-disposition", &name).bytes(FILE, text)
}

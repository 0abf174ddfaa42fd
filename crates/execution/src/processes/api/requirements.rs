//! What the package of a process needs. `GET /odata/Releases({key})/…GetResources(processKey='{id:version}')`: not in the contract.

use context::Error;
use http::Method;
use serde_json::Value;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::asked;
use crate::processes::read;

pub fn operation() -> Operation {
    let path = "/odata/Releases({key})/UiPath.Server.Configuration.OData.GetResources(processKey='{processKey}')";
    Operation::orchestrator(Method::GET, path, "Releases_GetResourcesByIdAndProcesskey")
        .summary("Lists the resources that a version of the package of a process needs, as the package says.")
        .scope("OR.Execution.Read")
        .permission("Processes.View")
        .folder(Folder::Optional)
        .answers(200, Shape::Media("application/json"))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, id, asked) = (request.tenant()?.id, request.integer("key")?, asked(&request));
    let key = request.text("processKey")?;
    let resources = request
        .store()
        .read(move |tx| read::requirements(&mut tx.tenant(tenant), &asked, id, Some(key.as_str())))
        .await?;
    reply::value(&request, "Collection(Edm.Untyped)", Value::from(resources))
}

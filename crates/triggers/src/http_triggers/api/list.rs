//! The API triggers of a folder. `GET /odata/HttpTriggers`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/HttpTriggers", "HttpTriggers_Get")
        .summary("Lists the API triggers of a folder.")
        .scope("OR.Jobs.Read")
        .permission("Schedules.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Collection(HttpTrigger::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(HttpTrigger::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.clone());
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &folder, &options))
        .await?;
    reply::collection(&request, SET, HttpTrigger::model(), &query, page.items, page.count)
}

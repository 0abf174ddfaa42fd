//! One API trigger. `GET /odata/HttpTriggers({guid})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/HttpTriggers({key})", "HttpTriggers_GetById")
        .summary("Gets an API trigger of a folder.")
        .scope("OR.Jobs.Read")
        .permission("Schedules.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Entity(HttpTrigger::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(HttpTrigger::model())?;
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.clone(), request.guid("key")?);
    let trigger = request
        .store()
        .read(move |tx| service::get(&mut tx.tenant(tenant), &folder, key))
        .await?;
    reply::entity(&request, 200, SET, HttpTrigger::model(), Some(&query), trigger)
}

//! One trigger of a folder. `GET /odata/ProcessSchedules({key})` and `GET /odata/ProcessSchedules/…GetByKey(identifier={guid})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::schedules::model::Schedule;
use crate::schedules::read;

pub fn by_id() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/ProcessSchedules({key})",
        "ProcessSchedules_GetById",
    )
    .summary("Gets a time or queue trigger of a folder.")
    .scope("OR.Jobs.Read")
    .permission("Schedules.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Schedule::model()))
    .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(Schedule::model())?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let schedule = request
        .store()
        .read(move |tx| read::by_id(&mut tx.tenant(tenant), folder, id))
        .await?;
    reply::entity(&request, 200, SET, Schedule::model(), Some(&query), schedule)
}

/// What newer clients call; not in the contract.
pub fn by_key() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/ProcessSchedules/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})",
        "ProcessSchedules_GetByKeyByIdentifier",
    )
    .summary("Gets a time or queue trigger of a folder by its GUID.")
    .scope("OR.Jobs.Read")
    .permission("Schedules.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Schedule::model()))
    .handler(handle_by_key)
}

async fn handle_by_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(Schedule::model())?;
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("identifier")?);
    let schedule = request
        .store()
        .read(move |tx| read::by_key(&mut tx.tenant(tenant), folder, key))
        .await?;
    reply::entity(&request, 200, SET, Schedule::model(), Some(&query), schedule)
}

//! One queue of a folder. `GET /odata/QueueDefinitions({key})`, `GET /odata/QueueDefinitions/…GetByKey(identifier={guid})` and
//! `GET /odata/QueueDefinitions/…GetQueue(id={id})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, seen};
use crate::definitions::model::Queue;
use crate::definitions::read;

pub fn by_id() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions({key})",
        "QueueDefinitions_GetById",
    )
    .summary("Gets a queue of a folder.")
    .scope("OR.Queues.Read")
    .permission("Queues.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Queue::model()))
    .handler(|request| handle_by_id(request, "key"))
}

/// The same under the name that newer clients call: not in the contract.
pub fn with_retention() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetQueue(id={id})",
        "QueueDefinitions_GetQueueById",
    )
    .summary("Gets a queue of a folder, with how long its items are kept.")
    .scope("OR.Queues.Read")
    .permission("Queues.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Queue::model()))
    .handler(|request| handle_by_id(request, "id"))
}

async fn handle_by_id(request: Request, name: &'static str) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let (tenant, seen, id) = (request.tenant()?.id, seen(&request)?, request.integer(name)?);
    let options = query.clone();
    let queue = request
        .store()
        .read_here(move |tx| read::by_id(&mut tx.tenant(tenant), &seen, id, &options))
        .await?;
    reply::entity(&request, 200, SET, Queue::model(), Some(&query), queue)
}

pub fn by_key() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})",
        "QueueDefinitions_GetByKeyByIdentifier",
    )
    .summary("Gets a queue of a folder by its GUID.")
    .scope("OR.Queues.Read")
    .permission("Queues.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Queue::model()))
    .handler(handle_by_key)
}

async fn handle_by_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let (tenant, seen, key) = (request.tenant()?.id, seen(&request)?, request.guid("identifier")?);
    let options = query.clone();
    let queue = request
        .store()
        .read(move |tx| read::by_key(&mut tx.tenant(tenant), &seen, key, &options))
        .await?;
    reply::entity(&request, 200, SET, Queue::model(), Some(&query), queue)
}

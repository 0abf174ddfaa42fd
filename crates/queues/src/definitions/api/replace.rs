//! Replaces what a queue says. `PUT /odata/QueueDefinitions({key})` and `POST /odata/QueueDefinitions/…EditQueue`

use context::Error;
use http::Method;
use odata::Query;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, seen};
use crate::definitions::input::{Draft, QueueInput};
use crate::definitions::model::Queue;
use crate::definitions::{read, service};

/// The contract answers 200 without a shape; the queue is sent because some clients parse a body after every call.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::PUT,
        "/odata/QueueDefinitions({key})",
        "QueueDefinitions_PutById",
    )
    .summary("Replaces a queue. Rules on references and encryption stay what they were.")
    .scope("OR.Queues.Write")
    .permission("Queues.Edit")
    .folder(Folder::Required)
    .queryable()
    .takes_entity(Queue::model())
    .answers(200, Shape::Entity(Queue::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let id = request.integer("key")?;
    let draft = QueueInput::read(request.value()?)?.check()?;
    replace(&request, id, draft, query).await
}

async fn replace(request: &Request, id: i64, draft: Draft, query: Query) -> Result<Response, Error> {
    let (tenant, seen) = (request.tenant()?.id, seen(request)?);
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let queue = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::replace(&mut scope, &ctx, seen.folder, id, &draft)?;
            read::by_id(&mut scope, &seen, id, &options)
        })
        .await?;
    reply::entity(request, 200, SET, Queue::model(), Some(&query), queue)
}

/// What newer clients call: the id is in the body. Not in the contract. The queue is sent because some clients parse a body after every
/// call.
pub fn with_retention() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.EditQueue",
        "QueueDefinitions_EditQueue",
    )
    .summary("Replaces the queue whose Id the body names, with how long its items are kept.")
    .scope("OR.Queues.Write")
    .permission("Queues.Edit")
    .folder(Folder::Required)
    .takes_entity(Queue::model())
    .answers(200, Shape::Entity(Queue::model()))
    .handler(handle_edit)
}

async fn handle_edit(request: Request) -> Result<Response, Error> {
    let draft = QueueInput::read(request.value()?)?.check()?;
    let id = draft.id.ok_or_else(|| Error::field("Id", "Id is required."))?;
    replace(&request, id, draft, Query::new(Queue::model())).await
}

//! Makes a queue in a folder. `POST /odata/QueueDefinitions` and `POST /odata/QueueDefinitions/…CreateQueue`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, seen};
use crate::definitions::input::QueueInput;
use crate::definitions::model::Queue;
use crate::definitions::{read, service};

pub fn operation() -> Operation {
    making("/odata/QueueDefinitions", "QueueDefinitions_Post").summary("Makes a queue in a folder.")
}

/// The same under the name that newer clients call: not in the contract.
pub fn with_retention() -> Operation {
    making(
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.CreateQueue",
        "QueueDefinitions_CreateQueue",
    )
    .summary("Makes a queue in a folder, and says how long its items are kept.")
}

fn making(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Queues.Write")
        .permission("Queues.Create")
        .folder(Folder::Required)
        .queryable()
        .takes_entity(Queue::model())
        .answers(201, Shape::Entity(Queue::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let draft = QueueInput::read(request.value()?)?.check()?;
    let (tenant, seen) = (request.tenant()?.id, seen(&request)?);
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let queue = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let id = service::create(&mut scope, &ctx, seen.folder, &draft)?;
            read::by_id(&mut scope, &seen, id, &options)
        })
        .await?;
    reply::entity(&request, 201, SET, Queue::model(), Some(&query), queue)
}

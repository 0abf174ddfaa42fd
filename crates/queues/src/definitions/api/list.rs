//! Lists of queues. `GET /odata/QueueDefinitions` and `GET /odata/QueueDefinitions/…ListQueues`

use access::folders::links::Permits;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, seen};
use crate::definitions::model::Queue;
use crate::definitions::read;

/// Of a folder, or of all folders in which the caller may see queues.
pub fn operation() -> Operation {
    listing("/odata/QueueDefinitions", "QueueDefinitions_Get")
        .summary("Lists the queues of a folder; without one, those of all folders in which the caller may see queues.")
}

/// The same under the name that newer clients call: not in the contract.
pub fn rows() -> Operation {
    listing(
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.ListQueues",
        "QueueDefinitions_ListQueues",
    )
    .summary("Lists queues as QueueDefinitions does.")
}

fn listing(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Queues.Read")
        .permission("Queues.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Collection(Queue::model()))
        .handler(handle)
}

/// What could be linked into a folder.
pub fn across_folders() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders",
        "QueueDefinitions_GetQueuesAcrossFolders",
    )
    .summary("Lists the queues of all folders in which the caller may see them.")
    .scope("OR.Queues.Read")
    .folder(Folder::None)
    .parameters(&["excludeFolderId"])
    .queryable()
    .answers(200, Shape::Collection(Queue::model()))
    .handler(handle_across)
}

async fn handle_across(request: Request) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let except = request.parse::<i64>("excludeFolderId")?;
    let tenant = request.tenant()?.id;
    let permits = Permits::of(&request)?;
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| read::across_folders(&mut tx.tenant(tenant), &permits, except, &options))
        .await?;
    reply::collection(&request, SET, Queue::model(), &query, page.items, page.count)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Queue::model())?;
    let tenant = request.tenant()?.id;
    let options = query.clone();
    let page = if request.chosen_folder().is_some() {
        let seen = seen(&request)?;
        request
            .store()
            .read(move |tx| read::in_folder(&mut tx.tenant(tenant), &seen, &options))
            .await?
    } else {
        let permits = Permits::of(&request)?;
        permits.view.reach_somewhere()?;
        request
            .store()
            .read(move |tx| read::across_folders(&mut tx.tenant(tenant), &permits, None, &options))
            .await?
    };
    reply::collection(&request, SET, Queue::model(), &query, page.items, page.count)
}

//! Operations of tag QueueItemEvents.

use context::Error;
use http::Method;
use serde_json::Value;
use store::{Entity as _, Page};
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{EVENTS, view};
use crate::items::model::ItemEvent;
use crate::items::read;

/// All operations about the history of items.
pub fn operations() -> Vec<Operation> {
    vec![list(), by_id(), history()]
}

fn reading(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Queues.Read")
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .queryable()
}

fn list() -> Operation {
    reading("/odata/QueueItemEvents", "QueueItemEvents_Get")
        .summary("Lists what happened to the items of a folder.")
        .answers(200, Shape::Collection(ItemEvent::model()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(ItemEvent::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let page = request
        .store()
        .read(move |tx| read::notes::<ItemEvent>(&mut tx.tenant(tenant), &view, &options))
        .await?;
    several(&request, &query, page)
}

fn several(request: &Request, query: &odata::Query, page: Page<Value>) -> Result<Response, Error> {
    reply::collection(request, EVENTS, ItemEvent::model(), query, page.items, page.count)
}

fn by_id() -> Operation {
    reading("/odata/QueueItemEvents({key})", "QueueItemEvents_GetById")
        .summary("Gets a line of an item's history.")
        .answers(200, Shape::Entity(ItemEvent::model()))
        .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(ItemEvent::model())?;
    let (tenant, view, id) = (request.tenant()?.id, view(&request).await?, request.integer("key")?);
    let event = request
        .store()
        .read(move |tx| read::event(&mut tx.tenant(tenant), &view, id))
        .await?;
    reply::entity(&request, 200, EVENTS, ItemEvent::model(), Some(&query), event)
}

fn history() -> Operation {
    reading(
        "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory(queueItemId={queueItemId})",
        "QueueItemEvents_GetQueueItemEventsHistoryByQueueitemid",
    )
    .summary("Lists what happened to an item in all its attempts, the oldest first.")
    .answers(200, Shape::Collection(ItemEvent::model()))
    .handler(handle_history)
}

async fn handle_history(request: Request) -> Result<Response, Error> {
    let query = request.odata(ItemEvent::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let id = request.integer("queueItemId")?;
    let page = request
        .store()
        .read(move |tx| read::chain_notes::<ItemEvent>(&mut tx.tenant(tenant), &view, id, &options))
        .await?;
    several(&request, &query, page)
}

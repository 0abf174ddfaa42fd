//! Operations of tag QueueItemEvents.

use context::Error;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::{EVENTS, notes, view};
use crate::items;
use crate::items::model::ItemEvent;

/// All operations about the history of items.
pub fn operations() -> Vec<Operation> {
    vec![
        notes::list::<ItemEvent>(EVENTS, "QueueItemEvents_Get", "/odata/QueueItemEvents")
            .summary("Lists what happened to the items of a folder."),
        notes::reading("/odata/QueueItemEvents({key})", "QueueItemEvents_GetById")
            .summary("Gets a line of an item's history.")
            .answers(200, Shape::Entity(ItemEvent::model()))
            .handler(handle_by_id),
        notes::history::<ItemEvent>(
            EVENTS,
            "QueueItemEvents_GetQueueItemEventsHistoryByQueueitemid",
            "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory(queueItemId={queueItemId})",
        )
        .summary("Lists what happened to an item in all its attempts, the oldest first."),
    ]
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(ItemEvent::model())?;
    let (tenant, view, id) = (request.tenant()?.id, view(&request).await?, request.integer("key")?);
    let event = request
        .store()
        .read(move |tx| items::notes::event(&mut tx.tenant(tenant), &view, id))
        .await?;
    reply::entity(&request, 200, EVENTS, ItemEvent::model(), Some(&query), event)
}

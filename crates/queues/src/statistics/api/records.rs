//! `GET /odata/QueueProcessingRecords/UiPathODataSvc.RetrieveLastDaysProcessingRecords(daysNo={daysNo},queueDefinitionId={queueDefinitionId})`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::statistics::records::{self, Range};

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveLastDaysProcessingRecords(daysNo={daysNo},queueDefinitionId={queueDefinitionId})",
        "QueueProcessingRecords_RetrieveLastDaysProcessingRecordsByDaysnoAndQueuedefinitionid",
    )
    .summary("Lists what was processed in a queue: in the last hour by minute (0), in the last day by hour (1), or by day.")
    .scope("OR.Queues.Read")
    .permission("Queues.View and Transactions.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Collection(records::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(records::model())?;
    let range = Range::days(request.integer("daysNo")?)?;
    let queue = request.integer("queueDefinitionId")?;
    let (tenant, folder, now) = (request.tenant()?.id, request.folder()?.id, request.ctx.now);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| records::list(&mut tx.tenant(tenant), folder, queue, range, now, &options))
        .await?;
    reply::collection(&request, SET, records::model(), &query, page.items, page.count)
}

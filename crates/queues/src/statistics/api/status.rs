//! `GET /odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus`

use access::Permit;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::statistics::status::{self, QueueStatus};

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus",
        "QueueProcessingRecords_RetrieveQueuesProcessingStatus",
    )
    .summary(
        "Lists the numbers of the queues of a folder; without one, of all folders in which the caller may see queues.",
    )
    .scope("OR.Queues.Read")
    .permission("Queues.View")
    .folder(Folder::Optional)
    .queryable()
    .answers(200, Shape::Collection(QueueStatus::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(QueueStatus::model())?;
    let (tenant, options) = (request.tenant()?.id, query.clone());
    let page = if let Some(folder) = request.chosen_folder() {
        let folder = folder.id;
        request
            .store()
            .read(move |tx| status::in_folder(&mut tx.tenant(tenant), folder, &options))
            .await?
    } else {
        let reach = Permit::of(&request).reach_somewhere()?;
        request
            .store()
            .read(move |tx| status::within_reach(&mut tx.tenant(tenant), &reach, &options))
            .await?
    };
    let of = "Collection(UiPath.Server.Configuration.OData.QueueProcessingStatusDto)";
    reply::collection(&request, of, QueueStatus::model(), &query, page.items, page.count)
}

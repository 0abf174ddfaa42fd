//! Asks for a file of the items of a queue. `POST /odata/QueueDefinitions({key})/…Export`

use access::exports::{self, Criteria, Export};
use access::folders::links::no_such;
use context::Error;
use http::Method;
use store::{Entity as _, params};
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::definitions::model::{FolderQueue, Queue};
use crate::items::export;
use crate::items::model::Item;

/// Answers at once; the file is made in the background.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/QueueDefinitions({key})/UiPathODataSvc.Export",
        "QueueDefinitions_ExportById",
    )
    .summary("Asks for a CSV file of the items of a queue that meet $filter.")
    .scope("OR.Queues.Write")
    .permission("Queues.View and Transactions.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Export::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let criteria = Criteria::of(&request, Item::model())?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let ctx = request.ctx.clone();
    let export = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let queue = scope.find_one::<FolderQueue>("folder_id = ? and id = ?", params![folder, id])?;
            let queue = queue.ok_or_else(|| no_such::<Queue>(id))?;
            let wanted = export::wanted(criteria.clone(), folder, id, &queue.name)?;
            exports::request(&mut scope, &ctx, wanted)
        })
        .await?;
    reply::entity(
        &request,
        200,
        "Exports",
        Export::model(),
        None,
        access::rows::published(&export),
    )
}

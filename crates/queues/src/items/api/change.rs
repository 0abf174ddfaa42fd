//! Edits and deletes items.

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::change_by;
use crate::items::change::{self, Deed};
use crate::items::input::{BulkChange, ItemInput};
use crate::state::Queues;

/// All operations that edit and delete items.
pub fn operations() -> Vec<Operation> {
    vec![
        edit(),
        delete("/odata/QueueItems({key})", "QueueItems_DeleteById"),
        delete("/api/QueueItems/{key}", "QueueItems_DeleteByOtherName"),
        delete_many(),
    ]
}

/// The contract answers 200 without a shape; an empty object is sent because some clients parse a body after every call.
fn edit() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/QueueItems({key})", "QueueItems_PutById")
        .summary("Edits an item that was not taken yet, or erases the content of a finished one.")
        .scope("OR.Queues.Write")
        .permission("Queues.Edit and Transactions.Edit")
        .folder(Folder::Required)
        .takes::<ItemInput>("QueueItemDataDto")
        .answers(
            200,
            Shape::Json {
                name: "Done",
                schema: json!({ "type": "object" }),
            },
        )
        .handler(handle_edit)
}

async fn handle_edit(request: Request) -> Result<Response, Error> {
    let body = request.value()?;
    let version = body.get("RowVersion").and_then(Value::as_str).map(str::to_owned);
    let input: ItemInput = web::bind(body)?;
    let (tenant, id) = (request.tenant()?.id, request.integer("key")?);
    let (change, shared) = (change_by(&request).await?, request.state::<Queues>()?.shared.clone());
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            change::edit(&mut scope, &shared, &change, id, input.clone(), version.as_deref())
        })
        .await?;
    Reply::ok().odata(&json!({}))
}

fn delete(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::DELETE, path, id)
        .summary("Deletes an item. It stays visible, with status Deleted, until its time is over.")
        .scope("OR.Queues.Write")
        .permission("Queues.View and Transactions.Delete")
        .folder(Folder::Required)
        .answers(204, Shape::Nothing)
        .handler(handle_delete)
}

async fn handle_delete(request: Request) -> Result<Response, Error> {
    let (tenant, id) = (request.tenant()?.id, request.integer("key")?);
    let (change, shared) = (change_by(&request).await?, request.state::<Queues>()?.shared.clone());
    request
        .store()
        .write_locking(move |tx| change::delete(&mut tx.tenant(tenant), &shared, &change, id))
        .await?;
    reply::no_content()
}

fn delete_many() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/QueueItems/UiPathODataSvc.DeleteBulk",
        "QueueItems_DeleteBulk",
    )
    .summary("Deletes several items; those that cannot be deleted are named.")
    .scope("OR.Queues.Write")
    .permission("Queues.View and Transactions.Delete")
    .folder(Folder::Required)
    .takes::<BulkChange>("QueueItemDeleteBulkRequest")
    .answers(200, bulk_shape())
    .handler(|request| async move {
        let input: BulkChange = request.json()?;
        several(&request, Deed::Delete, input).await
    })
}

/// Contract schema `BulkOperationResponseDtoOfInt64`.
pub fn bulk_shape() -> Shape {
    Shape::Json {
        name: "BulkOperationResponseDtoOfInt64",
        schema: json!({
            "type": "object",
            "properties": {
                "Success": { "type": "boolean" },
                "Message": { "type": "string" },
                "FailedItems": { "type": "array", "items": { "type": "integer", "format": "int64" } },
            },
        }),
    }
}

/// Does a deed to the items that a request names.
pub async fn several(request: &Request, deed: Deed, input: BulkChange) -> Result<Response, Error> {
    let items = input
        .queue_items
        .ok_or_else(|| Error::field("queueItems", "queueItems must not be null."))?;
    let tenant = request.tenant()?.id;
    let total = items.len();
    let (change, shared) = (change_by(request).await?, request.state::<Queues>()?.shared.clone());
    let failed = request
        .store()
        .write_locking(move |tx| change::bulk(&mut tx.tenant(tenant), &shared, &change, deed, &items))
        .await?;
    let message = match failed.first() {
        None => format!("{total} items were changed."),
        Some((id, first)) => format!(
            "{} of {total} items were changed. Item {id}: {}",
            total - failed.len(),
            first.message
        ),
    };
    let ids: Vec<i64> = failed.iter().map(|(id, _)| *id).collect();
    let of = "UiPath.Server.Configuration.OData.BulkOperationResponseDtoOfInt64";
    Reply::ok().odata(&json!({
        "@odata.context": request.context_url(of),
        "Success": ids.is_empty(),
        "Message": message,
        "FailedItems": ids,
    }))
}

//! Removing versions. `DELETE /odata/Processes('{key}')`, `DELETE /odata/Libraries('{key}')`

use context::{Error, codes};
use http::Method;
use serde_json::{Value, json};
use web::{Operation, Reply, Request, Response, Shape, reply};

use super::{LIBRARIES, PROCESSES, Shelf};
use crate::feeds::{self, Deed};
use crate::service::{self, Removed};

/// Complex type of the answer that tells what stays.
const ITEMS: &str = "Collection(UiPath.Server.Configuration.OData.BulkItemDtoOfString)";

pub fn operations() -> Vec<Operation> {
    let removing = |shelf: &'static Shelf, path, id| {
        shelf
            .operation(Method::DELETE, path, id, Deed::Delete)
            .answers(200, Shape::Media("application/json"))
            .answers(204, Shape::Nothing)
    };
    vec![
        removing(&PROCESSES, "/odata/Processes('{key}')", "Processes_DeleteById")
            .summary("Deletes a package version (Id:Version), or all versions that no process uses (Id).")
            .handler(|request| handle(request, &PROCESSES)),
        removing(&LIBRARIES, "/odata/Libraries('{key}')", "Libraries_DeleteById")
            .summary("Deletes a library version (Id:Version), or all versions (Id).")
            .handler(|request| handle(request, &LIBRARIES)),
    ]
}

async fn handle(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let feed = feeds::of_request(&request, shelf.kind, Deed::Delete).await?;
    let (tenant, key, ctx) = (request.tenant()?.id, request.text("key")?, request.ctx.clone());
    let removed = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            if let (id, None) = service::split_key(&key) {
                return service::remove_unused(&mut scope, &ctx, &feed, id);
            }
            let version = service::by_key(&mut scope, &feed, &key)?;
            service::remove(&mut scope, &ctx, &feed, &version)?;
            Ok(Removed::default())
        })
        .await?;
    if removed.kept.is_empty() {
        return reply::no_content();
    }
    let gone = removed
        .removed
        .iter()
        .map(|version| json!({ "Key": version.key_text(), "Status": "OK", "Body": Value::Null }));
    let kept = removed.kept.iter().map(|version| {
        let text = format!("{} is used by processes and cannot be deleted.", version.key_text());
        let body =
            json!({ "message": text, "errorCode": codes::HAS_ATTACHED_PROCESSES, "traceId": &*request.ctx.trace });
        json!({ "Key": version.key_text(), "Status": "Conflict", "Body": body.to_string() })
    });
    let items: Vec<Value> = gone.chain(kept).collect();
    Reply::ok().odata(&odata::envelope::collection(&request.context_url(ITEMS), None, items))
}

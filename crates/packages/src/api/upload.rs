//! Uploads. `POST /odata/Processes/…UploadPackage`, `POST /odata/Libraries/…UploadPackage`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Operation, Reply, Request, Response, Shape};

use super::{LIBRARIES, PROCESSES, Shelf};
use crate::feeds::{self, Deed};
use crate::upload;

/// Complex type of the answer.
const ITEMS: &str = "Collection(UiPath.Server.Configuration.OData.BulkItemDtoOfString)";

pub fn operations() -> Vec<Operation> {
    let uploading = |shelf: &'static Shelf, path, id| {
        shelf
            .operation(Method::POST, path, id, Deed::Create)
            .takes_shape(Shape::Media("multipart/form-data"))
            .streams(upload::LARGEST)
    };
    let items = || Shape::Json {
        name: "BulkItemDtoOfStringCollection",
        schema: json!({ "type": "object", "properties": { "value": { "type": "array", "items": { "type": "object", "properties": {
            "Key": { "type": "string" }, "Status": { "type": "string" }, "Body": { "type": "string" }
        }}}}}),
    };
    vec![
        uploading(
            &PROCESSES,
            "/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage",
            "Processes_UploadPackage",
        )
        .summary("Publishes up to ten packages. 200 when all were published, 207 when some were.")
        .answers(200, items())
        .answers(207, items())
        .handler(|request| handle(request, &PROCESSES, 200)),
        uploading(
            &LIBRARIES,
            "/odata/Libraries/UiPath.Server.Configuration.OData.UploadPackage",
            "Libraries_UploadPackage",
        )
        .summary("Publishes up to ten libraries.")
        .answers(207, items())
        .handler(|request| handle(request, &LIBRARIES, 207)),
    ]
}

async fn handle(request: Request, shelf: &'static Shelf, success: u16) -> Result<Response, Error> {
    let feed = feeds::of_request(&request, shelf.kind, Deed::Create).await?;
    let mut outcomes = upload::publish(&request, &feed).await?;
    // With a single file its failure is that of the call.
    if outcomes.len() == 1 && outcomes[0].result.is_err() {
        outcomes.remove(0).result?;
    }
    let failed = outcomes.iter().any(|outcome| outcome.result.is_err());
    for outcome in &outcomes {
        if let Err(error) = &outcome.result
            && error.kind == context::Kind::Internal
        {
            return Err(error.clone());
        }
    }
    let items: Vec<Value> = outcomes.iter().map(|outcome| upload::item(&request, outcome)).collect();
    let context = request.context_url(ITEMS);
    Reply::new(if failed { 207 } else { success }).odata(&odata::envelope::collection(&context, None, items))
}

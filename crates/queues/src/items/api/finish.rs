//! The end of a transaction, and how far it is. `POST /odata/Queues({key})/…SetTransactionResult` and
//! `POST /odata/QueueItems({key})/…SetTransactionProgress`

use access::sealing::Sealer;
use context::Error;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use super::who;
use crate::items::content;
use crate::items::finish::{Finish, Told};
use crate::items::input::{ResultInput, ResultRequest};
use crate::state::Queues;

/// Output and analytics of 1 MiB each, and the texts of an exception, in any encoding.
const LONGEST_BODY: usize = 16 << 20;

/// The contract answers 200 without a shape; an empty object is sent because some clients parse a body after every call.
pub fn result() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Queues({key})/UiPathODataSvc.SetTransactionResult",
        "Queues_SetTransactionResultById",
    )
    .summary("Ends a transaction, or puts its item back for later.")
    .scope("OR.Queues.Write")
    .permission("Queues.View and Transactions.Edit")
    .folder(Folder::Required)
    .body_limit(LONGEST_BODY)
    .takes::<ResultRequest>("QueueSetTransactionResultRequest")
    .answers(200, nothing())
    .handler(handle_result)
}

/// An object without members.
fn nothing() -> Shape {
    Shape::Json {
        name: "Done",
        schema: json!({ "type": "object" }),
    }
}

async fn handle_result(request: Request) -> Result<Response, Error> {
    let input: ResultInput = request.action("transactionResult")?;
    let result = input.check(request.ctx.now)?;
    tell(&request, Told::Result(result)).await
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct ProgressRequest {
    progress: Option<String>,
}

/// Tells how far a transaction is.
pub fn progress() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/QueueItems({key})/UiPathODataSvc.SetTransactionProgress",
        "QueueItems_SetTransactionProgressById",
    )
    .summary("Tells how far a transaction is.")
    .scope("OR.Queues.Write")
    .permission("Queues.View and Transactions.Edit")
    .folder(Folder::Required)
    .takes::<ProgressRequest>("QueueSetTransactionProgressRequest")
    .answers(200, nothing())
    .handler(handle_progress)
}

async fn handle_progress(request: Request) -> Result<Response, Error> {
    let input: ProgressRequest = request.json()?;
    let progress = input
        .progress
        .ok_or_else(|| Error::field("progress", "progress must not be null."))?;
    content::check_progress(&progress)?;
    tell(&request, Told::Progress(progress)).await
}

async fn tell(request: &Request, told: Told) -> Result<Response, Error> {
    let queues = request.state::<Queues>()?;
    let weight = told.weight();
    let call = Finish {
        ctx: request.ctx.clone(),
        tenant: request.tenant()?.id,
        folder: request.folder()?.id,
        who: who(request).await?,
        item: request.integer("key")?,
        sealer: Sealer::of(request).await?,
        told,
    };
    queues.finishes.call(call, weight).await?;
    Reply::ok().odata(&json!({}))
}

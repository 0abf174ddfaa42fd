//! Adds many items in one unit of work. `POST /odata/Queues/…BulkAddQueueItems`

use std::sync::Arc;

use access::sealing::Sealer;
use context::{Ctx, Error, codes};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use super::add::changing;
use super::{TRIES, job, name, who};
use crate::items::add::{self, Bulk, BulkFault, CommitType};
use crate::items::input::{Basis, BulkInput, Draft, ItemInput};
use crate::items::write::Who;
use crate::state::{Definition, Queues};

/// Items of one call at most (reference: queues 5.2).
pub const MOST: usize = 15_000;
/// Bytes of one call at most.
const LONGEST_BODY: usize = 64 << 20;

/// Under the name of the contract, and the one that some clients use.
pub fn operations() -> [Operation; 2] {
    [
        operation(
            "/odata/Queues/UiPathODataSvc.BulkAddQueueItems",
            "Queues_BulkAddQueueItems",
        ),
        operation(
            "/odata/Queues/UiPath.Server.Configuration.OData.BulkAddQueueItems",
            "Queues_BulkAddQueueItemsByOtherName",
        ),
    ]
}

fn operation(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .summary("Adds up to 15,000 items to a queue, in one unit of work.")
        .scope("OR.Queues.Write")
        .permission("Queues.View and Transactions.Create")
        .folder(Folder::Required)
        .body_limit(LONGEST_BODY)
        .takes::<BulkInput>("BulkAddQueueItemsRequest")
        .answers(
            200,
            Shape::Json {
                name: "BulkOperationResponseDtoOfFailedQueueItemDto",
                schema: json!({
                    "type": "object",
                    "properties": {
                        "Success": { "type": "boolean" },
                        "Message": { "type": "string" },
                        "FailedItems": { "type": "array", "items": {
                            "type": "object",
                            "properties": {
                                "Ordinal": { "type": "integer" },
                                "ErrorCode": { "type": "string" },
                                "ErrorMessage": { "type": "string" },
                                "Reference": { "type": "string" },
                            },
                        } },
                    },
                }),
            },
        )
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let input: BulkInput = request.json()?;
    let name = name(Some(&input.queue_name), "queueName")?;
    let commit = input
        .commit_type
        .ok_or_else(|| Error::field("commitType", "commitType is required."))?;
    let given = input
        .queue_items
        .ok_or_else(|| Error::field("queueItems", "queueItems must not be null."))?;
    let items = Adding {
        name,
        commit,
        given: Arc::new(given),
    };
    let failed = items.add(&request).await?;
    Reply::ok().odata(&answer(&request, &items, &failed))
}

/// Items that are to be added together.
pub struct Adding {
    pub name: String,
    pub commit: CommitType,
    pub given: Arc<Vec<Value>>,
}

impl Adding {
    /// Adds them by the rules of their commit type, and answers those that were not, by position.
    ///
    /// # Errors
    /// 404 for the queue; 400 for too many items.
    pub async fn add(&self, request: &Request) -> Result<Vec<(usize, Error)>, Error> {
        if self.given.len() > MOST {
            return Err(Error::field(
                "queueItems",
                format!(
                    "At most {MOST} items can be added at a time; these are {}.",
                    self.given.len()
                ),
            ));
        }
        let queues = request.state::<Queues>()?;
        let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
        let (who, job) = (who(request).await?, job(request)?);
        let sealer = Sealer::of(request).await?;
        for _ in 0..TRIES {
            let definition = queues.named(tenant, folder, &self.name).await?;
            let check = Check {
                ctx: request.ctx.clone(),
                sealer: definition.queue.encrypted.then(|| sealer.clone()),
                definition: definition.clone(),
                job,
                given: self.given.clone(),
                stops: self.commit == CommitType::StopOnFirstFailure,
            };
            // Reading thousands of items takes long enough to be done beside the tasks that serve others.
            let drafts = tokio::task::spawn_blocking(move || check.all())
                .await
                .map_err(Error::internal)?;
            let call = Arc::new(self.call(request, definition, who.clone(), drafts)?);
            let shared = queues.shared.clone();
            let done = request
                .store()
                .write_locking(move |tx| add::bulk(&mut tx.tenant(tenant), &shared, &call))
                .await;
            match done {
                Ok(failed) => return Ok(failed),
                Err(BulkFault::Other(error)) => return Err(error),
                Err(BulkFault::Stale) => queues.forget(tenant, folder, &self.name),
            }
        }
        Err(changing())
    }

    fn call(
        &self,
        request: &Request,
        definition: Arc<Definition>,
        who: Who,
        drafts: Vec<Result<Draft, Error>>,
    ) -> Result<Bulk, Error> {
        Ok(Bulk {
            ctx: request.ctx.clone(),
            folder: request.folder()?.id,
            definition,
            who,
            commit: self.commit,
            drafts,
        })
    }
}

struct Check {
    ctx: Ctx,
    sealer: Option<Sealer>,
    definition: Arc<Definition>,
    job: Option<Uuid>,
    given: Arc<Vec<Value>>,
    stops: bool,
}

impl Check {
    /// Checks the items, all of them or up to the first that is wrong.
    fn all(&self) -> Vec<Result<Draft, Error>> {
        let basis = Basis {
            ctx: &self.ctx,
            definition: &self.definition,
            sealer: self.sealer.as_ref(),
            job: self.job,
        };
        let mut drafts = Vec::with_capacity(self.given.len());
        for given in self.given.iter() {
            let draft = web::bind::<ItemInput>(given.clone()).and_then(|input| input.check(basis));
            let stops = self.stops && draft.is_err();
            drafts.push(draft);
            if stops {
                break;
            }
        }
        drafts
    }
}

fn answer(request: &Request, items: &Adding, failed: &[(usize, Error)]) -> Value {
    let total = items.given.len();
    let message = match (failed.len(), items.commit) {
        (0, _) => "All items were added.".to_owned(),
        (_, CommitType::AllOrNothing) => "No item was added, since some are wrong.".to_owned(),
        (_, CommitType::StopOnFirstFailure) => {
            let added = failed.first().map_or(0, |(at, _)| *at);
            format!("{added} of {total} items were added, up to the first that is wrong.")
        }
        (wrong, CommitType::ProcessAllIndependently) => format!("{} of {total} items were added.", total - wrong),
    };
    let failed: Vec<Value> = failed
        .iter()
        .map(|(at, error)| {
            let reference = items
                .given
                .get(*at)
                .and_then(|given| given.get("Reference"))
                .filter(|text| text.is_string());
            json!({
                "Ordinal": at + 1,
                "ErrorCode": error_name(error.code),
                "ErrorMessage": error.message,
                "Reference": reference,
            })
        })
        .collect();
    let of = "UiPath.Server.Configuration.OData.BulkOperationResponseDtoOfFailedQueueItemDto";
    json!({
        "@odata.context": request.context_url(of),
        "Success": failed.is_empty(),
        "Message": message,
        "FailedItems": failed,
    })
}

/// The name that the contract gives to an error number, where items can have it (contract schema `FailedQueueItemDto`).
fn error_name(code: i32) -> &'static str {
    match code {
        codes::DUPLICATE_REFERENCE => "DuplicateReference",
        codes::INVALID_ARGUMENT => "InvalidArgument",
        codes::INVALID_REQUEST => "InvalidRequest",
        codes::TRANSACTION_REFERENCE_REQUIRED => "TransactionReferenceRequired",
        codes::QUEUE_ITEM_SCHEMA_VIOLATION => "QueueItemSchemaViolationException",
        codes::QUEUE_ITEM_CONTENT_SIZE_EXCEEDED => "QueueItemContentSizeExceeded",
        codes::QUEUE_ITEM_PROGRESS_SIZE_EXCEEDED => "QueueItemProgressDataSizeExceeded",
        _ => "Unknown",
    }
}

//! Adds an item. `POST /odata/Queues/…AddQueueItem`

use access::sealing::Sealer;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, TRIES, job, name, who};
use crate::items::add::{Add, Taker};
use crate::items::input::{AddRequest, Basis, ItemInput};
use crate::items::keys::Key;
use crate::items::model::FolderItem;
use crate::items::wire;
use crate::items::write::Outcome;
use crate::state::Queues;

/// Under the name of the contract, and the one that some clients use.
pub fn operations() -> [Operation; 2] {
    [
        operation("/odata/Queues/UiPathODataSvc.AddQueueItem", "Queues_AddQueueItem"),
        operation(
            "/odata/Queues/UiPath.Server.Configuration.OData.AddQueueItem",
            "Queues_AddQueueItemByOtherName",
        ),
    ]
}

fn operation(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .summary("Adds an item to a queue. The header Idempotency-Key makes it safe to repeat the call.")
        .scope("OR.Queues.Write")
        .permission("Queues.View and Transactions.Create")
        .folder(Folder::Required)
        .takes::<AddRequest>("AddQueueItemRequest")
        .answers(201, Shape::Entity(FolderItem::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let input: ItemInput = request.action("itemData")?;
    let name = name(input.name.as_deref(), "Name")?;
    add(&request, &name, &input, None, 201).await
}

/// Adds an item that is `taken` at once, or by nobody yet, and answers it.
pub async fn add(
    request: &Request,
    name: &str,
    input: &ItemInput,
    taken: Option<Taker>,
    status: u16,
) -> Result<Response, Error> {
    let queues = request.state::<Queues>()?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (who, key, job) = (who(request).await?, Key::of(request)?, job(request)?);
    let sealer = Sealer::of(request).await?;
    for _ in 0..TRIES {
        let definition = queues.named(tenant, folder, name).await?;
        let basis = Basis {
            ctx: &request.ctx,
            sealer: definition.queue.encrypted.then_some(&sealer),
            definition: &definition,
            job,
        };
        let mut draft = input.clone().check(basis)?;
        draft.taken = taken;
        let weight = draft.weight();
        let call = Add {
            ctx: request.ctx.clone(),
            tenant,
            folder,
            definition,
            who: who.clone(),
            draft,
            key: key.clone(),
        };
        match queues.adds.call(call, weight).await? {
            Outcome::Item(item, stored) => {
                let value = wire::fresh(&item, stored, folder, &sealer)?;
                return reply::entity(request, status, SET, FolderItem::model(), None, value);
            }
            Outcome::Nothing | Outcome::Stale => queues.forget(tenant, folder, name),
        }
    }
    Err(changing())
}

/// 409 for a queue that changes faster than calls can be checked against it.
pub fn changing() -> Error {
    Error::conflict(
        context::codes::OPTIMISTIC_CONCURRENCY,
        "The queue is being changed. Try again.",
    )
}

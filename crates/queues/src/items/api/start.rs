//! Takes the next item, or adds one and takes it. `POST /odata/Queues/…StartTransaction`

use access::sealing::Sealer;
use access::users::robots;
use context::{Error, codes};
use http::Method;
use store::Entity as _;
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::add::{add, changing};
use super::{SET, TRIES, job, name, who};
use crate::items::add::Taker;
use crate::items::input::{ItemInput, ReferenceFilter, StartInput, StartRequest, reference};
use crate::items::keys::Key;
use crate::items::model::{FolderItem, Priority};
use crate::items::start::{Filter, Start};
use crate::items::wire;
use crate::items::write::Outcome;
use crate::state::Queues;

/// 204 when there is nothing to take.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Queues/UiPathODataSvc.StartTransaction",
        "Queues_StartTransaction",
    )
    .summary("Takes the next item of a queue, or adds an item and takes it. The header Idempotency-Key makes it safe to repeat the call.")
    .scope("OR.Queues.Write")
    .permission("Queues.View and Transactions.View and Transactions.Create and Transactions.Edit")
    .folder(Folder::Required)
    .takes::<StartRequest>("QueuesStartTransactionRequest")
    .answers(200, Shape::Entity(FolderItem::model()))
    .answers(204, Shape::Nothing)
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let input: StartInput = request.action("transactionData")?;
    let name = name(input.name.as_deref(), "Name")?;
    let taker = Taker {
        robot: robot(&request, input.robot_identifier.as_deref()).await?,
        job: job(&request)?,
    };
    if input
        .specific_content
        .as_ref()
        .is_some_and(|content| !content.is_empty())
    {
        let item = ItemInput {
            name: input.name,
            priority: Some(Priority::High),
            specific_content: input.specific_content,
            defer_date: input.defer_date,
            due_date: input.due_date,
            reference: input.reference,
            parent_operation_id: input.parent_operation_id,
            ..ItemInput::default()
        };
        return add(&request, &name, &item, Some(taker), 200).await;
    }
    let filter = reference(input.reference)?.map(|reference| {
        let folded = store::fold(&reference);
        match input.reference_filter_option {
            Some(ReferenceFilter::StartsWith) => Filter::StartsWith(folded),
            Some(ReferenceFilter::Equals) | None => Filter::Equals(folded),
        }
    });
    take(&request, &name, filter, taker).await
}

/// The robot that jobs know by this key (`UIPATH_ROBOT_KEY`).
async fn robot(request: &Request, identifier: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(text) = identifier.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let key = Uuid::parse_str(text).map_err(|_| Error::field("RobotIdentifier", "RobotIdentifier must be a GUID."))?;
    let tenant = request.tenant()?.id;
    let found = request
        .store()
        .read_here(move |tx| robots::by_key(&mut tx.tenant(tenant), key))
        .await?;
    let robot = found.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "Robot does not exist."))?;
    Ok(Some(robot.id))
}

async fn take(request: &Request, name: &str, filter: Option<Filter>, taker: Taker) -> Result<Response, Error> {
    let queues = request.state::<Queues>()?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (who, key) = (who(request).await?, Key::of(request)?);
    let sealer = Sealer::of(request).await?;
    for _ in 0..TRIES {
        let call = Start {
            ctx: request.ctx.clone(),
            tenant,
            folder,
            definition: queues.named(tenant, folder, name).await?,
            who: who.clone(),
            filter: filter.clone(),
            taker,
            key: key.clone(),
        };
        match queues.starts.call(call, 512).await? {
            Outcome::Item(item, stored) => {
                let value = wire::fresh(&item, stored, folder, &sealer)?;
                return reply::entity(request, 200, SET, FolderItem::model(), None, value);
            }
            Outcome::Nothing => return reply::no_content(),
            Outcome::Stale => queues.forget(tenant, folder, name),
        }
    }
    Err(changing())
}

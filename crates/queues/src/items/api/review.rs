//! Reviews of failed items: status and reviewer.

use access::Access;
use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response};

use super::change::{bulk_shape, several};
use crate::items::change::Deed;
use crate::items::input::BulkChange;
use crate::items::model::ReviewStatus;
use crate::items::reviewers;

/// All operations about reviews.
pub fn operations() -> Vec<Operation> {
    vec![set_status(), set_reviewer(), unset_reviewer()]
}

fn reviewing(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Queues.Write")
        .permission("Queues.View and Transactions.Edit")
        .folder(Folder::Required)
        .answers(200, bulk_shape())
}

/// `Retried` adds another attempt.
fn set_status() -> Operation {
    reviewing(
        "/odata/QueueItems/UiPathODataSvc.SetItemReviewStatus",
        "QueueItems_SetItemReviewStatus",
    )
    .summary("Sets the review status of failed items. Retried adds another attempt.")
    .takes::<BulkChange>("QueueSetItemReviewStatusRequest")
    .handler(|request| async move {
        let input: BulkChange = request.json()?;
        let text = input.status.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| Error::field("status", "status is required."))?;
        let status: ReviewStatus = text
            .parse()
            .map_err(|_| Error::field("status", "status must be None, InReview, Verified or Retried."))?;
        several(&request, Deed::Review(status), input).await
    })
}

/// Without a user it makes nobody responsible.
fn set_reviewer() -> Operation {
    reviewing(
        "/odata/QueueItems/UiPathODataSvc.SetItemReviewer",
        "QueueItems_SetItemReviewer",
    )
    .summary("Makes somebody responsible for the review of items.")
    .takes::<BulkChange>("QueueSetItemReviewerRequest")
    .handler(handle_set_reviewer)
}

async fn handle_set_reviewer(request: Request) -> Result<Response, Error> {
    let input: BulkChange = request.json()?;
    if let Some(user) = input.user_id {
        let (tenant, folder) = (request.tenant()?.clone(), request.folder()?.id);
        let tree = request.state::<Access>()?.tree(tenant.id).await?;
        request
            .store()
            .read(move |tx| reviewers::check(tx, &tenant, &tree, folder, user))
            .await?;
    }
    several(&request, Deed::Assign(input.user_id), input).await
}

fn unset_reviewer() -> Operation {
    reviewing(
        "/odata/QueueItems/UiPathODataSvc.UnsetItemReviewer",
        "QueueItems_UnsetItemReviewer",
    )
    .summary("Makes nobody responsible for the review of items.")
    .takes::<BulkChange>("QueueUnsetItemReviewerRequest")
    .handler(|request| async move {
        let input: BulkChange = request.json()?;
        several(&request, Deed::Assign(None), input).await
    })
}

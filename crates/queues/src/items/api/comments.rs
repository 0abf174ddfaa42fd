//! Operations of tag QueueItemComments.

use access::Permit;
use context::Error;
use http::Method;
use serde_json::Value;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{COMMENTS, notes, view, who};
use crate::items;
use crate::items::comments::{self, CommentInput};
use crate::items::model::ItemComment;

/// All operations about comments.
pub fn operations() -> Vec<Operation> {
    vec![
        notes::list::<ItemComment>(COMMENTS, "QueueItemComments_Get", "/odata/QueueItemComments")
            .summary("Lists the comments on the items of a folder."),
        by_id(),
        notes::history::<ItemComment>(
            COMMENTS,
            "QueueItemComments_GetQueueItemCommentsHistoryByQueueitemid",
            "/odata/QueueItemComments/UiPath.Server.Configuration.OData.GetQueueItemCommentsHistory(queueItemId={queueItemId})",
        )
        .summary("Lists the comments on all attempts at an item, the oldest first."),
        add(),
        change(),
        remove(),
    ]
}

fn writing(method: Method, path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(method, path, id)
        .scope("OR.Queues.Write")
        .permission("Queues.View and Transactions.Edit")
        .folder(Folder::Required)
}

fn by_id() -> Operation {
    notes::reading("/odata/QueueItemComments({key})", "QueueItemComments_GetById")
        .summary("Gets a comment.")
        .answers(200, Shape::Entity(ItemComment::model()))
        .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(ItemComment::model())?;
    let (tenant, view, id) = (request.tenant()?.id, view(&request).await?, request.integer("key")?);
    let comment = request
        .store()
        .read(move |tx| items::notes::comment(&mut tx.tenant(tenant), &view, id))
        .await?;
    one(&request, 200, Some(&query), &comment)
}

fn one(request: &Request, status: u16, query: Option<&odata::Query>, comment: &ItemComment) -> Result<Response, Error> {
    let value = Value::Object(comment.to_json());
    reply::entity(request, status, COMMENTS, ItemComment::model(), query, value)
}

fn add() -> Operation {
    writing(Method::POST, "/odata/QueueItemComments", "QueueItemComments_Post")
        .summary("Adds a comment to an item.")
        .takes_entity(ItemComment::model())
        .answers(201, Shape::Entity(ItemComment::model()))
        .handler(handle_add)
}

async fn handle_add(request: Request) -> Result<Response, Error> {
    let input: CommentInput = request.json()?;
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let user = who(&request).await?.user;
    let comment = request
        .store()
        .write_locking(move |tx| comments::add(&mut tx.tenant(tenant), &ctx, &view, user, &input))
        .await?;
    one(&request, 201, None, &comment)
}

fn change() -> Operation {
    writing(
        Method::PUT,
        "/odata/QueueItemComments({key})",
        "QueueItemComments_PutById",
    )
    .summary("Changes what a comment says; only who wrote it can do that.")
    .takes_entity(ItemComment::model())
    .answers(200, Shape::Entity(ItemComment::model()))
    .handler(handle_change)
}

async fn handle_change(request: Request) -> Result<Response, Error> {
    let input: CommentInput = request.json()?;
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let id = request.integer("key")?;
    if input.id.is_some_and(|given| given != 0 && given != id) {
        return Err(Error::field("Id", "Id must be that of the address."));
    }
    let comment = request
        .store()
        .write_locking(move |tx| comments::change(&mut tx.tenant(tenant), &ctx, &view, id, &input))
        .await?;
    one(&request, 200, None, &comment)
}

fn remove() -> Operation {
    writing(
        Method::DELETE,
        "/odata/QueueItemComments({key})",
        "QueueItemComments_DeleteById",
    )
    .summary("Removes a comment; only who wrote it, and those who may delete items, can do that.")
    .answers(204, Shape::Nothing)
    .handler(handle_remove)
}

async fn handle_remove(request: Request) -> Result<Response, Error> {
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let id = request.integer("key")?;
    let may_delete_items = Permit::requiring(&request, "Transactions.Delete")?.holds(Some(request.folder()?.id));
    request
        .store()
        .write_locking(move |tx| comments::remove(&mut tx.tenant(tenant), &ctx, &view, id, may_delete_items))
        .await?;
    reply::no_content()
}

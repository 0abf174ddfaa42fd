//! Remarks on an item: adding, changing, removing.

use access::Permit;
use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, page};

use crate::console::queue_path;
use crate::items::api::{view, who};
use crate::items::comments::{self, CommentInput};

const ALL: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/comments";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/comments/{comment}";
const DELETE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/comments/{comment}/delete";

pub fn operations() -> Vec<Operation> {
    let form = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .permission("Queues.View and Transactions.Edit")
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    vec![
        form(ALL, "Console_AddQueueItemComment", "Adds a comment to an item.").handler(add),
        form(ONE, "Console_SaveQueueItemComment", "Changes a comment.").handler(save),
        form(DELETE, "Console_DeleteQueueItemComment", "Removes a comment.").handler(remove),
    ]
}

fn done(request: &Request, outcome: Result<(), Error>, message: &str) -> Result<Response, Error> {
    let (queue, item) = (request.integer("id")?, request.integer("item")?);
    let path = format!("{}/items/{item}#comments", queue_path(request, queue)?);
    match outcome {
        Ok(()) => page::done(&path, message),
        // What is wrong fits into a line, and the text is in the browser's history.
        Err(error) if !error.fields.is_empty() => page::done(&path, "A comment needs 1 to 512 characters."),
        Err(error) => Err(error),
    }
}

/// The text of the form; that of the form of a comment has the comment's id in its name, since a page has several of them.
fn input(request: &Request, control: &str) -> CommentInput {
    CommentInput {
        text: Some(page::field(&request.form(), control).replace("\r\n", "\n")),
        ..CommentInput::default()
    }
}

async fn add(request: Request) -> Result<Response, Error> {
    let input = CommentInput {
        queue_item_id: Some(request.integer("item")?),
        ..input(&request, "text")
    };
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let user = who(&request).await?.user;
    let work = request
        .store()
        .write_locking(move |tx| comments::add(&mut tx.tenant(tenant), &ctx, &view, user, &input).map(|_| ()));
    done(&request, work.await, "The comment was added.")
}

async fn save(request: Request) -> Result<Response, Error> {
    let id = request.integer("comment")?;
    let input = input(&request, &format!("text-{id}"));
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let work = request
        .store()
        .write_locking(move |tx| comments::change(&mut tx.tenant(tenant), &ctx, &view, id, &input).map(|_| ()));
    done(&request, work.await, "The comment was saved.")
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (tenant, view, ctx) = (request.tenant()?.id, view(&request).await?, request.ctx.clone());
    let id = request.integer("comment")?;
    let may_delete_items = Permit::requiring(&request, "Transactions.Delete")?.holds(Some(request.folder()?.id));
    let work = request
        .store()
        .write_locking(move |tx| comments::remove(&mut tx.tenant(tenant), &ctx, &view, id, may_delete_items));
    done(&request, work.await, "The comment was removed.")
}

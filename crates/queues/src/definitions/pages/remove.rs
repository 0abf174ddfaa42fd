//! Deleting queues, one or several at a time.

use access::console::numbers;
use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, page};

use crate::console::list_path;
use crate::definitions::service;

pub fn operations() -> Vec<Operation> {
    let form = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .permission("Queues.Delete")
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    vec![
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/delete",
            "Console_DeleteQueue",
            "Deletes a queue.",
        )
        .handler(single),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/queues/delete",
            "Console_DeleteQueues",
            "Deletes the selected queues.",
        )
        .handler(several),
    ]
}

async fn single(request: Request) -> Result<Response, Error> {
    let id = request.integer("id")?;
    remove(&request, vec![id]).await
}

async fn several(request: Request) -> Result<Response, Error> {
    remove(&request, numbers(&request.form(), "id")).await
}

/// All of them, or none.
async fn remove(request: &Request, ids: Vec<i64>) -> Result<Response, Error> {
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let count = ids.len();
    let work = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        ids.iter()
            .try_for_each(|id| service::remove(&mut scope, &ctx, folder, *id))
    });
    work.await?;
    let message = if count == 1 {
        "The queue was deleted.".to_owned()
    } else {
        format!("{count} queues were deleted.")
    };
    page::done(&list_path(request)?, &message)
}

//! The form of a new item.

use std::sync::Arc;

use context::Error;
use http::Method;
use maud::html;
use serde_json::Value;
use ui::Form;
use web::{Folder, Operation, Request, Response, page};

use super::content::{CONTROLS, Entry};
use crate::console::{self, ACTIVE, can_be_mended, csrf, queue_path, status_of};
use crate::definitions::pages::head;
use crate::definitions::read::Seen;
use crate::items::add::CommitType;
use crate::items::api::bulk::Adding;

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/new";
/// Room for the longest content, each character as three escaped bytes of a percent sign and two digits.
pub const LARGEST_FORM: usize = 16 << 20;

pub fn operations() -> Vec<Operation> {
    let page = |method, id| {
        Operation::page(method, NEW, id)
            .permission("Queues.View and Transactions.Create")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, "Console_NewQueueItem")
            .summary("The form for a new item.")
            .handler(show),
        page(Method::POST, "Console_AddQueueItem")
            .summary("Adds an item.")
            .takes_form()
            .body_limit(LARGEST_FORM)
            .handler(save),
    ]
}

/// The queue of a page.
///
/// # Errors
/// 404 when the folder has no such queue.
pub async fn queue(request: &Request) -> Result<Value, Error> {
    let (tenant, id, now) = (request.tenant()?.id, request.integer("id")?, request.ctx.now);
    let folder = request.folder()?;
    let seen = Seen {
        folder: folder.id,
        path: folder.path.clone(),
    };
    let work = request
        .store()
        .read(move |tx| head::queue(&mut tx.tenant(tenant), &seen, id, now));
    work.await
}

async fn show(request: Request) -> Result<Response, Error> {
    let queue = queue(&request).await?;
    render(&request, &queue, &Entry::empty(), None).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let queue = queue(&request).await?;
    let entry = Entry::posted(&request.form());
    match add(&request, &queue, &entry).await {
        Ok(()) => page::done(&queue_path(&request, request.integer("id")?)?, "The item was added."),
        Err(error) if can_be_mended(&error) => render(&request, &queue, &entry, Some(&error)).await,
        Err(error) => Err(error),
    }
}

async fn add(request: &Request, queue: &Value, entry: &Entry) -> Result<(), Error> {
    let adding = Adding {
        name: queue["Name"].as_str().unwrap_or_default().to_owned(),
        commit: CommitType::AllOrNothing,
        given: Arc::new(vec![entry.to_json()?]),
    };
    match adding.add(request).await?.pop() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

async fn render(request: &Request, queue: &Value, entry: &Entry, error: Option<&Error>) -> Result<Response, Error> {
    let errors = console::errors(error, &CONTROLS);
    let path = queue_path(request, request.integer("id")?)?;
    let form = Form::new(csrf(request), &format!("{path}/items/new"))
        .errors(&errors)
        .submit("Add")
        .cancel(&path);
    let name = queue["Name"].as_str().unwrap_or_default();
    let content = html! {
        (ui::page_header("Add item", &format!("A piece of work for queue {name}."), html! {}))
        (form.render(entry.fields(true, &errors)))
    };
    page::render_with(request, status_of(error), "Add item", ACTIVE, content).await
}

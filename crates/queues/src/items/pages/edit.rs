//! Editing an item that was not taken yet, and erasing the content of one that is done.

use context::Error;
use http::Method;
use maud::html;
use serde_json::Value;
use store::Entity as _;
use ui::Form;
use ui::field;
use web::{Folder, Operation, Request, Response, page};

use super::add::LARGEST_FORM;
use super::content::{CONTROLS, Entry};
use crate::console::{self, ACTIVE, can_be_mended, csrf, queue_path, status_of};
use crate::items::api::{change_by, view};
use crate::items::change;
use crate::items::input::ItemInput;
use crate::items::model::FolderItem;
use crate::items::{no_such_item, read};
use crate::state::Queues;

const EDIT: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/edit";
const ERASE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/erase";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id| {
        Operation::page(method, path, id)
            .permission("Queues.Edit and Transactions.Edit")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, EDIT, "Console_EditQueueItem")
            .permission("Queues.Edit and Transactions.View and Transactions.Edit")
            .summary("The form of an item.")
            .handler(show),
        page(Method::POST, EDIT, "Console_SaveQueueItem")
            .summary("Edits an item that was not taken yet.")
            .takes_form()
            .body_limit(LARGEST_FORM)
            .handler(save),
        page(Method::POST, ERASE, "Console_EraseQueueItem")
            .summary("Erases the content of an item that is done.")
            .takes_form()
            .handler(erase),
    ]
}

fn item_path(request: &Request) -> Result<String, Error> {
    let (queue, item) = (request.integer("id")?, request.integer("item")?);
    Ok(format!("{}/items/{item}", queue_path(request, queue)?))
}

/// The item of a page with its content.
///
/// # Errors
/// 404 when the queue of the address has no such item.
async fn item(request: &Request) -> Result<Value, Error> {
    let (tenant, queue, id) = (request.tenant()?.id, request.integer("id")?, request.integer("item")?);
    let (view, query) = (
        view(request).await?,
        console::query(&[], FolderItem::model(), request.ctx.now)?,
    );
    let work = request
        .store()
        .read_here(move |tx| read::by_item(&mut tx.tenant(tenant), &view, id, &query));
    let item = work.await?;
    if item["QueueDefinitionId"].as_i64() == Some(queue) {
        Ok(item)
    } else {
        Err(no_such_item())
    }
}

async fn show(request: Request) -> Result<Response, Error> {
    let item = item(&request).await?;
    let version = item["RowVersion"].as_str().unwrap_or_default().to_owned();
    render(&request, &Entry::of_item(&item), &version, None).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let (entry, version) = (Entry::posted(&form), page::field(&form, "version").to_owned());
    match change(&request, &entry.to_json(), &version).await {
        Ok(()) => page::done(&item_path(&request)?, "The item was saved."),
        Err(error) if can_be_mended(&error) => render(&request, &entry, &version, Some(&error)).await,
        Err(error) => Err(error),
    }
}

async fn erase(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let version = page::field(&form, "version").to_owned();
    change(&request, &Ok(Value::Object(serde_json::Map::new())), &version).await?;
    page::done(&item_path(&request)?, "The content of the item was erased.")
}

async fn change(request: &Request, input: &Result<Value, Error>, version: &str) -> Result<(), Error> {
    let input: ItemInput = web::bind(input.clone()?)?;
    let (tenant, id, version) = (request.tenant()?.id, request.integer("item")?, version.to_owned());
    let (change, shared) = (change_by(request).await?, request.state::<Queues>()?.shared.clone());
    let work = request.store().write_locking(move |tx| {
        let mut scope = tx.tenant(tenant);
        change::edit(&mut scope, &shared, &change, id, input.clone(), Some(&version))
    });
    work.await
}

async fn render(request: &Request, entry: &Entry, version: &str, error: Option<&Error>) -> Result<Response, Error> {
    let errors = console::errors(error, &CONTROLS);
    let path = item_path(request)?;
    let form = Form::new(csrf(request), &format!("{path}/edit"))
        .errors(&errors)
        .submit("Save")
        .cancel(&path);
    let content = html! {
        (ui::page_header("Edit item", "An item can be edited until it is taken.", html! {}))
        (form.render(html! { (field::hidden("version", version)) (entry.fields(false, &errors)) }))
    };
    page::render_with(request, status_of(error), "Edit item", ACTIVE, content).await
}

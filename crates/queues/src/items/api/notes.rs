//! What operations on lines of history and on comments have in common.

use context::Error;
use http::Method;
use odata::Query;
use serde_json::Value;
use store::{Entity, Page, Tenant};
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::view;
use crate::items::notes;

/// An operation that reads them in a folder.
pub fn reading(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Queues.Read")
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .queryable()
}

/// A list of those on all items of the folder.
pub fn list<E: Entity<Scope = Tenant>>(set: &'static str, id: &'static str, path: &'static str) -> Operation {
    reading(path, id)
        .answers(200, Shape::Collection(E::model()))
        .handler(move |request| handle_list::<E>(request, set))
}

async fn handle_list<E: Entity<Scope = Tenant>>(request: Request, set: &'static str) -> Result<Response, Error> {
    let query = request.odata(E::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let page = request
        .store()
        .read(move |tx| notes::list::<E>(&mut tx.tenant(tenant), &view, &options))
        .await?;
    several::<E>(&request, set, &query, page)
}

/// A list of those on all attempts at the item that the path names, the oldest first.
pub fn history<E: Entity<Scope = Tenant>>(set: &'static str, id: &'static str, path: &'static str) -> Operation {
    reading(path, id)
        .answers(200, Shape::Collection(E::model()))
        .handler(move |request| handle_history::<E>(request, set))
}

async fn handle_history<E: Entity<Scope = Tenant>>(request: Request, set: &'static str) -> Result<Response, Error> {
    let query = request.odata(E::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let id = request.integer("queueItemId")?;
    let page = request
        .store()
        .read(move |tx| notes::of_chain::<E>(&mut tx.tenant(tenant), &view, id, &options))
        .await?;
    several::<E>(&request, set, &query, page)
}

fn several<E: Entity>(request: &Request, set: &str, query: &Query, page: Page<Value>) -> Result<Response, Error> {
    reply::collection(request, set, E::model(), query, page.items, page.count)
}

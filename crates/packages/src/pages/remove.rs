//! Deleting from the console. `POST /console/{org}/tenants/{tenant}/packages/{id}/delete`, `POST …/{id}/delete-unused`, and the same for
//! libraries

use context::Error;
use http::Method;
use web::{Operation, Request, Response, page};

use super::Shelf;
use crate::feeds::Deed;
use crate::service;

pub fn operations(shelf: &'static Shelf) -> Vec<Operation> {
    vec![
        shelf
            .page(Method::POST, shelf.remove, Deed::Delete)
            .summary("Deletes a version.")
            .takes_form()
            .handler(move |request| single(request, shelf)),
        shelf
            .page(Method::POST, shelf.remove_unused, Deed::Delete)
            .summary("Deletes all versions that no process uses.")
            .takes_form()
            .handler(move |request| unused(request, shelf)),
    ]
}

async fn single(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let (version, feed) = shelf.found(&request, Deed::Delete).await?;
    let list = shelf.address_of(&request, &feed)?;
    let (tenant, ctx, key) = (request.tenant()?.id, request.ctx.clone(), version.key_text());
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, &feed, &version))
        .await?;
    page::done(&list, &format!("{key} was deleted."))
}

async fn unused(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let (version, feed) = shelf.found(&request, Deed::Delete).await?;
    let list = shelf.address_of(&request, &feed)?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let removed = request
        .store()
        .write(move |tx| service::remove_unused(&mut tx.tenant(tenant), &ctx, &feed, &version.package_id))
        .await?;
    page::done(&list, &format!("{} version(s) were deleted.", removed.removed.len()))
}

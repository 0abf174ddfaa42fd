//! One asset of a folder. `GET /odata/Assets({key})` and `GET /odata/Assets/…GetByKey(identifier={guid})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::assets::model::Asset;
use crate::assets::read;

/// By id. `$expand=UserValues` adds the values of single accounts.
pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Assets({key})", "Assets_GetById")
        .summary("Gets an asset of a folder. Passwords and secrets are never part of the answer.")
        .scope("OR.Assets.Read")
        .permission("Assets.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Entity(Asset::model()))
        .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let options = query.clone();
    let asset = request
        .store()
        .read_here(move |tx| read::by_id(&mut tx.tenant(tenant), folder, id, &options))
        .await?;
    reply::entity(&request, 200, SET, Asset::model(), Some(&query), asset)
}

/// By GUID: not in the contract, but clients call it on every set that has keys.
pub fn by_key() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})",
        "Assets_GetByKeyByIdentifier",
    )
    .summary("Gets an asset of a folder by its GUID.")
    .scope("OR.Assets.Read")
    .permission("Assets.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Asset::model()))
    .handler(handle_by_key)
}

async fn handle_by_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("identifier")?);
    let options = query.clone();
    let asset = request
        .store()
        .read(move |tx| read::by_key(&mut tx.tenant(tenant), folder, key, &options))
        .await?;
    reply::entity(&request, 200, SET, Asset::model(), Some(&query), asset)
}

//! Lists of assets: of a folder, deprecated and current form, and of all folders.

use access::folders::links::Permits;
use context::Error;
use http::Method;
use serde_json::Value;
use store::{Entity as _, Page};
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::assets::model::Asset;
use crate::assets::read;

/// `GET /odata/Assets`: deprecated. Its clients know no assets of type Secret, so it leaves them out.
pub fn in_folder() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Assets", "Assets_Get")
        .summary("Lists the assets of a folder, without those of type Secret. Deprecated: use GetFiltered.")
        .scope("OR.Assets.Read")
        .permission("Assets.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Collection(Asset::model()))
        .handler(|request| folder_list(request, false))
}

/// `GET /odata/Assets/…GetFiltered`: all assets of a folder.
pub fn filtered() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered",
        "Assets_GetFiltered",
    )
    .summary("Lists the assets of a folder.")
    .scope("OR.Assets.Read")
    .permission("Assets.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Collection(Asset::model()))
    .handler(|request| folder_list(request, true))
}

async fn folder_list(request: Request, with_secrets: bool) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| read::in_folder(&mut tx.tenant(tenant), folder, &options, with_secrets))
        .await?;
    answer(&request, &query, page)
}

/// `GET /odata/Assets/…GetAssetsAcrossFolders`: what could be linked into a folder.
pub fn across_folders() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetAssetsAcrossFolders",
        "Assets_GetAssetsAcrossFolders",
    )
    .summary("Lists the assets of all folders in which the caller may see them.")
    .scope("OR.Assets.Read")
    .folder(Folder::None)
    .parameters(&["excludeFolderId"])
    .queryable()
    .answers(200, Shape::Collection(Asset::model()))
    .handler(handle_across)
}

async fn handle_across(request: Request) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let except = request.parse::<i64>("excludeFolderId")?;
    let tenant = request.tenant()?.id;
    let permits = Permits::of(&request)?;
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| read::across_folders(&mut tx.tenant(tenant), &permits, except, &options))
        .await?;
    answer(&request, &query, page)
}

fn answer(request: &Request, query: &odata::Query, page: Page<Value>) -> Result<Response, Error> {
    reply::collection(request, SET, Asset::model(), query, page.items, page.count)
}

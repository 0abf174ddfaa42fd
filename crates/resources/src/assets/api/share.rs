//! Sharing between folders. `POST /odata/Assets/…ShareToFolders` and `GET /odata/Assets/…GetFoldersForAsset(id={id})`

use access::Permit;
use context::Error;
use http::Method;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use crate::assets::model::accessible_folders;
use crate::assets::sharing::{self, Permits, Sharing};

/// Adds assets to folders and takes them out of folders. Rights are checked per folder.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Assets/UiPath.Server.Configuration.OData.ShareToFolders",
        "Assets_ShareToFolders",
    )
    .summary("Adds assets to folders and takes them out of folders: all of it, or nothing.")
    .scope("OR.Assets.Write")
    .folder(Folder::InRequest)
    .takes::<Sharing>("AssetFoldersShareDto")
    .answers(204, Shape::Nothing)
    .handler(handle_share)
}

async fn handle_share(request: Request) -> Result<Response, Error> {
    let sharing: Sharing = request.json()?;
    let permits = Permits::new(&Permit::of(&request))?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| sharing::share(&mut tx.tenant(tenant), &ctx, &permits, &sharing))
        .await?;
    reply::no_content()
}

/// Where an asset is shared.
pub fn folders_for() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetFoldersForAsset(id={id})",
        "Assets_GetFoldersForAssetById",
    )
    .summary("Tells in which folders an asset is, as far as the caller may see, and in how many.")
    .scope("OR.Assets.Read")
    .folder(Folder::InRequest)
    .queryable()
    .answers(200, Shape::Entity(accessible_folders()))
    .handler(handle_folders)
}

async fn handle_folders(request: Request) -> Result<Response, Error> {
    let query = request.odata(accessible_folders())?;
    let permit = Permit::requiring(&request, "Assets.View")?;
    let (tenant, id) = (request.tenant()?.id, request.integer("id")?);
    let folders = request
        .store()
        .read(move |tx| sharing::folders_for(&mut tx.tenant(tenant), &permit, id))
        .await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.AccessibleFoldersDto");
    Reply::ok().odata(&odata::envelope::entity(
        &context,
        query.project(accessible_folders(), folders),
    ))
}

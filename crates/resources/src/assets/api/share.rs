//! Sharing between folders. `POST /odata/Assets/…ShareToFolders` and `GET /odata/Assets/…GetFoldersForAsset(id={id})`

use access::folders::links::{accessible_folders, api};
use http::Method;
use web::{Folder, Operation, Shape};

use crate::assets::model::Asset;
use crate::assets::sharing::AssetFolders;

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
    .takes::<AssetFolders>("AssetFoldersShareDto")
    .answers(204, Shape::Nothing)
    .handler(api::share::<Asset>)
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
    .handler(api::folders_for::<Asset>)
}

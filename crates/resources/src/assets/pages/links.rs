//! Which folders assets are in: assets of other folders to link into this one, and the folders of one asset.

use access::folders::links::pages::{Shown, link_others, save_folders, show_folders, show_others};
use http::Method;
use web::{Folder, Operation};

use super::ACTIVE;
use crate::assets::model::Asset;

const OTHERS: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/link";
const FOLDERS: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/{id}/links";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission| {
        Operation::page(method, path, id)
            .permission(permission)
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, OTHERS, "Console_LinkAssets", "Assets.Create")
            .summary("Assets of other folders.")
            .handler(show_others::<Asset>),
        page(Method::POST, OTHERS, "Console_SaveLinkedAssets", "Assets.Create")
            .summary("Links assets of other folders.")
            .takes_form()
            .handler(link_others::<Asset>),
        page(Method::GET, FOLDERS, "Console_AssetLinks", "Assets.View")
            .summary("The folders an asset is in.")
            .handler(show_folders::<Asset>),
        page(Method::POST, FOLDERS, "Console_SaveAssetLinks", "Assets.View")
            .summary("Changes the folders an asset is in.")
            .takes_form()
            .handler(save_folders::<Asset>),
    ]
}

impl Shown for Asset {
    const PAGE: &'static str = ACTIVE;
    const ACROSS: &'static str = "/odata/Assets/UiPath.Server.Configuration.OData.GetAssetsAcrossFolders";
    const SAME: &'static str = "value";
    const HEADINGS: &'static [&'static str] = &["Type"];

    fn cells(&self) -> Vec<String> {
        vec![self.value_type.to_string()]
    }
}

//! Assets as things that several folders share (reference: resources 1.4).

use access::audit::Component;
use access::folders::links::{Last, Linked, Sharing};
use context::{Ctx, Error};
use serde::Deserialize;
use store::{Scoped, Tenant, Value, params};

use super::model::Asset;
use super::service;

/// Contract schema `AssetFoldersShareDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct AssetFolders {
    #[serde(rename = "AssetIds")]
    assets: Vec<i64>,
    #[serde(rename = "ToAddFolderIds")]
    add: Vec<i64>,
    #[serde(rename = "ToRemoveFolderIds")]
    remove: Vec<i64>,
}

impl From<AssetFolders> for Sharing {
    fn from(body: AssetFolders) -> Self {
        Self {
            ids: body.assets,
            add: body.add,
            remove: body.remove,
        }
    }
}

impl Linked for Asset {
    const KIND: &'static str = "Assets";
    const TITLE: &'static str = "Asset";
    const NOUN: &'static str = "asset";
    const PERMISSIONS: &'static str = "Assets";
    const LINKS: &'static str = "asset_folders";
    const ID_COLUMN: &'static str = "asset_id";
    const REPEATED: &'static [&'static str] = &["value_type"];
    const IDS: &'static str = "AssetIds";
    const TOPIC: &'static str = "assets";
    const COMPONENT: Component = Component::Assets;
    const LAST: Last = Last::Deletes;

    type Body = AssetFolders;

    fn name(&self) -> &str {
        &self.name
    }

    fn repeated(&self) -> Vec<Value> {
        params![self.value_type]
    }

    fn delete(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<(), Error> {
        service::delete(scope, ctx, self)
    }
}

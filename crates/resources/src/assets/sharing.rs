//! In which folders an asset is visible (reference: resources 1.4; access 5.2).

use access::Permit;
use access::audit::{self, Action, Component, Entry};
use access::folders::contents::Contents;
use access::folders::model::Folder;
use access::folders::service::{By, view};
use context::{Ctx, Error, codes};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};

use super::model::Asset;
use super::service::{delete, folders_of, link, no_such_asset, unlink};

/// Assets, or folders to add or remove, of one call, and their links: others wait until it is done.
const MOST: usize = 1_000;

/// Contract schema `AssetFoldersShareDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct Sharing {
    pub asset_ids: Vec<i64>,
    pub to_add_folder_ids: Vec<i64>,
    pub to_remove_folder_ids: Vec<i64>,
}

/// What the caller may do in which folder.
#[derive(Debug, Clone)]
pub struct Permits {
    view: Permit,
    create: Permit,
    edit: Permit,
    delete: Permit,
}

impl Permits {
    /// The four rights on assets, of the caller of `any`.
    pub fn new(any: &Permit) -> Result<Self, Error> {
        Ok(Self {
            view: any.with("Assets.View")?,
            create: any.with("Assets.Create")?,
            edit: any.with("Assets.Edit")?,
            delete: any.with("Assets.Delete")?,
        })
    }
}

/// Adds assets to folders and takes them out of folders: all of it, or nothing.
///
/// | needed | where |
/// |---|---|
/// | Assets.View | a folder the asset is in |
/// | Assets.Create | each folder it is added to |
/// | Assets.Edit | a folder it is in, when the caller has Assets.Edit in a folder it is added to |
/// | Assets.Delete | each folder it is taken out of |
///
/// An asset that is left without folder is deleted.
///
/// # Errors
/// 404 for an asset or folder that the caller cannot know of, 403 with code 1017 where a right is missing, 409 when a name
/// is taken in a folder, or when a personal workspace is involved.
pub fn share(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, permits: &Permits, sharing: &Sharing) -> Result<(), Error> {
    let assets = distinct("AssetIds", &sharing.asset_ids)?;
    let add = distinct("ToAddFolderIds", &sharing.to_add_folder_ids)?;
    let remove = distinct("ToRemoveFolderIds", &sharing.to_remove_folder_ids)?;
    if assets.len().saturating_mul(add.len() + remove.len()) > MOST {
        return Err(Error::field(
            "AssetIds",
            format!("At most {MOST} links can be changed at a time: assets times folders."),
        ));
    }
    if let Some(both) = add.iter().find(|folder| remove.contains(folder)) {
        return Err(Error::field(
            "ToRemoveFolderIds",
            format!("The folder with id {both} is to be added and removed."),
        ));
    }
    for folder in &add {
        let folder = known(scope, &permits.create, *folder)?;
        if folder.is_personal {
            return Err(personal());
        }
    }
    for folder in &remove {
        known(scope, &permits.delete, *folder)?;
    }
    for id in assets {
        let asset = scope.lock::<Asset>(id)?.ok_or_else(|| no_such_asset(id))?;
        let here = folders_of(scope, id)?;
        if !here.iter().any(|folder| permits.view.holds(Some(*folder))) {
            return Err(no_such_asset(id));
        }
        let editable = here.iter().any(|folder| permits.edit.holds(Some(*folder)));
        let added: Vec<i64> = add.iter().copied().filter(|folder| !here.contains(folder)).collect();
        if !added.is_empty() && lies_in_workspace(scope, &here)? {
            return Err(personal());
        }
        for folder in &added {
            if !editable && permits.edit.holds(Some(*folder)) {
                return Err(denied(*folder));
            }
            link(scope, *folder, &asset)?;
        }
        let mut removed = Vec::new();
        for folder in &remove {
            if unlink(scope, *folder, id)? {
                removed.push(*folder);
            }
        }
        if added.is_empty() && removed.is_empty() {
            continue;
        }
        let entry = Entry::new(Component::Assets, Action::Associate, "asset", id, &asset.name)
            .text(format!("changed the folders of asset {}", asset.name))
            .parameters(json!({ "key": id, "ToAddFolderIds": added, "ToRemoveFolderIds": removed }));
        audit::record(scope, ctx, entry)?;
        if folders_of(scope, id)?.is_empty() {
            delete(scope, ctx, &asset)?;
        }
        scope.changed("assets", id);
    }
    Ok(())
}

/// A folder the caller may know of and has the right in.
fn known(scope: &mut Scoped<'_, Tenant>, permit: &Permit, id: i64) -> Result<Folder, Error> {
    let folder = view(scope, permit, By::Id(id))?;
    if permit.holds(Some(id)) {
        Ok(folder)
    } else {
        Err(denied(id))
    }
}

fn lies_in_workspace(scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<bool, Error> {
    for id in folders {
        if view(scope, &Permit::everything(), By::Id(*id))?.is_personal {
            return Ok(true);
        }
    }
    Ok(false)
}

fn denied(folder: i64) -> Error {
    Error::denied(
        codes::FORBIDDEN_OPERATION,
        format!("You are not allowed to do this in the folder with id {folder}."),
    )
}

fn personal() -> Error {
    Error::conflict(
        codes::FORBIDDEN_OPERATION,
        "Nothing can be shared with or from a personal workspace.",
    )
}

fn distinct(name: &'static str, ids: &[i64]) -> Result<Vec<i64>, Error> {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() > MOST {
        return Err(Error::field(name, format!("{name} can have at most {MOST} ids.")));
    }
    Ok(distinct)
}

/// Where an asset is shared: the folders in which the caller may see it, and the number of all.
///
/// # Errors
/// 404 when the caller can see it nowhere.
pub fn folders_for(scope: &mut Scoped<'_, Tenant>, view_assets: &Permit, id: i64) -> Result<Value, Error> {
    let all = folders_of(scope, id)?;
    let visible: Vec<i64> = all
        .iter()
        .copied()
        .filter(|folder| view_assets.holds(Some(*folder)))
        .collect();
    if visible.is_empty() {
        return Err(no_such_asset(id));
    }
    let mut folders = Vec::with_capacity(visible.len());
    for id in visible {
        let folder = view(scope, &Permit::everything(), By::Id(id))?;
        folders.push(json!({
            "DisplayName": folder.display_name, "FullyQualifiedName": folder.path, "Key": folder.key, "Id": folder.id,
        }));
    }
    Ok(json!({ "AccessibleFolders": folders, "TotalFoldersCount": all.len() }))
}

/// A folder that an asset could be linked into or taken out of.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: i64,
    pub path: String,
    /// The asset is there.
    pub linked: bool,
    /// The caller may change that.
    pub changeable: bool,
}

/// The folders the caller may see assets in or link this one into, by path.
pub fn targets(scope: &mut Scoped<'_, Tenant>, permits: &Permits, id: i64) -> Result<Vec<Target>, Error> {
    let here = folders_of(scope, id)?;
    let editable = here.iter().any(|folder| permits.edit.holds(Some(*folder)));
    let mut targets: Vec<Target> = access::folders::service::all(scope)?
        .into_iter()
        .filter_map(|folder| {
            let at = Some(folder.id);
            let linked = here.contains(&folder.id);
            let changeable = if linked {
                permits.delete.holds(at)
            } else {
                permits.create.holds(at) && !folder.is_personal && (editable || !permits.edit.holds(at))
            };
            let shown = changeable || linked && permits.view.holds(at);
            shown.then_some(Target {
                id: folder.id,
                path: folder.path,
                linked,
                changeable,
            })
        })
        .collect();
    targets.sort_by_cached_key(|target| store::fold(&target.path));
    Ok(targets)
}

/// Assets as contents of folders, for those who delete folders.
#[derive(Debug)]
pub struct InFolders;

impl Contents for InFolders {
    fn kind(&self) -> &'static str {
        "Assets"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let sql = format!(
            "select count(distinct asset_id) from asset_folders where {{scope}} and folder_id in ({})",
            access::rows::integers(folders)
        );
        let row = scope.row(&sql, params![])?;
        Ok(row.map_or(Ok(0), |row| row.get(0))?)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        let inside = access::rows::integers(folders);
        let sql = format!("select distinct asset_id from asset_folders where {{scope}} and folder_id in ({inside})");
        let ids: Vec<i64> = scope
            .rows(&sql, params![])?
            .iter()
            .map(|row| row.get(0))
            .collect::<store::Result<_>>()?;
        scope.execute(
            &format!("delete from asset_folders where {{scope}} and folder_id in ({inside})"),
            params![],
        )?;
        for id in ids {
            if folders_of(scope, id)?.is_empty()
                && let Some(asset) = scope.get::<Asset>(id)?
            {
                delete(scope, ctx, &asset)?;
            }
        }
        Ok(())
    }
}

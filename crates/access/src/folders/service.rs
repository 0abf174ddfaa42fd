//! What can happen to folders (reference: access, chapter 2).

use context::{Ctx, Error, Field, codes, has_hidden};
use odata::Query;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::contents::Contents;
use super::model::{FeedType, Folder, FolderMember, FolderType, PermissionModel, ProvisionType};
use crate::audit::{self, Action, Component, Entry};
use crate::permit::{Permit, no_such_folder};
use crate::roles::model::Assignment;
use crate::rows;
use crate::workspaces::service as workspaces;

/// Levels below a root folder.
pub const DEEPEST: i64 = 6;
/// Characters of a folder name.
pub const LONGEST_NAME: usize = 115;
/// Characters of a description.
pub const LONGEST_DESCRIPTION: usize = 500;

/// What a new folder is made from.
#[derive(Debug, Clone, Default)]
pub struct NewFolder {
    pub display_name: String,
    pub description: Option<String>,
    pub parent: Option<i64>,
    /// The root folder gets a feed of its own. Ignored below a root folder.
    pub own_feed: bool,
}

/// How a folder is named in a request.
#[derive(Debug, Clone, Copy)]
pub enum By {
    Id(i64),
    Key(Uuid),
}

/// Finds a folder and checks the caller's right to it.
///
/// # Errors
/// 404 when it does not exist or the caller may not know of it; 403 when the right is missing.
pub fn find(scope: &mut Scoped<'_, Tenant>, permit: &Permit, by: By) -> Result<Folder, Error> {
    let found = match by {
        By::Id(id) => scope.lock::<Folder>(id)?,
        By::Key(key) => scope.find_one::<Folder>("key = ? {for_update}", params![key])?,
    };
    let folder = found.ok_or_else(no_such_folder)?;
    permit.check(Some(folder.id))?;
    Ok(folder)
}

/// Finds a folder to look at: the right to view it, or being assigned to it, is enough.
pub fn view(scope: &mut Scoped<'_, Tenant>, permit: &Permit, by: By) -> Result<Folder, Error> {
    let found = match by {
        By::Id(id) => scope.get::<Folder>(id)?,
        By::Key(key) => scope.find_one::<Folder>("key = ?", params![key])?,
    };
    found.filter(|folder| permit.sees(folder.id)).ok_or_else(no_such_folder)
}

/// Like [`find`], for units of work that only read.
pub fn find_to_read(scope: &mut Scoped<'_, Tenant>, permit: &Permit, by: By) -> Result<Folder, Error> {
    let found = match by {
        By::Id(id) => scope.get::<Folder>(id)?,
        By::Key(key) => scope.find_one::<Folder>("key = ?", params![key])?,
    };
    let folder = found.ok_or_else(no_such_folder)?;
    permit.check(Some(folder.id))?;
    Ok(folder)
}

/// The folders within the permit's reach. Personal workspaces are listed for those who are assigned to them only.
pub fn list(scope: &mut Scoped<'_, Tenant>, permit: &Permit, query: &Query) -> Result<Page<Folder>, Error> {
    let mut conditions = vec![match permit.assigned_itself().as_slice() {
        [] => "is_personal = ?".to_owned(),
        folders => format!("(is_personal = ? or id in ({}))", rows::integers(folders)),
    }];
    conditions.push(rows::within(&permit.reach(), "id"));
    conditions.retain(|condition| !condition.is_empty());
    Ok(scope.list::<Folder>(query, &conditions.join(" and "), params![false])?)
}

/// Every folder of the tenant.
pub fn all(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<Folder>, Error> {
    Ok(scope.find::<Folder>("", Vec::new())?)
}

/// The folder and everything below it.
pub fn subtree(scope: &mut Scoped<'_, Tenant>, folder: &Folder) -> Result<Vec<Folder>, Error> {
    Ok(scope.find::<Folder>("lineage like ? order by depth", params![format!("{}%", folder.lineage)])?)
}

/// Makes a folder. The permit is checked on the parent, or on the tenant for a root folder.
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, permit: &Permit, new: &NewFolder) -> Result<Folder, Error> {
    let parent = if let Some(id) = new.parent {
        Some(find(scope, permit, By::Id(id))?)
    } else {
        permit.check(None)?;
        None
    };
    if parent.as_ref().is_some_and(|parent| parent.is_personal) {
        return Err(Error::invalid(
            codes::INVALID_REQUEST,
            "Folders cannot be created in personal workspaces.",
        ));
    }
    let name = valid_name(&new.display_name)?;
    let description = valid_description(new.description.as_deref())?;
    let depth = parent.as_ref().map_or(0, |parent| parent.depth + 1);
    check_depth(depth)?;
    let path = join(parent.as_ref(), &name);
    check_path_is_free(scope, &path, 0, &name)?;
    let feed_type = match &parent {
        Some(parent) => parent.feed_type,
        None if new.own_feed => FeedType::FolderHierarchy,
        None => FeedType::Processes,
    };
    let folder = Folder {
        id: 0,
        key: ctx.id(),
        display_name: name,
        path,
        description,
        folder_type: FolderType::Standard,
        is_personal: false,
        provision_type: ProvisionType::Automatic,
        permission_model: PermissionModel::FineGrained,
        parent_id: parent.as_ref().map(|parent| parent.id),
        parent_key: parent.as_ref().map(|parent| parent.key),
        feed_type,
        lineage: String::new(),
        depth,
        created_at: ctx.now,
    };
    insert(scope, ctx, folder, parent.as_ref())
}

/// Makes the folder of a personal workspace. Nobody is asked for rights, and nobody is assigned.
pub(crate) fn create_personal(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, name: &str) -> Result<Folder, Error> {
    let name = valid_name(name)?;
    let folder = Folder {
        id: 0,
        key: ctx.id(),
        path: name.clone(),
        display_name: name,
        description: None,
        folder_type: FolderType::Personal,
        is_personal: true,
        provision_type: ProvisionType::Automatic,
        permission_model: PermissionModel::FineGrained,
        parent_id: None,
        parent_key: None,
        feed_type: FeedType::PersonalWorkspace,
        lineage: String::new(),
        depth: 0,
        created_at: ctx.now,
    };
    insert(scope, ctx, folder, None)
}

fn insert(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    mut folder: Folder,
    parent: Option<&Folder>,
) -> Result<Folder, Error> {
    folder.id = scope
        .insert(&folder)
        .map_err(|error| taken(error, &folder.display_name))?;
    folder.lineage = format!("{}{}/", parent.map_or("/", |parent| parent.lineage.as_str()), folder.id);
    scope.update(&folder)?;
    let entry = entry(Action::Create, &folder).parameters(json!({ "folderDto": rows::published(&folder) }));
    audit::record(scope, ctx, entry.row("Folder", Action::Create, &folder))?;
    told(scope);
    Ok(folder)
}

/// Gives a folder another name and description; `None` leaves what is there.
pub fn edit(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    by: By,
    name: Option<&str>,
    description: Option<Option<&str>>,
) -> Result<Folder, Error> {
    let before = find(scope, permit, by)?;
    let mut folder = before.clone();
    if let Some(description) = description {
        folder.description = valid_description(description)?;
    }
    if let Some(name) = name {
        folder.display_name = valid_name(name)?;
        folder.path = match before.path.rsplit_once('/') {
            Some((parent, _)) => format!("{parent}/{}", folder.display_name),
            None => folder.display_name.clone(),
        };
    }
    if folder == before {
        return Ok(folder);
    }
    if folder.path != before.path {
        check_path_is_free(scope, &folder.path, folder.id, &folder.display_name)?;
        for mut below in subtree(scope, &before)?
            .into_iter()
            .filter(|below| below.id != folder.id)
        {
            below.path = format!("{}{}", folder.path, &below.path[before.path.len()..]);
            scope
                .update(&below)
                .map_err(|error| taken(error, &below.display_name))?;
        }
    }
    scope
        .update(&folder)
        .map_err(|error| taken(error, &folder.display_name))?;
    let entry = entry(Action::Update, &folder).parameters(audit::key(folder.id)).entity(
        "Folder",
        folder.id,
        Action::Update,
        json!({ "Old": rows::published(&before), "New": rows::published(&folder) }),
    );
    audit::record(scope, ctx, entry)?;
    told(scope);
    Ok(folder)
}

/// Moves a folder with everything below it under another parent, or to the root. The permit must hold on the folder;
/// making and editing must be allowed at the target.
pub fn relocate(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    id: i64,
    target: Option<i64>,
) -> Result<(), Error> {
    let folder = find(scope, permit, By::Id(id))?;
    let create = permit.with("Units.Create or SubFolders.Create")?;
    let edit = permit.with("Units.Edit or SubFolders.Edit")?;
    let parent = if let Some(target) = target {
        let parent = find(scope, &create, By::Id(target))?;
        edit.check(Some(parent.id))?;
        Some(parent)
    } else {
        create.check(None)?;
        edit.check(None)?;
        None
    };
    let invalid = |message: &str| Err(Error::invalid(codes::INVALID_REQUEST, message));
    if folder.is_personal || parent.as_ref().is_some_and(|parent| parent.is_personal) {
        return invalid("Personal workspaces cannot be moved, and nothing can be moved into them.");
    }
    if parent
        .as_ref()
        .is_some_and(|parent| parent.lineage.starts_with(&folder.lineage))
    {
        return invalid("A folder cannot be moved into itself or one of its subfolders.");
    }
    if folder.parent_id == target {
        return Ok(());
    }
    if folder.parent_id.is_none() && folder.feed_type == FeedType::FolderHierarchy {
        return invalid("A root folder with a feed of its own cannot be moved below another folder.");
    }
    let path = join(parent.as_ref(), &folder.display_name);
    check_path_is_free(scope, &path, folder.id, &folder.display_name)?;
    let tree = subtree(scope, &folder)?;
    let depth = parent.as_ref().map_or(0, |parent| parent.depth + 1);
    let deepest = tree.iter().map(|below| below.depth).max().unwrap_or(folder.depth);
    check_depth(depth + deepest - folder.depth)?;
    let lineage = format!(
        "{}{}/",
        parent.as_ref().map_or("/", |parent| parent.lineage.as_str()),
        folder.id
    );
    let feed_type = parent.as_ref().map_or(FeedType::Processes, |parent| parent.feed_type);
    for mut below in tree {
        below.path = format!("{path}{}", &below.path[folder.path.len()..]);
        below.lineage = format!("{lineage}{}", &below.lineage[folder.lineage.len()..]);
        below.depth += depth - folder.depth;
        below.feed_type = feed_type;
        if below.id == folder.id {
            below.parent_id = parent.as_ref().map(|parent| parent.id);
            below.parent_key = parent.as_ref().map(|parent| parent.key);
        }
        scope
            .update(&below)
            .map_err(|error| taken(error, &below.display_name))?;
    }
    let entry = entry(Action::Move, &folder)
        .parameters(json!({ "folderId": id, "targetParentId": target }))
        .text(format!("moved folder {} to {path}", folder.path))
        .entity(
            "Folder",
            folder.id,
            Action::Move,
            json!({ "OldPath": folder.path, "NewPath": path }),
        );
    audit::record(scope, ctx, entry)?;
    told(scope);
    Ok(())
}

/// What is in a folder and below it, by kind; `Folders` and `Users` are always named.
pub fn summary(
    scope: &mut Scoped<'_, Tenant>,
    permit: &Permit,
    contents: &[std::sync::Arc<dyn Contents>],
    id: i64,
) -> Result<Vec<(&'static str, i64)>, Error> {
    let folder = find_to_read(scope, permit, By::Id(id))?;
    let ids: Vec<i64> = subtree(scope, &folder)?.iter().map(|below| below.id).collect();
    count(scope, contents, &ids)
}

fn count(
    scope: &mut Scoped<'_, Tenant>,
    contents: &[std::sync::Arc<dyn Contents>],
    folders: &[i64],
) -> Result<Vec<(&'static str, i64)>, Error> {
    let members = scope.count::<FolderMember>(&format!("folder_id in ({})", rows::integers(folders)), Vec::new())?;
    let mut counts = vec![("Folders", folders.len() as i64 - 1), ("Users", members)];
    for kind in contents {
        counts.push((kind.kind(), kind.count(scope, folders)?));
    }
    Ok(counts)
}

/// Deletes a folder. Without `force` it must be empty: no subfolders, no resources, nobody assigned.
pub fn delete(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    by: By,
    contents: &[std::sync::Arc<dyn Contents>],
    force: bool,
) -> Result<(), Error> {
    let folder = find(scope, permit, by)?;
    let tree = subtree(scope, &folder)?;
    let ids: Vec<i64> = tree.iter().map(|below| below.id).collect();
    let kept: Vec<_> = contents.iter().filter(|kind| kind.keeps()).cloned().collect();
    let left: Vec<String> = count(scope, &kept, &ids)?
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.to_lowercase()))
        .collect();
    if !left.is_empty() && !force {
        return Err(Error::conflict(
            codes::HAS_DEPENDENT_ITEMS,
            format!(
                "The folder {} cannot be deleted, because it is not empty: {}.",
                folder.path,
                left.join(", ")
            ),
        ));
    }
    for kind in contents {
        kind.remove(scope, ctx, &ids)?;
    }
    workspaces::forget(scope, &ids)?;
    let listed = rows::integers(&ids);
    scope.delete_where::<Assignment>(&format!("folder_id in ({listed})"), Vec::new())?;
    scope.delete_where::<FolderMember>(&format!("folder_id in ({listed})"), Vec::new())?;
    scope.delete_where::<Folder>(&format!("id in ({listed})"), Vec::new())?;
    let mut entry = entry(Action::Delete, &folder).parameters(audit::key(folder.id));
    for below in &tree {
        entry = entry.row("Folder", Action::Delete, below);
    }
    audit::record(scope, ctx, entry)?;
    scope.changed("assignments", scope.scope().0);
    told(scope);
    Ok(())
}

fn entry(action: Action, folder: &Folder) -> Entry {
    Entry::new(Component::Folders, action, "folder", folder.id, &folder.display_name)
}

fn told(scope: &mut Scoped<'_, Tenant>) {
    scope.changed("folders", scope.scope().0);
}

fn join(parent: Option<&Folder>, name: &str) -> String {
    parent.map_or_else(|| name.to_owned(), |parent| format!("{}/{name}", parent.path))
}

fn valid_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let fault = if name.is_empty() {
        "The folder name must not be empty."
    } else if name.chars().count() > LONGEST_NAME {
        "The folder name must have at most 115 characters."
    } else if name.contains('/') || has_hidden(name) {
        "The folder name must not contain a slash or hidden characters."
    } else {
        return Ok(name.to_owned());
    };
    Err(Error::field("DisplayName", fault))
}

fn valid_description(description: Option<&str>) -> Result<Option<String>, Error> {
    let Some(description) = description.map(str::trim).filter(|description| !description.is_empty()) else {
        return Ok(None);
    };
    let long = description.chars().count() > LONGEST_DESCRIPTION;
    let faults = long.then(|| Field {
        name: "Description".to_owned(),
        message: "The description must have at most 500 characters.".to_owned(),
    });
    match Error::fields(faults.into_iter().collect()) {
        Some(error) => Err(error),
        None => Ok(Some(description.to_owned())),
    }
}

fn check_depth(depth: i64) -> Result<(), Error> {
    if depth <= DEEPEST {
        return Ok(());
    }
    Err(Error::invalid(
        codes::INVALID_REQUEST,
        "Folders can be nested at most 6 levels below a root folder.",
    ))
}

fn check_path_is_free(scope: &mut Scoped<'_, Tenant>, path: &str, but: i64, name: &str) -> Result<(), Error> {
    if scope.exists::<Folder>("path_folded = ? and id <> ?", params![odata::fold(path), but])? {
        return Err(name_is_used(name));
    }
    Ok(())
}

fn name_is_used(name: &str) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("A folder with the name {name} already exists in this place."),
    )
}

/// Somebody else took the place after it was looked at.
fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("folders_path") {
        return name_is_used(name);
    }
    error.into()
}

/// The published members of a folder, for answers that are no OData entities.
pub fn to_value(folder: &Folder) -> Value {
    rows::published(folder)
}

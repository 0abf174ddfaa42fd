//! Who may change in which folders a thing is visible, and where it is.

use std::marker::PhantomData;

use context::{Ctx, Error, codes};
use serde_json::{Value, json};
use store::{Scoped, Tenant};
use web::Request;

use super::{Last, Linked, folders_of, link, no_such, one, unlink};
use crate::audit::{self, Action, Entry};
use crate::folders::model::Folder;
use crate::folders::service::{self, By, view};
use crate::permit::Permit;

/// Things, or folders to add or remove, of one call, and their links: others wait until it is done.
const MOST: usize = 1_000;

/// Which things are to be added to which folders and taken out of which.
#[derive(Debug, Clone, Default)]
pub struct Sharing {
    pub ids: Vec<i64>,
    pub add: Vec<i64>,
    pub remove: Vec<i64>,
}

/// What the caller may do with things of a kind in which folder.
#[derive(Debug, Clone)]
pub struct Permits<T> {
    pub view: Permit,
    pub create: Permit,
    pub edit: Permit,
    pub delete: Permit,
    kind: PhantomData<fn() -> T>,
}

impl<T: Linked> Permits<T> {
    /// The four rights on the kind, of the caller of `any`.
    pub fn new(any: &Permit) -> Result<Self, Error> {
        let right = |action: &str| any.with(&format!("{}.{action}", T::PERMISSIONS));
        Ok(Self {
            view: right("View")?,
            create: right("Create")?,
            edit: right("Edit")?,
            delete: right("Delete")?,
            kind: PhantomData,
        })
    }

    /// Those of the caller of a request.
    pub fn of(request: &Request) -> Result<Self, Error> {
        Self::new(&Permit::of(request))
    }
}

/// Adds things to folders and takes them out of folders: all of it, or nothing.
///
/// | needed on the kind | where |
/// |---|---|
/// | View | a folder the thing is in |
/// | Create | each folder it is added to |
/// | Edit | a folder it is in, when the caller has Edit in a folder it is added to |
/// | Delete | each folder it is taken out of |
///
/// What becomes of a thing that is left without folder, [`Linked::LAST`] says.
///
/// # Errors
/// 404 for a thing or folder that the caller cannot know of, 403 with code 1017 where a right is missing, 409 when a name is
/// taken in a folder, when a personal workspace is involved, or when a thing must stay in a folder and would not.
pub fn share<T: Linked>(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permits: &Permits<T>,
    sharing: &Sharing,
) -> Result<(), Error> {
    let ids = distinct(T::IDS, &sharing.ids)?;
    let add = distinct("ToAddFolderIds", &sharing.add)?;
    let remove = distinct("ToRemoveFolderIds", &sharing.remove)?;
    if ids.len().saturating_mul(add.len() + remove.len()) > MOST {
        return Err(Error::field(
            T::IDS,
            format!(
                "At most {MOST} links can be changed at a time: {}s times folders.",
                T::NOUN
            ),
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
    for id in ids {
        share_one(scope, ctx, permits, id, &add, &remove)?;
    }
    Ok(())
}

fn share_one<T: Linked>(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permits: &Permits<T>,
    id: i64,
    add: &[i64],
    remove: &[i64],
) -> Result<(), Error> {
    let thing = scope.lock::<T>(id)?.ok_or_else(|| no_such::<T>(id))?;
    let here = folders_of::<T>(scope, id)?;
    if !here.iter().any(|folder| permits.view.holds(Some(*folder))) {
        return Err(no_such::<T>(id));
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
        link(scope, *folder, &thing)?;
    }
    let mut removed = Vec::new();
    for folder in remove {
        if unlink::<T>(scope, *folder, id)? {
            removed.push(*folder);
        }
    }
    if added.is_empty() && removed.is_empty() {
        return Ok(());
    }
    let is_left = folders_of::<T>(scope, id)?.is_empty();
    if is_left && T::LAST == Last::Stays {
        return Err(last::<T>(thing.name()));
    }
    let entry = Entry::new(T::COMPONENT, Action::Associate, T::NOUN, id, thing.name())
        .text(format!("changed the folders of {} {}", T::NOUN, thing.name()))
        .parameters(json!({ "key": id, "ToAddFolderIds": added, "ToRemoveFolderIds": removed }));
    audit::record(scope, ctx, entry)?;
    if is_left {
        return thing.delete(scope, ctx);
    }
    thing.moved(scope, ctx)
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

fn last<T: Linked>(name: &str) -> Error {
    Error::conflict(
        codes::FORBIDDEN_OPERATION,
        format!(
            "{} must stay in at least one folder: '{name}' would be in none. Delete it instead.",
            one::<T>()
        ),
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

/// Where a thing is shared: the folders in which the caller may see it, and the number of all. `AccessibleFoldersDto`.
///
/// # Errors
/// 404 when the caller can see it nowhere.
pub fn folders_for<T: Linked>(scope: &mut Scoped<'_, Tenant>, permits: &Permits<T>, id: i64) -> Result<Value, Error> {
    let all = folders_of::<T>(scope, id)?;
    let visible: Vec<i64> = all
        .iter()
        .copied()
        .filter(|folder| permits.view.holds(Some(*folder)))
        .collect();
    if visible.is_empty() {
        return Err(no_such::<T>(id));
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

/// A folder that a thing could be linked into or taken out of.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: i64,
    pub path: String,
    /// The thing is there.
    pub linked: bool,
    /// The caller may change that.
    pub changeable: bool,
}

/// The folders the caller may see things of the kind in or link this one into, by path.
pub fn targets<T: Linked>(scope: &mut Scoped<'_, Tenant>, permits: &Permits<T>, id: i64) -> Result<Vec<Target>, Error> {
    let here = folders_of::<T>(scope, id)?;
    let editable = here.iter().any(|folder| permits.edit.holds(Some(*folder)));
    let mut targets: Vec<Target> = service::all(scope)?
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

//! What can happen to personal workspaces (reference: access 2.6).

use std::collections::HashMap;

use context::{Ctx, Error, codes};
use odata::Query;
use serde_json::{Value, json};
use store::{Entity as _, Page, Scoped, Tenant, Tx, params};
use uuid::Uuid;

use super::model::{Explorer, PersonalWorkspace};
use crate::audit::{self, Action, Component, Entry};
use crate::directory;
use crate::folders::model::{FeedType, Folder, FolderType};
use crate::folders::service::{self as folders, By};
use crate::permit::Permit;
use crate::roles::assignments;
use crate::roles::builtin::{FOLDER_ADMINISTRATOR, WORKSPACE_ADMINISTRATOR};
use crate::roles::service as roles;
use crate::rows;
use crate::users::model::{TenantUser, UserType};
use crate::users::service as users;

/// Characters of the owner's name that the folder's name repeats.
const LONGEST_OWNER: usize = 90;
/// Folders of the same name that are tried.
const MOST_NAMESAKES: usize = 100;

/// Whether a user is to have a workspace: by its own switch, or by that of one of its groups.
pub fn is_entitled(tx: &mut Tx, organization: Uuid, tenant: i64, user: &TenantUser) -> Result<bool, Error> {
    if !user.is_active || !directory::is_same_kind(user.user_type, UserType::DirectoryUser) {
        return Ok(false);
    }
    if user.personal_workspace {
        return Ok(true);
    }
    let groups = directory::groups_of_user(tx, organization, user.key)?;
    if groups.is_empty() {
        return Ok(false);
    }
    let (marks, keys) = store::any_of(groups.into_iter().map(store::Value::Guid));
    let condition = format!("user_type = ? and is_active = ? and personal_workspace = ? and key in ({marks})");
    let mut values = params![UserType::DirectoryGroup, true, true];
    values.extend(keys);
    Ok(tx.tenant(tenant).exists::<TenantUser>(&condition, values)?)
}

/// The folder of a user's workspace, if it has one.
pub fn of_owner(scope: &mut Scoped<'_, Tenant>, user: i64) -> Result<Option<Folder>, Error> {
    match scope.find_one::<PersonalWorkspace>("owner_id = ?", params![user])? {
        Some(workspace) => Ok(scope.get::<Folder>(workspace.folder_id)?),
        None => Ok(None),
    }
}

/// The workspace of a user, made if there is none. Whether the user is to have one is the caller's question.
pub fn ensure(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, user: &TenantUser) -> Result<Folder, Error> {
    if let Some(folder) = of_owner(scope, user.id)? {
        return Ok(folder);
    }
    let name = free_name(scope, &user.user_name)?;
    let folder = folders::create_personal(scope, ctx, &name)?;
    scope.insert(&PersonalWorkspace {
        folder_id: folder.id,
        key: None,
        name: None,
        is_active: true,
        owner_id: user.id,
        owner_key: user.key,
        owner_name: user.user_name.clone(),
        last_login: None,
        created_at: ctx.now,
    })?;
    let wanted = roles::named(scope, &[WORKSPACE_ADMINISTRATOR.to_owned()])?;
    assignments::put_on_folder(scope, ctx, user, &folder, &wanted)?;
    record(scope, ctx, Action::Create, &folder, "created")?;
    Ok(folder)
}

/// `ann's workspace`, with a number behind it where another folder is called so.
fn free_name(scope: &mut Scoped<'_, Tenant>, owner: &str) -> Result<String, Error> {
    let owner: String = owner.chars().take(LONGEST_OWNER).collect();
    let name = format!("{}'s workspace", owner.replace('/', "-"));
    for number in 1..=MOST_NAMESAKES {
        let name = if number == 1 {
            name.clone()
        } else {
            format!("{name} {number}")
        };
        if !scope.exists::<Folder>("path_folded = ?", params![odata::fold(&name)])? {
            return Ok(name);
        }
    }
    Err(Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("Too many folders are called {name} already."),
    ))
}

/// All workspaces of the tenant.
pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<PersonalWorkspace>(query, "", Vec::new())?;
    let ids: Vec<i64> = page.items.iter().map(|workspace| workspace.folder_id).collect();
    let mut exploring = explorers(scope, &ids)?;
    Ok(page.map(|workspace| on_the_wire(&workspace, exploring.remove(&workspace.folder_id).unwrap_or_default())))
}

/// The workspace of a user in its wire form.
///
/// # Errors
/// 404 when it has none.
pub fn own(scope: &mut Scoped<'_, Tenant>, user: i64) -> Result<Value, Error> {
    let found = scope.find_one::<PersonalWorkspace>("owner_id = ?", params![user])?;
    let workspace =
        found.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "There is no personal workspace of this user."))?;
    let mut exploring = explorers(scope, &[workspace.folder_id])?;
    Ok(on_the_wire(
        &workspace,
        exploring.remove(&workspace.folder_id).unwrap_or_default(),
    ))
}

/// Gives the caller the rights of the owner, until it stops exploring. Starting twice is the same as once.
///
/// # Errors
/// 404 for no workspace, 409 for the caller's own or one that it was assigned to.
pub fn start_exploring(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let (workspace, folder) = find(scope, id)?;
    let caller = caller(scope, ctx)?;
    if scope.exists::<Explorer>("folder_id = ? and user_id = ?", params![id, caller.id])? {
        return Ok(());
    }
    let members = assignments::memberships(scope, &[caller.id])?;
    if workspace.owner_id == caller.id || members.iter().any(|member| member.folder_id == id) {
        return Err(Error::conflict(
            codes::FORBIDDEN_OPERATION,
            "You have access to this workspace already.",
        ));
    }
    let explorer = Explorer {
        id: 0,
        folder_id: id,
        user_id: caller.id,
        started_at: ctx.now,
    };
    scope.insert(&explorer)?;
    let wanted = roles::named(scope, &[WORKSPACE_ADMINISTRATOR.to_owned()])?;
    assignments::put_on_folder(scope, ctx, &caller, &folder, &wanted)?;
    record(scope, ctx, Action::ExploreStart, &folder, "started exploring")
}

/// Takes the rights back that [`start_exploring`] gave.
///
/// # Errors
/// 404 for no workspace, 409 when the caller does not explore it.
pub fn stop_exploring(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let (_, folder) = find(scope, id)?;
    let caller = caller(scope, ctx)?;
    if scope.delete_where::<Explorer>("folder_id = ? and user_id = ?", params![id, caller.id])? == 0 {
        return Err(Error::conflict(
            codes::FORBIDDEN_OPERATION,
            "You are not exploring this workspace.",
        ));
    }
    leave(scope, ctx, &caller, &folder)?;
    record(scope, ctx, Action::ExploreEnd, &folder, "stopped exploring")
}

/// Turns a workspace into a folder like others, with the feed it has. Its owner stays, who explored it goes, and the caller becomes
/// its administrator. An owner that is to have a workspace gets a new one when it asks next.
///
/// # Errors
/// 404 for no workspace, 409 when another folder has the name.
pub fn convert(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, name: &str) -> Result<(), Error> {
    find(scope, id)?;
    let caller = caller(scope, ctx)?;
    for explorer in scope.find::<Explorer>("folder_id = ? order by id", params![id])? {
        scope.delete::<Explorer>(explorer.id)?;
        if let (Some(user), Some(folder)) = (scope.get::<TenantUser>(explorer.user_id)?, scope.get::<Folder>(id)?) {
            leave(scope, ctx, &user, &folder)?;
        }
    }
    let mut folder = folders::edit(scope, ctx, &Permit::everything(), By::Id(id), Some(name), None)?;
    folder.folder_type = FolderType::Standard;
    folder.is_personal = false;
    folder.feed_type = FeedType::FolderHierarchy;
    scope.update(&folder)?;
    scope.delete::<PersonalWorkspace>(id)?;
    let mut wanted = roles::named(scope, &[FOLDER_ADMINISTRATOR.to_owned()])?;
    let held = assignments::of_users(scope, &[caller.id])?;
    let kept: Vec<i64> = held
        .iter()
        .filter(|assignment| assignment.folder_id == id)
        .map(|assignment| assignment.role_id)
        .filter(|role| wanted.iter().all(|wanted| wanted.id != *role))
        .collect();
    wanted.extend(roles::find_all(scope, &kept)?);
    assignments::put_on_folder(scope, ctx, &caller, &folder, &wanted)?;
    scope.changed("folders", scope.scope().0);
    record(scope, ctx, Action::Convert, &folder, "converted")
}

/// Forgets what these folders were as workspaces, because they are deleted.
pub(crate) fn forget(scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<(), Error> {
    let listed = rows::integers(folders);
    scope.delete_where::<Explorer>(&format!("folder_id in ({listed})"), Vec::new())?;
    scope.delete_where::<PersonalWorkspace>(&format!("folder_id in ({listed})"), Vec::new())?;
    Ok(())
}

fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<(PersonalWorkspace, Folder), Error> {
    let missing = || Error::not_found("Personal workspace", id);
    let workspace = scope.lock::<PersonalWorkspace>(id)?.ok_or_else(missing)?;
    let folder = scope.get::<Folder>(id)?.ok_or_else(missing)?;
    Ok((workspace, folder))
}

fn caller(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<TenantUser, Error> {
    let id = users::of_caller(scope, ctx)?.ok_or_else(Error::forbidden)?;
    users::find(scope, id)
}

/// Takes somebody out of a folder; that an administrator did so already is fine.
fn leave(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, user: &TenantUser, folder: &Folder) -> Result<(), Error> {
    let members = assignments::memberships(scope, &[user.id])?;
    if members.iter().any(|member| member.folder_id == folder.id) {
        assignments::remove_from_folder(scope, ctx, user, folder)?;
    }
    Ok(())
}

fn explorers(scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<HashMap<i64, Vec<i64>>, Error> {
    let mut found: HashMap<i64, Vec<i64>> = HashMap::new();
    for chunk in folders.chunks(500) {
        let condition = format!("folder_id in ({}) order by id", rows::integers(chunk));
        for explorer in scope.find::<Explorer>(&condition, Vec::new())? {
            found.entry(explorer.folder_id).or_default().push(explorer.user_id);
        }
    }
    Ok(found)
}

fn on_the_wire(workspace: &PersonalWorkspace, exploring: Vec<i64>) -> Value {
    let mut members = workspace.to_json();
    members.insert("ExploringUserIds".to_owned(), json!(exploring));
    Value::Object(members)
}

fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, folder: &Folder, done: &str) -> Result<(), Error> {
    let name = &folder.display_name;
    let entry = Entry::new(
        Component::PersonalWorkspaces,
        action,
        "personal workspace",
        folder.id,
        name,
    )
    .text(format!("{done} personal workspace {name}"))
    .parameters(audit::key(folder.id))
    .row("PersonalWorkspace", action, folder);
    audit::record(scope, ctx, entry)
}

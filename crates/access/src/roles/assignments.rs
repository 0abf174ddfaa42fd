//! Who holds which role where (reference: access, chapter 4).

use std::collections::HashMap;

use context::{Ctx, Error, codes};
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::builtin::ADMINISTRATOR;
use super::model::{Assignment, ON_TENANT, Role, RoleType};
use super::service as roles;
use crate::audit::{self, Action, Component, Entry};
use crate::directory;
use crate::folders::model::{Folder, FolderMember};
use crate::rows;
use crate::tenants;
use crate::users::model::TenantUser;
use crate::workspaces::model::Explorer;

/// The roles of users on the tenant, by user.
pub fn on_tenant(scope: &mut Scoped<'_, Tenant>, users: &[i64]) -> Result<HashMap<i64, Vec<Assignment>>, Error> {
    let mut found: HashMap<i64, Vec<Assignment>> = HashMap::new();
    for chunk in users.chunks(500) {
        let condition = format!("folder_id = ? and user_id in ({}) order by id", rows::integers(chunk));
        for assignment in scope.find::<Assignment>(&condition, params![ON_TENANT])? {
            found.entry(assignment.user_id).or_default().push(assignment);
        }
    }
    Ok(found)
}

/// All assignments of users, on the tenant and on folders.
pub fn of_users(scope: &mut Scoped<'_, Tenant>, users: &[i64]) -> Result<Vec<Assignment>, Error> {
    let condition = format!("user_id in ({}) order by id", rows::integers(users));
    if users.is_empty() {
        Ok(Vec::new())
    } else {
        Ok(scope.find::<Assignment>(&condition, Vec::new())?)
    }
}

/// The folders users are assigned to.
pub fn memberships(scope: &mut Scoped<'_, Tenant>, users: &[i64]) -> Result<Vec<FolderMember>, Error> {
    let condition = format!("user_id in ({}) order by folder_id", rows::integers(users));
    if users.is_empty() {
        Ok(Vec::new())
    } else {
        Ok(scope.find::<FolderMember>(&condition, Vec::new())?)
    }
}

/// Replaces the roles of a user on the tenant.
pub fn set_on_tenant(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    user: &TenantUser,
    role_ids: &[i64],
) -> Result<(), Error> {
    let wanted = roles::find_all(scope, role_ids)?;
    if let Some(role) = wanted.iter().find(|role| role.role_type == RoleType::Folder) {
        return Err(Error::field(
            "roleIds",
            format!("The role {} can be assigned on folders only.", role.name),
        ));
    }
    let administered = administers(scope, user.id)?;
    if replace(scope, user.id, ON_TENANT, &wanted)? {
        holds_something_itself(scope, user)?;
        if administered {
            check_an_administrator_is_left(scope)?;
        }
        let names: Vec<&str> = wanted.iter().map(|role| role.name.as_str()).collect();
        let entry = Entry::new(Component::Users, Action::Assign, "roles", user.id, &user.user_name)
            .parameters(json!({ "userId": user.id, "roleIds": role_ids }))
            .text(format!(
                "assigned to {} the tenant roles: {}",
                user.user_name,
                list(&names)
            ))
            .entity(
                "UserRole",
                user.id,
                Action::Assign,
                json!({ "UserId": user.id, "Roles": names }),
            );
        audit::record(scope, ctx, entry)?;
    }
    Ok(())
}

/// Assigns a user to a folder with these roles and no others.
pub fn set_on_folder(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    user: &TenantUser,
    folder: &Folder,
    role_ids: &[i64],
) -> Result<(), Error> {
    let wanted = folder_roles(scope, role_ids)?;
    put_on_folder(scope, ctx, user, folder, &wanted)
}

/// The roles with these ids, each of which can be assigned on folders.
pub fn folder_roles(scope: &mut Scoped<'_, Tenant>, role_ids: &[i64]) -> Result<Vec<Role>, Error> {
    let wanted = roles::find_all(scope, role_ids)?;
    match wanted.iter().find(|role| role.role_type == RoleType::Tenant) {
        Some(role) => Err(Error::field(
            "RoleIds",
            format!("The role {} can be assigned on the tenant only.", role.name),
        )),
        None => Ok(wanted),
    }
}

/// [`set_on_folder`] with roles that were looked up by [`folder_roles`].
pub fn put_on_folder(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    user: &TenantUser,
    folder: &Folder,
    wanted: &[Role],
) -> Result<(), Error> {
    let added = scope.execute(
        "insert into folder_members ({scope_column}, folder_id, user_id, has_alerts) values ({scope_value}, ?, ?, ?)
         on conflict do nothing",
        params![folder.id, user.id, false],
    )?;
    if !replace(scope, user.id, folder.id, wanted)? && added == 0 {
        return Ok(());
    }
    told(scope);
    let role_ids: Vec<i64> = wanted.iter().map(|role| role.id).collect();
    let names: Vec<&str> = wanted.iter().map(|role| role.name.as_str()).collect();
    let entry = Entry::new(
        Component::Folders,
        Action::Assign,
        "folder",
        folder.id,
        &folder.display_name,
    )
    .parameters(json!({ "userId": user.id, "folderId": folder.id, "roleIds": role_ids }))
    .text(format!(
        "assigned {} to folder {} with the roles: {}",
        user.user_name,
        folder.path,
        list(&names)
    ))
    .entity(
        "FolderUser",
        user.id,
        Action::Assign,
        json!({ "UserId": user.id, "FolderId": folder.id, "Roles": names }),
    );
    audit::record(scope, ctx, entry)
}

/// Takes a user's own assignment from a folder. What groups and ancestors give stays.
///
/// # Errors
/// 404 when the user is not assigned to the folder itself.
pub fn remove_from_folder(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    user: &TenantUser,
    folder: &Folder,
) -> Result<(), Error> {
    let of = params![folder.id, user.id];
    if scope.delete_where::<FolderMember>("folder_id = ? and user_id = ?", of.clone())? == 0 {
        return Err(Error::missing(
            codes::ITEM_NOT_FOUND,
            "The user is not assigned to this folder.",
        ));
    }
    scope.delete_where::<Assignment>("folder_id = ? and user_id = ?", of)?;
    told(scope);
    let entry = Entry::new(
        Component::Folders,
        Action::Unassign,
        "folder",
        folder.id,
        &folder.display_name,
    )
    .parameters(json!({ "key": folder.id, "userId": user.id }))
    .text(format!("removed {} from folder {}", user.user_name, folder.path))
    .entity(
        "FolderUser",
        user.id,
        Action::Unassign,
        json!({ "UserId": user.id, "FolderId": folder.id }),
    );
    audit::record(scope, ctx, entry)
}

/// Gives a role on the tenant to some users and takes it from others.
pub fn change_holders(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    role: &Role,
    added: &[TenantUser],
    removed: &[TenantUser],
) -> Result<(), Error> {
    if role.role_type == RoleType::Folder && !added.is_empty() {
        return Err(Error::field("addedUserIds", "A folder role is assigned on folders."));
    }
    for user in added {
        give(scope, user.id, role.id, ON_TENANT)?;
    }
    let condition = "user_id = ? and folder_id = ? and role_id = ?";
    for user in removed {
        scope.delete_where::<Assignment>(condition, params![user.id, ON_TENANT, role.id])?;
    }
    if role.name == ADMINISTRATOR && !removed.is_empty() {
        check_an_administrator_is_left(scope)?;
    }
    told(scope);
    let names = |users: &[TenantUser]| users.iter().map(|user| user.user_name.clone()).collect::<Vec<_>>();
    let entry = Entry::new(Component::Roles, Action::Assign, "role", role.id, &role.name)
        .parameters(json!({ "key": role.id }))
        .text(format!("changed who holds the role {}", role.name))
        .entity(
            "Role",
            role.id,
            Action::Assign,
            json!({ "Added": names(added), "Removed": names(removed) }),
        );
    audit::record(scope, ctx, entry)
}

/// Takes everything from a user that is about to be deleted.
pub fn remove_all(scope: &mut Scoped<'_, Tenant>, user: i64) -> Result<(), Error> {
    let administered = administers(scope, user)?;
    scope.delete_where::<Assignment>("user_id = ?", params![user])?;
    scope.delete_where::<FolderMember>("user_id = ?", params![user])?;
    scope.delete_where::<Explorer>("user_id = ?", params![user])?;
    told(scope);
    if administered {
        check_an_administrator_is_left(scope)?;
    }
    Ok(())
}

/// A record that was made for a group's member stands for itself once it is given something.
fn holds_something_itself(scope: &mut Scoped<'_, Tenant>, user: &TenantUser) -> Result<(), Error> {
    if user.only_inherited {
        scope.update_where::<TenantUser>("only_inherited = ?", "id = ?", params![false, user.id])?;
    }
    Ok(())
}

/// Whether the user itself holds the role that opens everything.
pub(crate) fn administers(scope: &mut Scoped<'_, Tenant>, user: i64) -> Result<bool, Error> {
    let condition = "user_id = ? and folder_id = ? and role_id in (select r.id from roles r where r.name_folded = ?)";
    Ok(scope.exists::<Assignment>(condition, params![user, ON_TENANT, odata::fold(ADMINISTRATOR)])?)
}

/// Somebody must be able to give rights, or nobody ever could again. Only holders count that are active and that the directory
/// still has.
pub(crate) fn check_an_administrator_is_left(scope: &mut Scoped<'_, Tenant>) -> Result<(), Error> {
    let tenant = scope.scope().0;
    let Some((organization, _)) = scope.tx().locate::<tenants::model::Tenant>("id = ?", params![tenant])? else {
        return Ok(());
    };
    let condition = "is_active = ? and id in (select a.user_id from role_assignments a join roles r on r.id = a.role_id \
        where a.tenant_id = ? and a.folder_id = ? and r.name_folded = ?) order by id";
    let of = params![true, tenant, ON_TENANT, odata::fold(ADMINISTRATOR)];
    for holder in scope.find::<TenantUser>(condition, of)? {
        if directory::is_present(scope.tx(), organization.0, &holder)? {
            return Ok(());
        }
    }
    Err(Error::conflict(
        codes::FORBIDDEN_OPERATION,
        format!("The role {ADMINISTRATOR} must be left to at least one account or group."),
    ))
}

/// Brings the stored assignments in line with the wanted ones. `false`: nothing changed.
fn replace(scope: &mut Scoped<'_, Tenant>, user: i64, folder: i64, wanted: &[Role]) -> Result<bool, Error> {
    let held = scope.find::<Assignment>("user_id = ? and folder_id = ?", params![user, folder])?;
    let mut changed = false;
    for surplus in held
        .iter()
        .filter(|held| !wanted.iter().any(|role| role.id == held.role_id))
    {
        scope.delete::<Assignment>(surplus.id)?;
        changed = true;
    }
    for role in wanted
        .iter()
        .filter(|role| !held.iter().any(|held| held.role_id == role.id))
    {
        give(scope, user, role.id, folder)?;
        changed = true;
    }
    if changed {
        told(scope);
    }
    Ok(changed)
}

/// Stores an assignment. That it is there already, perhaps since a moment ago, is fine.
fn give(scope: &mut Scoped<'_, Tenant>, user: i64, role: i64, folder: i64) -> Result<(), Error> {
    scope.execute(
        "insert into role_assignments ({scope_column}, user_id, role_id, folder_id) values ({scope_value}, ?, ?, ?)
         on conflict do nothing",
        params![user, role, folder],
    )?;
    Ok(())
}

fn told(scope: &mut Scoped<'_, Tenant>) {
    scope.changed("assignments", scope.scope().0);
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

//! Who holds which role where (reference: access, chapter 4).

use std::collections::HashMap;

use context::{Ctx, Error, codes};
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::builtin::ADMINISTRATOR;
use super::model::{Assignment, ON_TENANT, Role, RoleType};
use super::service as roles;
use crate::audit::{self, Action, Component, Entry};
use crate::folders::model::{Folder, FolderMember};
use crate::rows;
use crate::users::model::TenantUser;

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
    if replace(scope, user.id, ON_TENANT, &wanted)? {
        holds_something_itself(scope, user)?;
        check_an_administrator_is_left(scope)?;
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
    let wanted = roles::find_all(scope, role_ids)?;
    if let Some(role) = wanted.iter().find(|role| role.role_type == RoleType::Tenant) {
        return Err(Error::field(
            "RoleIds",
            format!("The role {} can be assigned on the tenant only.", role.name),
        ));
    }
    let condition = "folder_id = ? and user_id = ?";
    let known = scope.exists::<FolderMember>(condition, params![folder.id, user.id])?;
    if !known {
        scope.insert(&FolderMember {
            id: 0,
            folder_id: folder.id,
            user_id: user.id,
            has_alerts: false,
        })?;
    }
    if !replace(scope, user.id, folder.id, &wanted)? && known {
        return Ok(());
    }
    told(scope);
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
    let condition = "user_id = ? and folder_id = ? and role_id = ?";
    for user in added {
        if !scope.exists::<Assignment>(condition, params![user.id, ON_TENANT, role.id])? {
            scope.insert(&Assignment::new(user.id, role.id, ON_TENANT))?;
        }
    }
    for user in removed {
        scope.delete_where::<Assignment>(condition, params![user.id, ON_TENANT, role.id])?;
    }
    check_an_administrator_is_left(scope)?;
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
    scope.delete_where::<Assignment>("user_id = ?", params![user])?;
    scope.delete_where::<FolderMember>("user_id = ?", params![user])?;
    told(scope);
    check_an_administrator_is_left(scope)
}

/// A record that was made for a group's member stands for itself once it is given something.
fn holds_something_itself(scope: &mut Scoped<'_, Tenant>, user: &TenantUser) -> Result<(), Error> {
    if user.only_inherited {
        scope.update_where::<TenantUser>("only_inherited = ?", "id = ?", params![false, user.id])?;
    }
    Ok(())
}

/// Somebody must be able to give rights, or nobody ever could again.
fn check_an_administrator_is_left(scope: &mut Scoped<'_, Tenant>) -> Result<(), Error> {
    let Some(role) = scope.find_one::<Role>("name_folded = ?", params![odata::fold(ADMINISTRATOR)])? else {
        return Ok(());
    };
    if scope.exists::<Assignment>("role_id = ? and folder_id = ?", params![role.id, ON_TENANT])? {
        return Ok(());
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
        scope.insert(&Assignment::new(user, role.id, folder))?;
        changed = true;
    }
    if changed {
        told(scope);
    }
    Ok(changed)
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

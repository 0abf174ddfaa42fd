//! Who is assigned to folders (reference: access, chapter 4).

use std::collections::{BTreeMap, HashMap};

use context::{Ctx, Error, MOST_LISTED, check_length};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};

use super::model::{Folder, FolderMember};
use super::service::{self as folders, By};
use super::tree::Tree;
use crate::permit::Permit;
use crate::roles::assignments;
use crate::roles::model::Assignment;
use crate::rows;
use crate::users::model::{TenantUser, UserType};
use crate::users::service as users;

/// Roles for one folder of an assignment.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct FolderRoles {
    pub folder_id: i64,
    #[serde(default)]
    pub role_ids: Vec<i64>,
}

/// Assigns users to folders. Each one's roles in each listed folder are replaced; all succeed or none.
///
/// # Errors
/// 400 when there are more than 1,000 pairs of user and folder: others wait until it is done.
pub fn assign(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    assigned: &[TenantUser],
    places: &[FolderRoles],
) -> Result<(), Error> {
    check_length("RolesPerFolder", places)?;
    if places.len().saturating_mul(assigned.len()) > MOST_LISTED {
        return Err(Error::field(
            "RolesPerFolder",
            format!("At most {MOST_LISTED} assignments can be made at a time: users times folders."),
        ));
    }
    for place in places {
        let folder = folders::find(scope, permit, By::Id(place.folder_id))?;
        let wanted = assignments::folder_roles(scope, &place.role_ids)?;
        for user in assigned {
            assignments::put_on_folder(scope, ctx, user, &folder, &wanted)?;
        }
    }
    Ok(())
}

/// Someone with access to a folder.
#[derive(Debug, Clone)]
pub struct Member {
    pub user: TenantUser,
    /// The assignment on the folder itself, if there is one.
    pub direct: Option<FolderMember>,
    /// Roles on the folder and, where they were asked for, on its ancestors.
    pub roles: Vec<Assignment>,
    /// Assigned to an ancestor.
    pub is_inherited: bool,
}

/// Those assigned to a folder and, where `inherited` is set, to its ancestors, by name.
pub fn of_folder(
    scope: &mut Scoped<'_, Tenant>,
    permit: &Permit,
    folder: i64,
    inherited: bool,
) -> Result<(Folder, Vec<Member>), Error> {
    let folder = folders::find_to_read(scope, permit, By::Id(folder))?;
    let places: Vec<i64> = if inherited {
        folder.ids().collect()
    } else {
        vec![folder.id]
    };
    let listed = rows::integers(&places);
    let members = scope.find::<FolderMember>(&format!("folder_id in ({listed}) order by id"), Vec::new())?;
    let held = scope.find::<Assignment>(&format!("folder_id in ({listed}) order by id"), Vec::new())?;
    let mut by_user: BTreeMap<i64, Vec<FolderMember>> = BTreeMap::new();
    for member in members {
        by_user.entry(member.user_id).or_default().push(member);
    }
    let ids: Vec<i64> = by_user.keys().copied().collect();
    let mut found: Vec<Member> = scope
        .get_many::<TenantUser>(&ids)?
        .into_iter()
        .map(|user| {
            let own = by_user.remove(&user.id).unwrap_or_default();
            Member {
                is_inherited: own.iter().any(|member| member.folder_id != folder.id),
                direct: own.into_iter().find(|member| member.folder_id == folder.id),
                roles: held
                    .iter()
                    .filter(|assignment| assignment.user_id == user.id)
                    .cloned()
                    .collect(),
                user,
            }
        })
        .collect();
    found.sort_by_cached_key(|member| odata::fold(&member.user.user_name));
    Ok((folder, found))
}

/// `UserRolesDto`
pub fn to_value(tree: &Tree, folder: &Folder, member: &Member, with_alerts: bool) -> Value {
    let roles: Vec<Value> = member
        .roles
        .iter()
        .map(|assignment| {
            let inherited = (assignment.folder_id != folder.id)
                .then(|| tree.get(assignment.folder_id))
                .flatten();
            json!({
                "Origin": if assignment.folder_id == folder.id { "Assigned" } else { "Inherited" },
                "RoleType": assignment.role_type.map(rows::name_of),
                "InheritedFromFolder": inherited.map(simple),
                "Name": assignment.role_name,
                "Id": assignment.role_id,
            })
        })
        .collect();
    let assigned: Vec<i64> = member.direct.iter().map(|direct| direct.folder_id).collect();
    json!({
        "Id": member.user.id,
        "UserEntity": user_entity(&member.user, member.direct.is_none(), &assigned),
        "Roles": roles,
        "HasAlertsEnabled": with_alerts && member.direct.as_ref().is_some_and(|direct| direct.has_alerts),
    })
}

/// `UserEntityDto`
pub fn user_entity(user: &TenantUser, is_inherited: bool, folders: &[i64]) -> Value {
    json!({
        "Id": user.id,
        "UserName": user.user_name,
        "FullName": user.full_name,
        "EmailAddress": user.email,
        "AuthenticationSource": users::DOMAIN,
        "IsInherited": is_inherited,
        "AssignedToFolderIds": folders,
        "MayHaveAttended": user.robot_session,
        "MayHaveUnattended": user.unattended_session,
        "Type": rows::name_of(user.user_type),
        "Source": "Orchestrator",
    })
}

/// `SimpleFolderDto`
pub fn simple(folder: &Folder) -> Value {
    json!({ "DisplayName": folder.display_name, "FullyQualifiedName": folder.path, "Id": folder.id })
}

/// Where a user has which roles, itself or through groups.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub user_name: String,
    pub kind: Option<UserType>,
    /// Part of a folder name.
    pub text: Option<String>,
    pub skip: usize,
    pub take: usize,
}

/// `UserRoleAssignmentsDto`: roles on the tenant, and a page of folders with the roles there. Only folders within the
/// permit's reach are shown.
pub fn roles_of(
    tx: &mut store::Tx,
    tenant: &web::TenantRef,
    permit: &Permit,
    tree: &Tree,
    search: &Search,
) -> Result<Value, Error> {
    let name = odata::fold(search.user_name.trim());
    let found = tx
        .tenant(tenant.id)
        .find::<TenantUser>("user_name_folded = ? order by id", params![name])?;
    let wanted = search.kind.map(crate::directory::object_type);
    let user = found
        .into_iter()
        .find(|user| wanted.is_none_or(|kind| crate::directory::object_type(user.user_type) == kind));
    let user = user.ok_or_else(|| Error::not_found("User", &search.user_name))?;
    let groups = if user.user_type == UserType::DirectoryUser {
        crate::directory::groups_of_user(tx, tenant.organization, user.key)?
    } else {
        Vec::new()
    };
    let (marks, keys) = store::any_of(groups.into_iter().map(store::Value::Guid));
    let condition = format!("user_type = ? and key in ({marks})");
    let mut values = params![UserType::DirectoryGroup];
    values.extend(keys);
    let mut scope = tx.tenant(tenant.id);
    let mut known = scope.find::<TenantUser>(&condition, values)?;
    known.push(user.clone());
    let principals: HashMap<i64, TenantUser> = known.into_iter().map(|principal| (principal.id, principal)).collect();
    let ids: Vec<i64> = principals.keys().copied().collect();
    let held = assignments::of_users(&mut scope, &ids)?;
    let members = assignments::memberships(&mut scope, &ids)?;
    let entity = |id: i64| {
        principals
            .get(&id)
            .map(|principal| user_entity(principal, id != user.id, &[]))
    };

    let reach = permit.reach();
    let text = search.text.as_deref().map(odata::fold);
    let mut folders: Vec<&Folder> = tree
        .in_order()
        .into_iter()
        .filter(|folder| reach.includes(folder.id))
        .filter(|folder| members.iter().any(|member| member.folder_id == folder.id))
        .filter(|folder| {
            text.as_ref()
                .is_none_or(|text| odata::fold(&folder.path).contains(text.as_str()))
        })
        .collect();
    let count = folders.len();
    folders = folders.into_iter().skip(search.skip).take(search.take).collect();
    let items: Vec<Value> = folders
        .into_iter()
        .map(|folder| {
            let roles = by_role(
                held.iter().filter(|assignment| assignment.folder_id == folder.id),
                &entity,
            );
            json!({ "Folder": simple(folder), "Roles": roles })
        })
        .collect();
    let on_tenant = held
        .iter()
        .filter(|assignment| assignment.folder_id == crate::roles::model::ON_TENANT);
    Ok(json!({ "Id": user.id, "TenantRoles": by_role(on_tenant, &entity), "PageItems": items, "Count": count }))
}

/// `RoleUsersDto` rows: each role once, with those who hold it.
fn by_role<'a>(held: impl Iterator<Item = &'a Assignment>, entity: &impl Fn(i64) -> Option<Value>) -> Vec<Value> {
    let mut roles: BTreeMap<i64, (Option<String>, Vec<Value>)> = BTreeMap::new();
    for assignment in held {
        let role = roles
            .entry(assignment.role_id)
            .or_insert_with(|| (assignment.role_name.clone(), Vec::new()));
        role.1.extend(entity(assignment.user_id));
    }
    roles
        .into_iter()
        .map(|(id, (name, users))| json!({ "Id": id, "Name": name, "Users": users }))
        .collect()
}

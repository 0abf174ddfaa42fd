//! What can happen to roles (reference: access, chapter 6).

use std::collections::HashSet;

use context::{Ctx, Error, PermissionSet, check_length, codes, has_hidden};
use odata::Query;
use serde_json::{Value, json};
use store::{Json, Page, Scoped, Tenant, params};

use super::builtin::ROLES;
use super::catalogue::{self, Named};
use super::model::{Assignment, Role, RoleType};
use crate::audit::{self, Action, Component, Entry};

/// Characters of a role name.
pub const LONGEST_NAME: usize = 64;
/// Roles of one tenant.
pub const MOST_ROLES: i64 = 1000;

/// A role as a request describes it.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Draft {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub display_name: Option<String>,
    /// `Tenant` or `Folder`.
    #[serde(default, rename = "Type")]
    pub role_type: Option<String>,
    #[serde(default)]
    pub groups: Option<String>,
    #[serde(default)]
    pub permissions: Vec<Named>,
}

/// The role with its permissions where they are wanted.
pub fn to_value(role: &Role) -> Value {
    let mut members = store::Entity::to_json(role);
    members.insert("Permissions".to_owned(), catalogue::of_role(role));
    Value::Object(members)
}

pub fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Role, Error> {
    scope.get::<Role>(id)?.ok_or_else(|| no_such_role(id))
}

fn no_such_role(id: impl std::fmt::Display) -> Error {
    Error::not_found("Role", id)
}

/// The roles with these ids, each of which must exist.
pub fn find_all(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<Vec<Role>, Error> {
    check_length("RoleIds", ids)?;
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let found = scope.get_many::<Role>(&wanted)?;
    match wanted.iter().find(|id| !found.iter().any(|role| role.id == **id)) {
        Some(missing) => Err(no_such_role(missing)),
        None => Ok(found),
    }
}

/// The roles with these names, each of which must exist.
pub fn named(scope: &mut Scoped<'_, Tenant>, names: &[String]) -> Result<Vec<Role>, Error> {
    check_length("RolesList", names)?;
    let mut wanted: Vec<String> = names.iter().map(|name| odata::fold(name.trim())).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(500) {
        let (marks, values) = store::any_of(chunk.iter().cloned().map(store::Value::Text));
        found.extend(scope.find::<Role>(&format!("name_folded in ({marks})"), values)?);
    }
    let known: HashSet<String> = found.iter().map(|role| odata::fold(&role.name)).collect();
    match names.iter().find(|name| !known.contains(&odata::fold(name.trim()))) {
        Some(missing) => {
            let missing: String = missing.chars().take(LONGEST_NAME).collect();
            Err(Error::field("RolesList", format!("There is no role {missing}.")))
        }
        None => Ok(found),
    }
}

pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query) -> Result<Page<Role>, Error> {
    Ok(scope.list::<Role>(query, "", Vec::new())?)
}

/// All roles by name.
pub fn all(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<Role>, Error> {
    Ok(scope.find::<Role>("true order by name_folded", Vec::new())?)
}

/// Makes a custom role for the tenant or for folders.
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, draft: &Draft) -> Result<Role, Error> {
    let name = valid_name(&draft.name)?;
    let given = catalogue::read(&draft.permissions)?;
    let role_type = match read_type(draft)? {
        Some(role_type) => role_type,
        None => catalogue::type_of(given),
    };
    if role_type == RoleType::Mixed {
        return Err(Error::field(
            "Type",
            "A role holds tenant permissions or folder permissions, not both.",
        ));
    }
    check_name_is_free(scope, &name, 0)?;
    if scope.count::<Role>("", Vec::new())? >= MOST_ROLES {
        return Err(Error::conflict(
            codes::INVALID_REQUEST,
            "The tenant has as many roles as it can have.",
        ));
    }
    let mut role = Role {
        id: 0,
        display_name: display_name(draft, &name)?,
        name,
        role_type,
        role_groups: draft.groups.clone().unwrap_or_default(),
        is_static: false,
        is_editable: true,
        permissions: Json(catalogue::names(fitting(role_type, given, draft)?)),
    };
    role.id = scope.insert(&role).map_err(|error| taken(error, &role.name))?;
    let entry = entry(Action::Create, &role).parameters(json!({ "roleDto": to_value(&role) }));
    audit::record(
        scope,
        ctx,
        entry.entity("Role", role.id, Action::Create, to_value(&role)),
    )?;
    told(scope);
    Ok(role)
}

/// Replaces name and permissions of a custom role. Its type stays.
pub fn replace(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, draft: &Draft) -> Result<Role, Error> {
    let before = scope.lock::<Role>(id)?.ok_or_else(|| no_such_role(id))?;
    if before.is_static || !before.is_editable {
        return Err(built_in(&before));
    }
    if read_type(draft)?.is_some_and(|given| given != before.role_type) {
        return Err(Error::field("Type", "The type of a role cannot change."));
    }
    let name = valid_name(&draft.name)?;
    check_name_is_free(scope, &name, id)?;
    let given = catalogue::read(&draft.permissions)?;
    let role = Role {
        id,
        display_name: display_name(draft, &name)?,
        name,
        role_groups: draft.groups.clone().unwrap_or_default(),
        permissions: Json(catalogue::names(fitting(before.role_type, given, draft)?)),
        ..before.clone()
    };
    scope.update(&role).map_err(|error| taken(error, &role.name))?;
    let changes = json!({ "Old": to_value(&before), "New": to_value(&role) });
    let entry = entry(Action::Update, &role).parameters(audit::key(id));
    audit::record(scope, ctx, entry.entity("Role", id, Action::Update, changes))?;
    told(scope);
    Ok(role)
}

/// Deletes a custom role and takes it from everyone who has it.
pub fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let role = scope.lock::<Role>(id)?.ok_or_else(|| no_such_role(id))?;
    if role.is_static {
        return Err(built_in(&role));
    }
    let holders = scope.find::<Assignment>("role_id = ?", params![id])?;
    scope.delete_where::<Assignment>("role_id = ?", params![id])?;
    scope.delete::<Role>(id)?;
    let mut entry = entry(Action::Delete, &role).parameters(audit::key(id));
    entry = entry.entity("Role", id, Action::Delete, to_value(&role));
    for holder in &holders {
        entry = entry.row("UserRole", Action::Delete, holder);
    }
    audit::record(scope, ctx, entry)?;
    told(scope);
    Ok(())
}

/// Puts the built-in roles into a new tenant.
pub fn seed(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<Role>, Error> {
    for builtin in ROLES {
        let role = Role {
            id: 0,
            name: builtin.name.to_owned(),
            display_name: builtin.name.to_owned(),
            role_type: builtin.role_type,
            role_groups: String::new(),
            is_static: true,
            is_editable: false,
            permissions: Json(catalogue::names((builtin.permissions)())),
        };
        scope.insert(&role)?;
    }
    told(scope);
    all(scope)
}

fn entry(action: Action, role: &Role) -> Entry {
    Entry::new(Component::Roles, action, "role", role.id, &role.name)
}

fn told(scope: &mut Scoped<'_, Tenant>) {
    scope.changed("roles", scope.scope().0);
}

fn built_in(role: &Role) -> Error {
    Error::denied(
        codes::FORBIDDEN_OPERATION,
        format!("The role {} is built in and cannot be changed.", role.name),
    )
}

fn valid_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || has_hidden(name) {
        return Err(Error::field(
            "Name",
            "The role name must have 1 to 64 characters, none of them hidden.",
        ));
    }
    Ok(name.to_owned())
}

fn display_name(draft: &Draft, name: &str) -> Result<String, Error> {
    match draft
        .display_name
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        Some(text) if text.chars().count() > LONGEST_NAME || has_hidden(text) => Err(Error::field(
            "DisplayName",
            "The display name must have at most 64 characters, none of them hidden.",
        )),
        Some(text) => Ok(text.to_owned()),
        None => Ok(name.to_owned()),
    }
}

fn read_type(draft: &Draft) -> Result<Option<RoleType>, Error> {
    let parse = |text: &str| {
        text.parse::<RoleType>()
            .map_err(|_| Error::field("Type", "The type of a role is Tenant or Folder."))
    };
    draft.role_type.as_deref().map(parse).transpose()
}

/// The permissions, all of which must fit the type of the role.
fn fitting(role_type: RoleType, given: PermissionSet, draft: &Draft) -> Result<PermissionSet, Error> {
    if catalogue::part_for(role_type, given) == given {
        return Ok(given);
    }
    let misfit = draft.permissions.iter().position(|named| {
        context::Permission::parse(&named.name).is_some_and(|one| {
            named.is_granted && catalogue::part_for(role_type, [one].into_iter().collect()).is_empty()
        })
    });
    let at = misfit.unwrap_or_default();
    let name = draft.permissions.get(at).map_or("", |named| named.name.as_str());
    Err(Error::field(
        format!("Permissions[{at}].Scope"),
        format!("The permission {name} cannot be part of a role of type {role_type}."),
    ))
}

fn check_name_is_free(scope: &mut Scoped<'_, Tenant>, name: &str, but: i64) -> Result<(), Error> {
    if scope.exists::<Role>("name_folded = ? and id <> ?", params![odata::fold(name), but])? {
        return Err(name_is_used(name));
    }
    Ok(())
}

fn name_is_used(name: &str) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("A role with the name {name} already exists."),
    )
}

/// Somebody else took the name after it was looked for.
fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("roles_name") {
        return name_is_used(name);
    }
    error.into()
}

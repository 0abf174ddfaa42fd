//! What can happen to the users of a tenant (reference: access, chapter 3).

use std::collections::HashMap;

use context::{Ctx, Error, check_length, codes};
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{TenantUser, UpdatePolicy, UserType};
use super::robots::{self, UserRobot};
use crate::audit::{self, Action, Component, Entry};
use crate::directory::{Principal, is_own, is_same_kind};
use crate::folders::model::{Folder, FolderMember};
use crate::roles::assignments;
use crate::roles::model::{Assignment, ON_TENANT};
use crate::roles::service as roles;
use crate::rows;
use crate::workspaces::service as workspaces;

/// The name of the one directory of an installation.
pub const DOMAIN: &str = "autogen";
/// Accounts offered for choice at a time.
const MOST_OFFERED: usize = 500;

/// The switches of a user, as requests set them; `None` leaves what is there.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct Switches {
    pub is_active: Option<bool>,
    pub may_have_user_session: Option<bool>,
    pub may_have_robot_session: Option<bool>,
    pub may_have_unattended_session: Option<bool>,
    pub may_have_personal_workspace: Option<bool>,
    pub restrict_to_personal_workspace: Option<bool>,
    pub update_policy: Option<UpdatePolicyBody>,
}

/// `UpdatePolicyDto`
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdatePolicyBody {
    /// `None`, `SpecificVersion`, `LatestVersion` or `LatestPatch`.
    #[serde(rename = "Type")]
    pub policy: Option<String>,
    pub specific_version: Option<String>,
}

pub fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<TenantUser, Error> {
    scope.get::<TenantUser>(id)?.ok_or_else(|| Error::not_found("User", id))
}

pub fn by_key(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<TenantUser, Error> {
    known(scope, key)?.ok_or_else(|| Error::not_found("User", key))
}

/// The tenant's record of a directory principal, if there is one.
pub fn known(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<TenantUser>, Error> {
    Ok(scope.find_one::<TenantUser>("key = ?", params![key])?)
}

/// The caller's own id in the tenant; `None` for applications that are not assigned there.
pub fn of_caller(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<Option<i64>, Error> {
    match ctx.caller.principal_id() {
        Some(principal) => {
            let found = known(scope, principal)?;
            Ok(found.filter(|user| is_own(&ctx.caller, user)).map(|user| user.id))
        }
        None => Ok(None),
    }
}

/// The user names of accounts; those that do not exist are missing.
pub fn names(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<HashMap<i64, String>, Error> {
    let users = scope.get_many::<TenantUser>(ids)?;
    Ok(users.into_iter().map(|user| (user.id, user.user_name)).collect())
}

/// Accounts that can be chosen one by one, groups left out, by name: the first 500.
pub fn offered(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<(i64, String)>, Error> {
    let condition = format!("user_type <> ? order by user_name_folded, id limit {MOST_OFFERED}");
    let users = scope.find::<TenantUser>(&condition, params![UserType::DirectoryGroup])?;
    Ok(users.into_iter().map(|user| (user.id, user.user_name)).collect())
}

/// The users with these ids, each of which must exist.
pub fn find_all(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<Vec<TenantUser>, Error> {
    check_length("UserIds", ids)?;
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let found = scope.get_many::<TenantUser>(&wanted)?;
    match wanted.iter().find(|id| !found.iter().any(|user| user.id == **id)) {
        Some(missing) => Err(Error::not_found("User", missing)),
        None => Ok(found),
    }
}

pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query, condition: &str) -> Result<Page<TenantUser>, Error> {
    Ok(scope.list::<TenantUser>(query, condition, Vec::new())?)
}

/// Takes a directory principal into the tenant, or finds the record it has already.
///
/// # Errors
/// 409 when a record of another kind has its GUID.
pub fn import(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, principal: &Principal) -> Result<TenantUser, Error> {
    if let Some(mut user) = known(scope, principal.key)? {
        if !is_same_kind(user.user_type, principal.kind) {
            return Err(is_known(&user.user_name));
        }
        if user.only_inherited {
            user.only_inherited = false;
            scope.update(&user)?;
        }
        return Ok(user);
    }
    let user = insert(scope, ctx, principal, false)?;
    let entry = Entry::new(Component::Users, Action::Create, "user", user.id, &user.user_name)
        .parameters(json!({ "directoryIdentifier": principal.key, "type": user.user_type.to_string() }))
        .row("User", Action::Create, &user);
    audit::record(scope, ctx, entry)?;
    Ok(user)
}

/// Records a member of a known group when it comes for the first time.
pub fn provision(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, principal: &Principal) -> Result<TenantUser, Error> {
    match known(scope, principal.key)? {
        Some(user) => Ok(user),
        None => insert(scope, ctx, principal, true),
    }
}

/// Takes the names the directory has for the principal now.
pub fn copy_names(user: &mut TenantUser, principal: &Principal) {
    user.user_name.clone_from(&principal.user_name);
    user.name.clone_from(&principal.name);
    user.surname.clone_from(&principal.surname);
    user.full_name = Some(principal.display_name.clone());
    user.email.clone_from(&principal.email);
}

fn insert(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    principal: &Principal,
    only_inherited: bool,
) -> Result<TenantUser, Error> {
    let person = matches!(principal.kind, UserType::DirectoryUser | UserType::DirectoryGroup);
    let creator = match ctx.caller.principal_id() {
        Some(id) if id != principal.key => known(scope, id)?.map(|user| user.id),
        _ => None,
    };
    let mut user = TenantUser {
        id: 0,
        key: principal.key,
        user_type: principal.kind,
        user_name: principal.user_name.clone(),
        name: principal.name.clone(),
        surname: principal.surname.clone(),
        full_name: Some(principal.display_name.clone()),
        email: principal.email.clone(),
        is_active: true,
        only_inherited,
        created_at: ctx.now,
        creator_id: creator,
        modified_at: None,
        modifier_id: None,
        last_login_at: None,
        user_session: person,
        robot_session: principal.kind == UserType::DirectoryUser,
        unattended_session: false,
        personal_workspace: false,
        restrict_to_workspace: false,
        update_policy: UpdatePolicy::None,
        update_version: None,
        culture: None,
    };
    user.id = scope.insert(&user).map_err(|error| {
        if error.is_unique("tenant_users_key") {
            return is_known(&user.user_name);
        }
        error.into()
    })?;
    scope.changed("assignments", scope.scope().0);
    Ok(user)
}

/// 409 for a principal that has a record already.
pub fn is_known(user_name: &str) -> Error {
    Error::conflict(
        codes::ITEM_ALREADY_EXISTS,
        format!("{user_name} is a user of this tenant already."),
    )
}

/// Sets switches, and the roles on the tenant where they are given.
pub fn edit(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    id: i64,
    switches: &Switches,
    roles_list: Option<&[String]>,
) -> Result<TenantUser, Error> {
    let before = scope
        .lock::<TenantUser>(id)?
        .ok_or_else(|| Error::not_found("User", id))?;
    let mut user = before.clone();
    let set = |to: &mut bool, given: Option<bool>| *to = given.unwrap_or(*to);
    set(&mut user.is_active, switches.is_active);
    set(&mut user.user_session, switches.may_have_user_session);
    set(&mut user.robot_session, switches.may_have_robot_session);
    set(&mut user.unattended_session, switches.may_have_unattended_session);
    set(&mut user.personal_workspace, switches.may_have_personal_workspace);
    set(&mut user.restrict_to_workspace, switches.restrict_to_personal_workspace);
    if let Some(policy) = &switches.update_policy {
        let text = policy.policy.as_deref().unwrap_or("None");
        let unknown = |_| Error::field("UpdatePolicy.Type", "There is no such update policy.");
        user.update_policy = text.parse::<UpdatePolicy>().map_err(unknown)?;
        user.update_version = policy.specific_version.clone().filter(|version| !version.is_empty());
        if user
            .update_version
            .as_ref()
            .is_some_and(|version| version.chars().count() > 128)
        {
            return Err(Error::field(
                "UpdatePolicy.SpecificVersion",
                "The version must have at most 128 characters.",
            ));
        }
    }
    if user != before {
        if ctx.caller.principal_id() == Some(user.key) && !user.is_active {
            return Err(Error::conflict(
                codes::FORBIDDEN_OPERATION,
                "You cannot deactivate yourself.",
            ));
        }
        user.modified_at = Some(ctx.now);
        user.modifier_id = of_caller(scope, ctx)?;
        scope.update(&user)?;
        scope.changed("assignments", scope.scope().0);
        let changes = json!({ "Old": rows::published(&before), "New": rows::published(&user) });
        let entry = Entry::new(Component::Users, Action::Update, "user", id, &user.user_name)
            .parameters(audit::key(id))
            .entity("User", id, Action::Update, changes);
        audit::record(scope, ctx, entry)?;
    }
    let is_person = matches!(user.user_type, UserType::User | UserType::DirectoryUser);
    if is_person && user.is_active && user.personal_workspace && !before.personal_workspace {
        workspaces::ensure(scope, ctx, &user)?;
    }
    if before.is_active && !user.is_active && assignments::administers(scope, id)? {
        assignments::check_an_administrator_is_left(scope)?;
    }
    if let Some(names) = roles_list {
        let wanted: Vec<i64> = roles::named(scope, names)?.iter().map(|role| role.id).collect();
        assignments::set_on_tenant(scope, ctx, &user, &wanted)?;
    }
    Ok(user)
}

/// Gives or takes one role on the tenant.
pub fn toggle_role(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, role: &str, held: bool) -> Result<(), Error> {
    let user = find(scope, id)?;
    let role = roles::named(scope, std::slice::from_ref(&role.to_owned()))?
        .pop()
        .ok_or_else(|| Error::not_found("Role", role))?;
    let mut wanted: Vec<i64> = assignments::on_tenant(scope, &[id])?
        .remove(&id)
        .unwrap_or_default()
        .iter()
        .map(|assignment| assignment.role_id)
        .filter(|held| *held != role.id)
        .collect();
    if held {
        wanted.push(role.id);
    }
    assignments::set_on_tenant(scope, ctx, &user, &wanted)
}

/// Stores the language of a user's console.
pub fn change_culture(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, culture: &str) -> Result<(), Error> {
    let mut user = find(scope, id)?;
    let culture = culture.trim();
    let plausible = !culture.is_empty()
        && culture.len() <= 35
        && culture
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !plausible {
        return Err(Error::field(
            "culture",
            "The culture must be a language tag such as en or en-US.",
        ));
    }
    user.culture = Some(culture.to_owned());
    scope.update(&user)?;
    let entry = Entry::new(Component::Users, Action::Update, "user", id, &user.user_name)
        .parameters(json!({ "key": id, "culture": culture }))
        .text(format!("changed the language of {} to {culture}", user.user_name));
    audit::record(scope, ctx, entry)
}

/// Takes a principal out of the tenant with all it held there. The directory keeps it.
pub fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let user = scope
        .lock::<TenantUser>(id)?
        .ok_or_else(|| Error::not_found("User", id))?;
    if ctx.caller.principal_id() == Some(user.key) {
        return Err(Error::conflict(
            codes::FORBIDDEN_OPERATION,
            "You cannot remove yourself from the tenant.",
        ));
    }
    // The record comes first: the audit entry must say that the user is gone.
    let entry = Entry::new(Component::Users, Action::Delete, "user", id, &user.user_name)
        .parameters(audit::key(id))
        .row("User", Action::Delete, &user);
    audit::record(scope, ctx, entry)?;
    assignments::remove_all(scope, id)?;
    robots::service::remove(scope, ctx, id)?;
    scope.delete::<TenantUser>(id)?;
    Ok(())
}

/// What the wire form of users says about their tenant.
#[derive(Debug, Clone)]
pub struct Home {
    pub id: i64,
    pub key: Uuid,
    pub name: String,
    pub display_name: String,
}

/// The wire form of users: `UserDto` with roles, and with navigation members where they are expanded.
pub fn to_values(
    scope: &mut Scoped<'_, Tenant>,
    home: &Home,
    users: Vec<TenantUser>,
    with_folders: bool,
) -> Result<Vec<Value>, Error> {
    let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    let mut held = assignments::on_tenant(scope, &ids)?;
    let mut robots = robots::of_users(scope, &ids)?;
    let mut folders = if with_folders {
        folders_of(scope, &ids)?
    } else {
        HashMap::new()
    };
    Ok(users
        .into_iter()
        .map(|user| {
            let roles = held.remove(&user.id).unwrap_or_default();
            let folders = folders.remove(&user.id).unwrap_or_default();
            let robots = robots.remove(&user.id).unwrap_or_default();
            Value::Object(to_value(home, &user, &roles, &robots, folders))
        })
        .collect())
}

fn to_value(
    home: &Home,
    user: &TenantUser,
    roles: &[Assignment],
    robots: &[UserRobot],
    folders: Vec<Value>,
) -> Map<String, Value> {
    let robot = |attended: bool| {
        let own = |robot: &&UserRobot| robot.attended == attended && robots::service::is_allowed(robot, user);
        robots.iter().find(own)
    };
    let mut members = user.to_json();
    let names: Vec<&str> = roles.iter().filter_map(|role| role.role_name.as_deref()).collect();
    let off = json!({
        "Queues": false, "Robots": false, "Jobs": false, "Schedules": false, "Tasks": false, "QueueItems": false,
        "Insights": false, "CloudRobots": false, "Serverless": false, "Export": false, "RateLimitsDaily": false,
        "RateLimitsRealTime": false, "AutopilotForRobotsDetectedIssues": false, "Webhooks": false
    });
    let more = json!({
        "DirectoryIdentifier": user.key.to_string(),
        "Domain": DOMAIN,
        "AuthenticationSource": DOMAIN,
        "Password": null,
        "IsExternalLicensed": false,
        "RolesList": names,
        "LoginProviders": [],
        "TenantId": home.id,
        "TenancyName": home.name,
        "TenantDisplayName": home.display_name,
        "TenantKey": home.key.to_string(),
        "ProvisionType": "Automatic",
        "LicenseType": null,
        "RobotProvision": robot(true).map(robots::service::to_attended),
        "UnattendedRobot": robot(false).map(robots::service::to_unattended),
        "NotificationSubscription": off,
        "UpdatePolicy": { "Type": user.update_policy.to_string(), "SpecificVersion": user.update_version },
        "AccountId": null,
        "ExplicitMayHaveUserSession": user.user_session,
        "ExplicitMayHaveRobotSession": user.robot_session,
        "ExplicitMayHavePersonalWorkspace": user.personal_workspace,
        "ExplicitRestrictToPersonalWorkspace": user.restrict_to_workspace,
        "UserRoles": roles.iter().map(rows::published).collect::<Vec<_>>(),
        "OrganizationUnits": folders,
    });
    if let Value::Object(more) = more {
        members.extend(more);
    }
    members
}

fn folders_of(scope: &mut Scoped<'_, Tenant>, users: &[i64]) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let members: Vec<FolderMember> = assignments::memberships(scope, users)?;
    let mut ids: Vec<i64> = members.iter().map(|member| member.folder_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names: HashMap<i64, String> = scope
        .get_many::<Folder>(&ids)?
        .into_iter()
        .map(|folder| (folder.id, folder.display_name))
        .collect();
    let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
    for member in members {
        if let Some(name) = names.get(&member.folder_id) {
            found
                .entry(member.user_id)
                .or_default()
                .push(json!({ "DisplayName": name, "Id": member.folder_id }));
        }
    }
    Ok(found)
}

/// The condition that a user holds the role on the tenant.
pub fn holds(role: i64) -> String {
    format!(
        "exists (select 1 from role_assignments a \
         where a.user_id = tenant_users.id and a.role_id = {role} and a.folder_id = {ON_TENANT})"
    )
}

//! What can happen to the robots of accounts.

use std::collections::HashMap;

use context::{Ctx, Error, codes};
use serde_json::{Map, Value, json};
use store::{Json, Scoped, Tenant, params};
use uuid::Uuid;
use vault::Secret;

use super::events;
use super::input::{RobotDraft, RobotDrafts};
use super::model::{CredentialType, UserRobot};
use crate::audit::{self, Action, Component, Entry};
use crate::folders::model::FolderMember;
use crate::rows;
use crate::sealing::Sealer;
use crate::users::model::{TenantUser, UserType};

/// What changed: robots of accounts.
pub const TOPIC: &str = "user-robots";

/// # Errors
/// 404.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<UserRobot, Error> {
    scope.get::<UserRobot>(id)?.ok_or_else(|| Error::not_found("Robot", id))
}

/// The robots with these ids; those that do not exist are missing.
pub fn by_ids(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<Vec<UserRobot>, Error> {
    Ok(scope.get_many::<UserRobot>(ids)?)
}

/// The robot that jobs know by this key.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<UserRobot>, Error> {
    Ok(scope.find_one::<UserRobot>("key = ?", params![key])?)
}

/// The robots of accounts, by account.
pub fn of_users(scope: &mut Scoped<'_, Tenant>, users: &[i64]) -> Result<HashMap<i64, Vec<UserRobot>>, Error> {
    let mut found: HashMap<i64, Vec<UserRobot>> = HashMap::new();
    for piece in users.chunks(500) {
        let condition = format!("user_id in ({}) order by id", rows::integers(piece));
        for robot in scope.find::<UserRobot>(&condition, Vec::new())? {
            found.entry(robot.user_id).or_default().push(robot);
        }
    }
    Ok(found)
}

/// The robots that count in a folder, with their accounts, by id: of active accounts that are assigned to the folder itself or to one
/// above it. `lineage`: the ids of the folder and of those above. Robots whose account may not have them any more are left out, robots
/// that are switched off are not.
pub fn of_folder(scope: &mut Scoped<'_, Tenant>, lineage: &[i64]) -> Result<Vec<(UserRobot, TenantUser)>, Error> {
    if lineage.is_empty() {
        return Ok(Vec::new());
    }
    let condition = format!("folder_id in ({})", rows::integers(lineage));
    let mut members: Vec<i64> = scope
        .find::<FolderMember>(&condition, Vec::new())?
        .iter()
        .map(|member| member.user_id)
        .collect();
    members.sort_unstable();
    members.dedup();
    let mut robots = of_users(scope, &members)?;
    let users = scope.get_many::<TenantUser>(&members)?;
    let mut found: Vec<(UserRobot, TenantUser)> = Vec::new();
    for user in users.into_iter().filter(|user| user.is_active) {
        for robot in robots.remove(&user.id).unwrap_or_default() {
            if is_allowed(&robot, &user) {
                found.push((robot, user.clone()));
            }
        }
    }
    found.sort_unstable_by_key(|(robot, _)| robot.id);
    Ok(found)
}

/// The unattended robots that may run jobs of a folder: those of [`of_folder`] that are switched on.
pub fn unattended_of_folder(
    scope: &mut Scoped<'_, Tenant>,
    lineage: &[i64],
) -> Result<Vec<(UserRobot, TenantUser)>, Error> {
    let mut found = of_folder(scope, lineage)?;
    found.retain(|(robot, _)| !robot.attended && robot.enabled);
    Ok(found)
}

/// Whether the account may have this robot now.
pub fn is_allowed(robot: &UserRobot, user: &TenantUser) -> bool {
    if robot.attended {
        user.robot_session
    } else {
        user.unattended_session
    }
}

/// The password of a robot in clear: for the machine its jobs run on.
pub fn password(sealer: &Sealer, robot: &UserRobot) -> Result<Option<Secret>, Error> {
    let sealed = robot.password.as_deref();
    sealed
        .map(|sealed| sealer.unseal(&place(robot.key), sealed))
        .transpose()
}

/// Where the password of a robot is kept.
fn place(robot: Uuid) -> String {
    format!("user_robots/{robot}")
}

/// Makes and changes the robots of an account. An account that may have an unattended robot has one.
///
/// # Errors
/// 400 for an account that is no person or robot account; 400 with code 1500 when the user name changes and no password comes with it.
pub fn put(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    user: &TenantUser,
    drafts: &RobotDrafts,
) -> Result<(), Error> {
    if is_account(user.user_type) {
        if user.unattended_session || drafts.unattended.is_some() {
            let draft = drafts.unattended.clone().unwrap_or_default();
            put_one(scope, ctx, sealer, user, &draft, false)?;
        }
        if let Some(draft) = &drafts.attended {
            put_one(scope, ctx, sealer, user, draft, true)?;
        }
        return Ok(());
    }
    if drafts.is_empty() {
        return Ok(());
    }
    Err(Error::field(
        "UnattendedRobot",
        "Only people and robot accounts have robots.",
    ))
}

fn is_account(kind: UserType) -> bool {
    matches!(
        kind,
        UserType::User | UserType::Robot | UserType::DirectoryUser | UserType::DirectoryRobot
    )
}

fn put_one(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    user: &TenantUser,
    draft: &RobotDraft,
    attended: bool,
) -> Result<(), Error> {
    let condition = "user_id = ? and attended = ? {for_update}";
    let known = scope.find_one::<UserRobot>(condition, params![user.id, attended])?;
    let mut robot = known.clone().unwrap_or_else(|| UserRobot {
        id: 0,
        key: ctx.id(),
        user_id: user.id,
        attended,
        name: name_of(user, attended),
        user_name: None,
        password: None,
        credential_type: CredentialType::Default,
        external_name: None,
        limit_concurrent: false,
        settings: Json(Map::new()),
        robot_type: attended.then(|| "Attended".to_owned()),
        enabled: true,
    });
    let renamed = draft.user_name.is_some() && robot.user_name.is_some() && draft.user_name != robot.user_name;
    if let Some(kind) = draft.credential_type {
        robot.credential_type = kind;
    }
    let needs_password = robot.credential_type == CredentialType::Default && robot.password.is_some();
    if renamed && needs_password && draft.password.is_none() {
        return Err(Error::invalid(
            codes::CREDENTIAL_PASSWORD_REQUIRED,
            "The password is required when the user name changes.",
        ));
    }
    robot.user_name = draft.user_name.clone().or(robot.user_name);
    robot.external_name = draft.external_name.clone().or(robot.external_name);
    robot.limit_concurrent = draft.limit_concurrent.unwrap_or(robot.limit_concurrent);
    robot.robot_type = draft.robot_type.clone().or(robot.robot_type);
    if let Some(settings) = &draft.settings {
        robot.settings = Json(settings.clone());
    }
    if robot.credential_type == CredentialType::NoCredential {
        robot.password = None;
    } else if let Some(password) = &draft.password {
        robot.password = Some(sealer.seal(&place(robot.key), password)?);
    }
    match known {
        None => {
            robot.id = scope.insert(&robot)?;
            told(scope, ctx, Action::Create, &robot)
        }
        Some(before) if same(&before, &robot) => Ok(()),
        Some(_) => {
            scope.update(&robot)?;
            told(scope, ctx, Action::Update, &robot)
        }
    }
}

fn same(one: &UserRobot, other: &UserRobot) -> bool {
    one.password == other.password && facts(one) == facts(other)
}

fn name_of(user: &TenantUser, attended: bool) -> String {
    let kind = if attended { "attended" } else { "unattended" };
    format!("{}-{kind}", user.user_name)
}

/// Switches robots on or off; all or none. A robot that is switched off starts no jobs.
///
/// # Errors
/// 404 for a robot that does not exist.
pub fn toggle(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, ids: &[i64], enabled: bool) -> Result<(), Error> {
    context::check_length("robotIds", ids)?;
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    for id in wanted {
        let found = scope.lock::<UserRobot>(id)?;
        let mut robot = found.ok_or_else(|| Error::not_found("Robot", id))?;
        if robot.enabled == enabled {
            continue;
        }
        robot.enabled = enabled;
        scope.update(&robot)?;
        told(scope, ctx, Action::Toggle, &robot)?;
    }
    Ok(())
}

/// Takes the robots of an account away with it.
pub(crate) fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, user: i64) -> Result<(), Error> {
    for robot in of_users(scope, &[user])?.remove(&user).unwrap_or_default() {
        scope.delete::<UserRobot>(robot.id)?;
        told(scope, ctx, Action::Delete, &robot)?;
    }
    Ok(())
}

fn told(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, robot: &UserRobot) -> Result<(), Error> {
    scope.changed(TOPIC, robot.id);
    // Jobs that wait for a robot are looked at again.
    let tenant = scope.scope().0;
    scope.changed("fleet", tenant);
    let entry = Entry::new(Component::Robots, action, "robot", robot.id, &robot.name)
        .parameters(facts(robot))
        .entity("Robot", robot.id, action, facts(robot));
    audit::record(scope, ctx, entry)?;
    events::write(scope, ctx, action, robot)
}

/// What may be told of a robot: all but its password.
fn facts(robot: &UserRobot) -> Value {
    json!({
        "Id": robot.id, "Key": robot.key, "Name": robot.name, "UserId": robot.user_id, "Username": robot.user_name,
        "Attended": robot.attended, "CredentialType": robot.credential_type.to_string(), "ExternalName": robot.external_name,
        "LimitConcurrentExecution": robot.limit_concurrent, "Enabled": robot.enabled, "RobotType": robot.robot_type,
        "ExecutionSettings": robot.settings.0,
    })
}

/// `UnattendedRobotDto`. The password is never shown.
pub fn to_unattended(robot: &UserRobot) -> Value {
    json!({
        "UserName": robot.user_name, "Password": null, "CredentialStoreId": null,
        "CredentialType": robot.credential_type.to_string(), "CredentialExternalName": robot.external_name,
        "ExecutionSettings": robot.settings.0, "LimitConcurrentExecution": robot.limit_concurrent, "RobotId": robot.id,
        "MachineMappingsCount": 0,
    })
}

/// `AttendedRobotDto`
pub fn to_attended(robot: &UserRobot) -> Value {
    json!({
        "UserName": robot.user_name, "ExecutionSettings": robot.settings.0, "RobotId": robot.id,
        "RobotType": robot.robot_type.as_deref().unwrap_or("Attended"),
    })
}

//! Reading robots as the wire shows them.

use access::folders::tree::Tree;
use access::rows::published;
use access::users::model::TenantUser;
use access::users::robots::{self, UserRobot};
use context::Error;
use serde_json::{Value, json};
use store::{Scoped, Tenant};

use crate::machines::model::Machine;
use crate::machines::service as machines;

/// Which robots are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Tenant,
    /// Those that count in a folder; with a machine, those whose account may use it.
    Folder {
        folder: i64,
        machine: Option<i64>,
    },
}

/// Robots with their accounts, by id.
pub fn find(scope: &mut Scoped<'_, Tenant>, tree: &Tree, of: Of) -> Result<Vec<(UserRobot, TenantUser)>, Error> {
    match of {
        Of::Tenant => {
            let robots = scope.find::<UserRobot>("true order by id", Vec::new())?;
            with_users(scope, robots)
        }
        Of::Folder { folder, machine } => {
            let lineage: Vec<i64> = tree
                .get(folder)
                .map(|folder| folder.ids().collect())
                .unwrap_or_default();
            let mut found = robots::robots_of_folder(scope, &lineage)?;
            if let Some(machine) = machine {
                let usable = machines::of_folder(scope, tree, folder)?;
                let machine: Option<&Machine> = usable.iter().find(|known| known.id == machine);
                found.retain(|(robot, _)| machine.is_some_and(|machine| machine.takes(robot.id)));
            }
            Ok(found)
        }
    }
}

/// A robot of the tenant with its account.
///
/// # Errors
/// 404.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<(UserRobot, TenantUser), Error> {
    let robot = robots::by_id(scope, id)?;
    let found = with_users(scope, vec![robot])?.pop();
    found.ok_or_else(|| Error::not_found("Robot", id))
}

/// Robots whose account may still have them, with it.
fn with_users(scope: &mut Scoped<'_, Tenant>, robots: Vec<UserRobot>) -> Result<Vec<(UserRobot, TenantUser)>, Error> {
    let mut ids: Vec<i64> = robots.iter().map(|robot| robot.user_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let users: std::collections::HashMap<i64, TenantUser> = scope
        .get_many::<TenantUser>(&ids)?
        .into_iter()
        .map(|user| (user.id, user))
        .collect();
    Ok(robots
        .into_iter()
        .filter_map(|robot| users.get(&robot.user_id).cloned().map(|user| (robot, user)))
        .filter(|(robot, user)| robots::service::is_allowed(robot, user))
        .collect())
}

/// `RobotDto`, with the members of all that extend it.
pub fn to_value(robot: &UserRobot, user: &TenantUser) -> Value {
    let kind = if robot.attended {
        robot.robot_type.as_deref().unwrap_or("Attended")
    } else {
        "Unattended"
    };
    json!({
        "Id": robot.id, "Name": robot.name, "Username": robot.user_name, "ExternalName": robot.external_name, "Description": null,
        "Type": kind, "HostingType": "Floating", "ProvisionType": "Automatic", "Password": null, "CredentialStoreId": null,
        "UserId": robot.user_id, "Enabled": robot.enabled, "CredentialType": robot.credential_type.to_string(),
        "LimitConcurrentExecution": robot.limit_concurrent, "IsExternalLicensed": false, "MachineId": null, "MachineName": null,
        "LicenseKey": null, "RobotEnvironments": "", "Environments": [], "ExecutionSettings": robot.settings.0,
        "UserType": user.user_type.to_string(), "UserEmail": user.email, "UserFullName": user.full_name, "UserKey": user.key,
        "User": published(user),
    })
}

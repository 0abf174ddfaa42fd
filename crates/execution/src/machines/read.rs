//! Reading machines as the wire shows them.

use std::collections::HashMap;

use access::folders::tree::Tree;
use access::rows::integers;
use access::users::robots;
use context::Error;
use jiff::Timestamp;
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant};

use super::folders::{Standing, standings, usable_in};
use super::model::{Machine, RuntimeType};
use super::service;
use crate::sessions::model::Session;
use crate::sessions::service as sessions;

/// The machines of the tenant.
pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<Machine>(query, "", Vec::new())?;
    filled(scope, page)
}

/// The machines that jobs of a folder may use; with `robot`, those that this account may use too.
pub fn usable(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    folder: i64,
    robot: Option<i64>,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let Some(place) = tree.get(folder) else {
        return Ok(Page {
            items: Vec::new(),
            count: query.count.then_some(0),
        });
    };
    let condition = match robot {
        None => format!("id in ({})", usable_in(place)),
        Some(robot) => {
            let usable = service::usable(scope, tree, folder, Some(robot))?;
            let ids: Vec<i64> = usable.iter().map(|machine| machine.id).collect();
            if ids.is_empty() {
                "1 = 0".to_owned()
            } else {
                format!("id in ({})", integers(&ids))
            }
        }
    };
    let page = scope.list::<Machine>(query, &condition, Vec::new())?;
    filled(scope, page)
}

/// # Errors
/// 404.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Value, Error> {
    let machine = service::find(scope, id)?;
    one(scope, machine)
}

/// The wire form of one machine.
pub fn one(scope: &mut Scoped<'_, Tenant>, machine: Machine) -> Result<Value, Error> {
    Ok(to_values(scope, vec![machine])?.pop().unwrap_or_default())
}

fn filled(scope: &mut Scoped<'_, Tenant>, page: Page<Machine>) -> Result<Page<Value>, Error> {
    Ok(Page {
        items: to_values(scope, page.items)?,
        count: page.count,
    })
}

/// The wire form of machines: `MachineDto`.
pub fn to_values(scope: &mut Scoped<'_, Tenant>, machines: Vec<Machine>) -> Result<Vec<Value>, Error> {
    let ids: Vec<i64> = machines.iter().map(|machine| machine.id).collect();
    let mut versions = versions(scope, &ids)?;
    let mut mapped: Vec<i64> = machines
        .iter()
        .flat_map(|machine| machine.robot_users.0.clone())
        .collect();
    mapped.sort_unstable();
    mapped.dedup();
    let robots: HashMap<i64, Option<String>> = robots::by_ids(scope, &mapped)?
        .into_iter()
        .map(|robot| (robot.id, robot.user_name))
        .collect();
    let values = machines.into_iter().map(|machine| {
        let users: Vec<Value> = machine
            .robot_users
            .0
            .iter()
            .filter_map(|id| robots.get(id).map(|name| (id, name)))
            .map(|(id, name)| json!({ "UserName": name, "RobotId": id, "HasTriggers": false }))
            .collect();
        let more = json!({
            "HostingSlots": 0, "AppTestSlots": 0, "PerformanceTestSlots": 0, "AutomationCloudSlots": 0,
            "AutomationCloudTestAutomationSlots": 0,
            "EndpointDetectionStatus": "NotAvailable",
            "RobotVersions": versions.remove(&machine.id).unwrap_or_default(),
            "RobotUsers": users,
            "ServerlessLicensingModel": null,
            "UpdatePolicy": { "Type": machine.update_policy.to_string(), "SpecificVersion": machine.update_version },
            "ClientSecret": null, "MaintenanceWindow": null, "VpnSettings": null, "UpdateInfo": null,
        });
        Value::Object(joined(machine.to_json(), more))
    });
    Ok(values.collect())
}

fn joined(mut members: Map<String, Value>, more: Value) -> Map<String, Value> {
    if let Value::Object(more) = more {
        members.extend(more);
    }
    members
}

/// `MachinesRobotVersionDto` rows by machine: how many hosts run which version.
fn versions(scope: &mut Scoped<'_, Tenant>, machines: &[i64]) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
    for piece in machines.chunks(500) {
        let sql = format!(
            "select machine_id, version, count(*) from robot_sessions where {{scope}} and machine_id in ({}) \
             group by machine_id, version order by machine_id, version",
            integers(piece)
        );
        for row in scope.rows(&sql, Vec::new())? {
            let (machine, version, count): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let value = json!({ "Count": count, "Version": version, "MachineId": machine });
            found.entry(machine).or_default().push(value);
        }
    }
    Ok(found)
}

/// The machines of the tenant as a folder sees them: `MachineFolderDto`, by name.
pub fn of_folder(scope: &mut Scoped<'_, Tenant>, tree: &Tree, folder: i64) -> Result<Vec<Value>, Error> {
    let Some(folder) = tree.get(folder) else {
        return Ok(Vec::new());
    };
    let standings = standings(scope, tree, folder)?;
    let machines = scope.find::<Machine>("true order by name_folded, id", Vec::new())?;
    let facts: Vec<(i64, bool)> = machines
        .iter()
        .map(|machine| (machine.id, !machine.robot_users.0.is_empty()))
        .collect();
    let values = to_values(scope, machines)?;
    let none = Standing::default();
    Ok(values
        .into_iter()
        .zip(facts)
        .map(|(value, (id, has_robots))| {
            let standing = standings.get(&id).unwrap_or(&none);
            let more = json!({
                "IsAssignedToFolder": standing.direct,
                "HasMachineRobots": has_robots,
                "IsInherited": standing.inherited_from.is_some(),
                "PropagateToSubFolders": standing.handed_down,
                "InheritedFromFolderName": standing.inherited_from,
            });
            match value {
                Value::Object(members) => Value::Object(joined(members, more)),
                other => other,
            }
        })
        .collect())
}

/// Runtimes of one type. Contract schema `MachineRuntimeDto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtimes {
    pub runtime: RuntimeType,
    /// On all hosts that ever connected; a machine without a host counts once.
    pub total: i64,
    /// On hosts that are there now.
    pub connected: i64,
    /// Of these, those that no job uses and that take jobs.
    pub available: i64,
}

/// The runtimes of a folder by type; types that its machines do not offer are left out.
pub fn runtimes(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    folder: i64,
    now: Timestamp,
) -> Result<Vec<Runtimes>, Error> {
    let machines = service::of_folder(scope, tree, folder)?;
    let ids: Vec<i64> = machines.iter().map(|machine| machine.id).collect();
    let hosts = sessions::of_machines(scope, &ids)?;
    let keys: Vec<i64> = hosts.iter().map(|session| session.id).collect();
    let used = sessions::used(scope, &keys)?;
    let mut by_machine: HashMap<i64, Vec<&Session>> = HashMap::new();
    for session in &hosts {
        by_machine.entry(session.machine_id).or_default().push(session);
    }
    let mut found = Vec::new();
    for runtime in Machine::RUNTIMES {
        let mut sum = Runtimes {
            runtime,
            total: 0,
            connected: 0,
            available: 0,
        };
        for machine in &machines {
            let slots = i64::from(machine.slots(runtime));
            let hosts = by_machine.get(&machine.id).map(Vec::as_slice).unwrap_or_default();
            sum.total += slots * (hosts.len().max(1) as i64);
            for session in hosts.iter().filter(|session| session.is_online(now)) {
                sum.connected += slots;
                if session.takes_jobs(now) {
                    let taken = used.get(&(session.id, runtime)).copied().unwrap_or_default();
                    sum.available += (slots - taken).max(0);
                }
            }
        }
        if sum.total > 0 {
            found.push(sum);
        }
    }
    Ok(found)
}

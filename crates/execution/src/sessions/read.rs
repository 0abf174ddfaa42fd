//! Reading sessions as the wire shows them.

use access::folders::tree::Tree;
use access::rows::integers;
use access::users::robots::UserRobot;
use context::Error;
use jiff::Timestamp;
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant};

use super::model::{Session, SessionRuntime, is_silent};
use crate::machines::model::RuntimeType;
use crate::machines::service as machines;

/// Whose sessions are looked at.
#[derive(Debug, Clone)]
pub enum Of {
    Tenant,
    Machine(i64),
    /// Of the machines that jobs of a folder may use; with a robot, those that its account may use too.
    Folder {
        folder: i64,
        robot: Option<i64>,
    },
}

impl Of {
    fn condition(&self, scope: &mut Scoped<'_, Tenant>, tree: &Tree) -> Result<String, Error> {
        Ok(match self {
            Self::Tenant => String::new(),
            Self::Machine(id) => format!("machine_id = {id}"),
            Self::Folder { folder, robot } => {
                let usable = machines::usable(scope, tree, *folder, *robot)?;
                let ids: Vec<i64> = usable.iter().map(|machine| machine.id).collect();
                if ids.is_empty() {
                    "1 = 0".to_owned()
                } else {
                    format!("machine_id in ({})", integers(&ids))
                }
            }
        })
    }
}

/// Sessions: `SessionDto`, `MachineSessionDto`.
pub fn list(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    of: &Of,
    query: &Query,
    now: Timestamp,
) -> Result<Page<Value>, Error> {
    let condition = of.condition(scope, tree)?;
    let page = scope.list::<Session>(query, &condition, Vec::new())?;
    Ok(page.map(|session| to_value(&session, now)))
}

/// The wire form of a session.
pub fn to_value(session: &Session, now: Timestamp) -> Value {
    let more = json!({
        "Robot": null, "Job": null, "Info": null,
        "IsUnresponsive": session.connected && session.is_silent(now),
        "LicenseErrorCode": null, "OrganizationUnitId": null, "FolderName": null, "RobotSessionType": "LongLived", "Source": null,
        "UpdateInfo": null, "EndpointDetection": null,
        "DebugModeExpirationDate": session.debug_until.filter(|until| *until > now).map(|until| until.to_string()),
    });
    Value::Object(joined(session.to_json(), more))
}

/// One row per session and runtime type: `MachineSessionRuntimeDto`.
pub fn runtimes(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    of: &Of,
    runtime: Option<RuntimeType>,
    query: &Query,
    now: Timestamp,
) -> Result<Page<Value>, Error> {
    use odata::Enumeration as _;
    let mut condition = of.condition(scope, tree)?;
    if let Some(runtime) = runtime {
        let and = if condition.is_empty() { "" } else { " and " };
        condition = format!("{condition}{and}runtime_type = {}", runtime.number());
    }
    let page = scope.list::<SessionRuntime>(query, &condition, Vec::new())?;
    Ok(page.map(|row| {
        let more = json!({
            "IsUnresponsive": row.connected && is_silent(row.reported_at, now),
            "EndpointDetection": null, "TriggersCount": 0,
            "DebugModeExpirationDate": row.debug_until.filter(|until| *until > now).map(|until| until.to_string()),
        });
        Value::Object(joined(row.to_json(), more))
    }))
}

fn joined(mut members: Map<String, Value>, more: Value) -> Map<String, Value> {
    if let Value::Object(more) = more {
        members.extend(more);
    }
    members
}

/// Accounts of operating systems that robots of the tenant run under, each once, by name.
pub fn user_names(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<String>, Error> {
    let robots = scope.find::<UserRobot>("user_name is not null order by id", Vec::new())?;
    let mut names: Vec<String> = robots.into_iter().filter_map(|robot| robot.user_name).collect();
    names.sort_by_cached_key(|name| store::fold(name));
    names.dedup();
    Ok(names)
}

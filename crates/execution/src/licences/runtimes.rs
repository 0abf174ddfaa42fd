//! Runtimes of machines. `GET /odata/LicensesRuntime/…GetLicensesRuntime(robotType='{robotType}')`,
//! `POST /odata/LicensesRuntime('{key}')/…ToggleEnabled`

use std::collections::HashMap;

use context::Error;
use http::Method;
use jiff::Timestamp;
use odata::{EntityType, Enumeration as _, Kind, Property, Source};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use web::{Operation, Reply, Request, Response, Shape, reply};

use crate::machines::model::{Machine, MachineScope, MachineType, RuntimeType};
use crate::machines::service;
use crate::sessions::model::Session;
use crate::sessions::service as sessions;

/// `LicenseRuntimeDto`. Its rows are made in memory, so the columns exist in name only.
fn model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "LicenseRuntimeDto",
        key: Some("Key"),
        properties: &[
            Property::new("Key", Kind::String, Source::Column("key")),
            Property::new("MachineId", Kind::Int64, Source::Column("machine_id")),
            Property::new("MachineName", Kind::String, Source::Column("machine_name")),
            Property::new("HostMachineName", Kind::String, Source::Column("host_name")),
            Property::new("ServiceUserName", Kind::String, Source::Column("service_user_name")),
            Property::new(
                "MachineType",
                Kind::Enum(MachineType::TYPE),
                Source::Column("machine_type"),
            ),
            Property::new("Runtimes", Kind::Int32, Source::Column("runtimes")),
            Property::new("RobotsCount", Kind::Int32, Source::Column("robots")),
            Property::new("ExecutingCount", Kind::Int32, Source::Column("executing")),
            Property::new("IsOnline", Kind::Boolean, Source::Column("online")),
            Property::new("IsLicensed", Kind::Boolean, Source::Column("licensed")),
            Property::new("Enabled", Kind::Boolean, Source::Column("enabled")),
            Property::new("MachineScope", Kind::Enum(MachineScope::TYPE), Source::Column("scope")),
        ],
        navigations: &[],
    };
    &MODEL
}

pub fn list() -> Operation {
    let path = "/odata/LicensesRuntime/UiPath.Server.Configuration.OData.GetLicensesRuntime(robotType='{robotType}')";
    Operation::orchestrator(Method::GET, path, "LicensesRuntime_GetLicensesRuntimeByRobottype")
        .summary("Lists the runtimes of a type: a row per host, or per machine that no host connected with.")
        .scope("OR.License.Read")
        .permission("License.View")
        .queryable()
        .answers(200, Shape::Collection(model()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(model())?;
    let runtime = read_type(&request.text("robotType")?)?;
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let rows = request
        .store()
        .read(move |tx| rows(&mut tx.tenant(tenant), runtime, now))
        .await?;
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, "LicensesRuntime", model(), &query, page.items, page.count)
}

pub(super) fn read_type(text: &str) -> Result<RuntimeType, Error> {
    text.parse::<RuntimeType>()
        .map_err(|_| Error::field("robotType", "There is no such runtime type."))
}

fn rows(scope: &mut Scoped<'_, Tenant>, runtime: RuntimeType, now: Timestamp) -> Result<Vec<Value>, Error> {
    let mut machines = scope.find::<Machine>("true order by name_folded, id", Vec::new())?;
    machines.retain(|machine| machine.registered_slots(runtime) > 0);
    let ids: Vec<i64> = machines.iter().map(|machine| machine.id).collect();
    let hosts = sessions::of_machines(scope, &ids)?;
    let keys: Vec<i64> = hosts.iter().map(|session| session.id).collect();
    let used = sessions::used(scope, &keys)?;
    let mut by_machine: HashMap<i64, Vec<Session>> = HashMap::new();
    for session in hosts {
        by_machine.entry(session.machine_id).or_default().push(session);
    }
    let mut rows = Vec::new();
    for machine in &machines {
        let hosts = by_machine.remove(&machine.id).unwrap_or_default();
        if hosts.is_empty() {
            rows.push(row(machine, runtime, None, 0, now));
        }
        for session in &hosts {
            let used = used.get(&(session.id, runtime)).copied().unwrap_or_default();
            rows.push(row(machine, runtime, Some(session), used, now));
        }
    }
    Ok(rows)
}

fn row(machine: &Machine, runtime: RuntimeType, session: Option<&Session>, used: i64, now: Timestamp) -> Value {
    let enabled = machine.is_enabled(runtime);
    let online = session.is_some_and(|session| session.is_online(now));
    json!({
        "Key": machine.name, "MachineId": machine.id, "MachineName": machine.name,
        "HostMachineName": session.map(|session| &session.host_name),
        "ServiceUserName": session.map(|session| &session.service_user_name),
        "MachineType": machine.machine_type.to_string(), "Runtimes": machine.registered_slots(runtime), "RobotsCount": 0,
        "ExecutingCount": used, "IsOnline": online, "IsLicensed": enabled && online, "Enabled": enabled,
        "MachineScope": machine.scope.to_string(),
    })
}

pub fn toggle() -> Operation {
    let path = "/odata/LicensesRuntime('{key}')/UiPath.Server.Configuration.OData.ToggleEnabled";
    Operation::orchestrator(Method::POST, path, "LicensesRuntime_ToggleEnabledByKey")
        .summary("Switches a runtime type of a machine on or off.")
        .scope("OR.License.Write")
        .permission("Machines.Edit")
        .takes::<Toggle>("LicensesToggleEnabledRequest")
        .answers(200, Shape::Nothing)
        .handler(handle_toggle)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Toggle {
    /// Name or GUID of the machine.
    key: String,
    robot_type: String,
    enabled: bool,
}

async fn handle_toggle(request: Request) -> Result<Response, Error> {
    let wanted: Toggle = request.json()?;
    let key = request.text("key")?;
    if !wanted.key.eq_ignore_ascii_case(&key) {
        return Err(Error::field("key", "The key in the body is not that of the address."));
    }
    let runtime = read_type(&wanted.robot_type)?;
    if !Machine::RUNTIMES.contains(&runtime) {
        return Err(Error::field(
            "robotType",
            format!("{} is no runtime of machines.", runtime.name()),
        ));
    }
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| {
            let scope = &mut tx.tenant(tenant);
            let machine = named(scope, &key)?;
            service::toggle_runtime(scope, &ctx, machine, runtime, wanted.enabled)
        })
        .await?;
    Reply::ok().empty()
}

/// The machine that clients call by its name, its key or its license key.
fn named(scope: &mut Scoped<'_, Tenant>, key: &str) -> Result<i64, Error> {
    let found = match uuid::Uuid::parse_str(key) {
        Ok(guid) => scope.find_one::<Machine>("key = ? or license_key = ?", params![guid, guid])?,
        Err(_) => None,
    };
    let found = match found {
        Some(found) => Some(found),
        None => scope.find_one::<Machine>("name_folded = ?", params![store::fold(key)])?,
    };
    found
        .map(|machine| machine.id)
        .ok_or_else(|| Error::not_found("Machine", key))
}

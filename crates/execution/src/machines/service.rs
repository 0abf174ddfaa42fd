//! What can happen to machine objects (reference: execution 7.3; identity 2.12).

use access::audit::{self, Action, Component, Entry};
use access::folders::tree::Tree;
use access::rows;
use access::users::{robots, service as users};
use context::{Ctx, Error, check_length, codes};
use identity::clients::Generated;
use identity::clients::machines::{self as clients, KnownSecret, MachineClient};
use serde_json::json;
use store::{Json, Scoped, Tenant, Tx, params};
use uuid::Uuid;
use web::TenantRef;

use super::folders;
use super::input::Draft;
use super::model::{AutomationType, Machine, MachineFolder, MachineFramework, MachineScope, MachineType, RuntimeType};
use crate::jobs::model::Job;
use crate::sessions::model::Session;

pub use super::folders::{folders_of, of_folder};

/// What changed: machines, what they offer, where they are used.
pub const TOPIC: &str = "machines";

/// What jobs can run on changed; the id is the tenant's.
const FLEET: &str = "fleet";

/// Jobs that occupy a session of the machine.
const RUNNING: &str = "session_id in (select s.id from robot_sessions s where s.machine_id = ?)";

/// # Errors
/// 404.
pub fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Machine, Error> {
    scope.get::<Machine>(id)?.ok_or_else(|| missing(id))
}

/// The machine that hosts with this client id belong to, in whichever tenant it is.
pub fn by_license_key(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<Machine>, Error> {
    Ok(scope.find_one::<Machine>("license_key = ?", params![key])?)
}

/// Makes a machine with its client and a first secret, whose value the answer holds the only copy of.
///
/// # Errors
/// 409 with code 1001 when the name is taken; 400 for a robot that does not exist.
pub fn create(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, draft: &Draft) -> Result<(Machine, Generated), Error> {
    let scope = &mut tx.tenant(tenant.id);
    check_name_is_free(scope, &draft.name, 0)?;
    let mut machine = Machine {
        id: 0,
        key: ctx.id(),
        license_key: ctx.id(),
        name: String::new(),
        description: None,
        machine_type: draft.machine_type.unwrap_or(MachineType::Template),
        scope: MachineScope::Default,
        unattended_slots: 0,
        non_production_slots: 0,
        headless_slots: 0,
        test_automation_slots: 0,
        automation_type: AutomationType::Any,
        target_framework: MachineFramework::Any,
        tags: Json(Vec::new()),
        robot_users: Json(Vec::new()),
        disabled_runtimes: Json(Vec::new()),
        update_policy: access::users::model::UpdatePolicy::None,
        update_version: None,
        created_at: ctx.now,
        creator_id: users::of_caller(scope, ctx)?,
        modified_at: None,
        modifier_id: None,
    };
    take_over(scope, &mut machine, draft)?;
    machine.id = scope.insert(&machine).map_err(|error| taken(error, &machine.name))?;
    record(scope, ctx, Action::Create, &machine)?;
    told(scope, machine.id);
    let client = client_of(tenant, &machine);
    let generated = clients::create(&mut tx.organization(tenant.organization), ctx, client, &machine.name)?;
    Ok((machine, generated))
}

/// Replaces what a machine says. Its kind stays what it is, and so does what only newer clients know where the request does not
/// mention it: mapped accounts, update policy, compatibility and tags.
///
/// # Errors
/// 404; 409 with code 1211 for another kind, with 1001 for a name that is taken.
pub fn replace(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, id: i64, draft: &Draft) -> Result<Machine, Error> {
    let scope = &mut tx.tenant(tenant.id);
    let before = scope.lock::<Machine>(id)?.ok_or_else(|| missing(id))?;
    if draft.id.is_some_and(|given| given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    if draft.machine_type.is_some_and(|kind| kind != before.machine_type) {
        return Err(Error::conflict(
            codes::MACHINE_TYPE_CANNOT_CHANGE,
            "The type of a machine cannot be changed.",
        ));
    }
    let mut machine = before.clone();
    take_over(scope, &mut machine, draft)?;
    machine.modified_at = Some(ctx.now);
    machine.modifier_id = users::of_caller(scope, ctx)?;
    let renamed = machine.name != before.name;
    if renamed {
        check_name_is_free(scope, &machine.name, id)?;
    }
    scope.update(&machine).map_err(|error| taken(error, &machine.name))?;
    record(scope, ctx, Action::Update, &machine)?;
    told(scope, id);
    if renamed {
        let client = client_of(tenant, &machine);
        clients::rename(&mut tx.organization(tenant.organization), ctx, client, &machine.name)?;
    }
    Ok(machine)
}

/// Deletes machines with their clients, sessions and assignments to folders; all or none. Tokens of their hosts are refused from then
/// on. Answers with the client ids.
///
/// # Errors
/// 404; 409 with code 1666 while a job runs on one of them.
pub fn delete(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, ids: &[i64]) -> Result<Vec<Uuid>, Error> {
    check_length("machineIds", ids)?;
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut gone = Vec::with_capacity(wanted.len());
    for id in wanted {
        let scope = &mut tx.tenant(tenant.id);
        let machine = scope.lock::<Machine>(id)?.ok_or_else(|| missing(id))?;
        if scope.exists::<Job>(RUNNING, params![id])? {
            return Err(Error::conflict(
                codes::HAS_RUNNING_JOBS,
                format!("The machine {} cannot be deleted while jobs run on it.", machine.name),
            ));
        }
        scope.delete_where::<MachineFolder>("machine_id = ?", params![id])?;
        scope.delete_where::<Session>("machine_id = ?", params![id])?;
        scope.delete::<Machine>(id)?;
        record(scope, ctx, Action::Delete, &machine)?;
        told(scope, id);
        scope.changed(crate::sessions::service::TOPIC, id);
        clients::delete(&mut tx.organization(tenant.organization), client_of(tenant, &machine))?;
        gone.push(machine.license_key);
    }
    Ok(gone)
}

/// Switches a runtime type of a machine on or off (reference: execution 7.7, resources 10).
///
/// # Errors
/// 404; 409 when it is to be switched off while a job runs on it.
pub fn toggle_runtime(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    id: i64,
    runtime: RuntimeType,
    enabled: bool,
) -> Result<(), Error> {
    use odata::Enumeration as _;
    let mut machine = scope.lock::<Machine>(id)?.ok_or_else(|| missing(id))?;
    if machine.is_enabled(runtime) == enabled {
        return Ok(());
    }
    let busy = format!("{RUNNING} and runtime_type = ?");
    if !enabled && scope.exists::<Job>(&busy, params![id, runtime])? {
        return Err(Error::conflict(
            codes::ITEM_IS_IN_USE,
            format!(
                "Runtimes of {} are in use and cannot be switched off now.",
                machine.name
            ),
        ));
    }
    let number = runtime.number();
    machine.disabled_runtimes.0.retain(|known| *known != number);
    if !enabled {
        machine.disabled_runtimes.0.push(number);
    }
    machine.modified_at = Some(ctx.now);
    machine.modifier_id = users::of_caller(scope, ctx)?;
    scope.update(&machine)?;
    told(scope, id);
    let word = if enabled { "enabled" } else { "disabled" };
    let entry = Entry::new(Component::License, Action::Toggle, "machine", id, &machine.name)
        .parameters(json!({ "key": machine.name, "robotType": runtime.name(), "enabled": enabled }))
        .text(format!(
            "{word} {} runtimes of machine {}",
            runtime.name(),
            machine.name
        ));
    audit::record(scope, ctx, entry)
}

/// How secrets of machines are named in requests: by the machine, or by themselves.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    LicenseKey(Uuid),
    Secret(i64),
}

/// The secrets of a machine, oldest first.
///
/// # Errors
/// 404.
pub fn secrets(tx: &mut Tx, tenant: &TenantRef, license_key: Uuid) -> Result<Vec<KnownSecret>, Error> {
    let machine = named(tx, tenant, Named::LicenseKey(license_key))?;
    clients::secrets(&mut tx.organization(tenant.organization), client_of(tenant, &machine))
}

/// Makes another secret; the answer holds the only copy of its value.
///
/// # Errors
/// 404; 400 where there are ten already.
pub fn add_secret(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, license_key: Uuid) -> Result<Generated, Error> {
    let machine = named(tx, tenant, Named::LicenseKey(license_key))?;
    let client = client_of(tenant, &machine);
    let generated = clients::generate_secret(&mut tx.organization(tenant.organization), ctx, client)?;
    record_secret(tx, ctx, tenant, &machine, generated.secret.id, "added")?;
    Ok(generated)
}

/// Deletes a secret. It gets no more tokens, and those it got are refused. Answers with the client id.
///
/// # Errors
/// 404 for a secret that is none of a machine of this tenant.
pub fn delete_secret(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, secret: i64) -> Result<Uuid, Error> {
    let machine = named(tx, tenant, Named::Secret(secret))?;
    let client = client_of(tenant, &machine);
    clients::delete_secret(&mut tx.organization(tenant.organization), client, secret)?;
    record_secret(tx, ctx, tenant, &machine, secret, "deleted")?;
    Ok(client.id)
}

/// The machine that a request about secrets names.
fn named(tx: &mut Tx, tenant: &TenantRef, named: Named) -> Result<Machine, Error> {
    let key = match named {
        Named::LicenseKey(key) => key,
        Named::Secret(secret) => {
            let found = clients::of_secret(&mut tx.organization(tenant.organization), tenant.key, secret)?;
            found.ok_or_else(|| Error::not_found("Secret", secret))?.id
        }
    };
    by_license_key(&mut tx.tenant(tenant.id), key)?.ok_or_else(|| Error::not_found("Machine", key))
}

fn record_secret(
    tx: &mut Tx,
    ctx: &Ctx,
    tenant: &TenantRef,
    machine: &Machine,
    secret: i64,
    done: &str,
) -> Result<(), Error> {
    let entry = Entry::new(
        Component::Machines,
        Action::Update,
        "machine",
        machine.id,
        &machine.name,
    )
    .parameters(json!({ "key": machine.id, "secretId": secret }))
    .text(format!("{done} a client secret of machine {}", machine.name));
    audit::record(&mut tx.tenant(tenant.id), ctx, entry)
}

/// The client its hosts sign in with.
pub fn client_of(tenant: &TenantRef, machine: &Machine) -> MachineClient {
    MachineClient {
        id: machine.license_key,
        tenant: tenant.key,
    }
}

/// Whether a robot's account may use a machine in some folder at all: what trees say is asked by [`of_folder`].
pub fn usable(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    folder: i64,
    robot: Option<i64>,
) -> Result<Vec<Machine>, Error> {
    let mut machines = folders::of_folder(scope, tree, folder)?;
    if let Some(robot) = robot {
        machines.retain(|machine| machine.takes(robot));
    }
    Ok(machines)
}

fn take_over(scope: &mut Scoped<'_, Tenant>, machine: &mut Machine, draft: &Draft) -> Result<(), Error> {
    machine.name.clone_from(&draft.name);
    machine.description.clone_from(&draft.description);
    machine.unattended_slots = draft.unattended_slots;
    machine.non_production_slots = draft.non_production_slots;
    machine.headless_slots = draft.headless_slots;
    machine.test_automation_slots = draft.test_automation_slots;
    machine.automation_type = draft.automation_type.unwrap_or(machine.automation_type);
    machine.target_framework = draft.target_framework.unwrap_or(machine.target_framework);
    if let Some(wanted) = &draft.robot_users {
        let known = robots::by_ids(scope, wanted)?;
        if let Some(missing) = wanted.iter().find(|id| !known.iter().any(|robot| robot.id == **id)) {
            return Err(Error::field(
                "RobotUsers",
                format!("There is no robot with id {missing}."),
            ));
        }
        machine.robot_users = Json(wanted.clone());
    }
    if let Some((policy, version)) = &draft.update_policy {
        machine.update_policy = *policy;
        machine.update_version.clone_from(version);
    }
    if let Some(tags) = &draft.tags {
        machine.tags = Json(tags.clone());
    }
    Ok(())
}

fn check_name_is_free(scope: &mut Scoped<'_, Tenant>, name: &str, own: i64) -> Result<(), Error> {
    if scope.exists::<Machine>("name_folded = ? and id <> ?", params![store::fold(name), own])? {
        return Err(name_is_used(name));
    }
    Ok(())
}

fn name_is_used(name: &str) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("A machine with the name {name} already exists."),
    )
}

/// Somebody else took the name after it was looked at.
fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("machines_name") {
        return name_is_used(name);
    }
    error.into()
}

fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, machine: &Machine) -> Result<(), Error> {
    let parameters = match action {
        Action::Create | Action::Update => json!({ "machine": rows::published(machine) }),
        _ => audit::key(machine.id),
    };
    let entry = Entry::new(Component::Machines, action, "machine", machine.id, &machine.name)
        .parameters(parameters)
        .row("Machine", action, machine);
    audit::record(scope, ctx, entry)
}

/// Jobs that wait are looked at again.
pub(super) fn told(scope: &mut Scoped<'_, Tenant>, id: i64) {
    scope.changed(TOPIC, id);
    let tenant = scope.scope().0;
    scope.changed(FLEET, tenant);
}

fn missing(id: i64) -> Error {
    Error::not_found("Machine", id)
}

//! Clients of machine objects: what the hosts of a machine sign in with (reference: identity 2.12).
//!
//! The client id is the machine's license key. Such a client is no external application: pages and API of applications know
//! nothing of it, it has one grant (client credentials), and its tokens open what is made for machines, in one tenant. Machines
//! are the tenant's business, so the caller writes the audit record, in the same unit of work.

use std::collections::HashMap;

use context::{Ctx, Error};
use jiff::Timestamp;
use store::{Json, Scoped};
use uuid::Uuid;

use super::model::{Client, ClientSecret};
use super::secrets::{self, Generated};
use super::{service, usage};

type Handle<'t> = Scoped<'t, store::Organization>;

/// Life of a host's access token, seconds.
const LIFETIME: i64 = 3600;

/// Which machine of which tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineClient {
    /// The machine's license key.
    pub id: Uuid,
    /// Key of the tenant.
    pub tenant: Uuid,
}

/// Makes the client of a new machine, with a first secret.
pub fn create(scope: &mut Handle<'_>, ctx: &Ctx, machine: MachineClient, name: &str) -> Result<Generated, Error> {
    let client = Client {
        id: machine.id,
        name: name.to_owned(),
        confidential: true,
        enabled: true,
        redirect_uris: Json(Vec::new()),
        user_scopes: Json(Vec::new()),
        application_scopes: Json(Vec::new()),
        keys: Json(Vec::new()),
        access_token_lifetime: LIFETIME,
        created_at: ctx.now,
        created_by: ctx.caller.name.to_string(),
        modified_at: ctx.now,
        machine_tenant: Some(machine.tenant),
    };
    scope.insert(&client)?;
    scope.changed("clients", client.id);
    secrets::make(scope, ctx, &client, "", None)
}

/// Follows a new name of the machine.
pub fn rename(scope: &mut Handle<'_>, ctx: &Ctx, machine: MachineClient, name: &str) -> Result<(), Error> {
    let before = lock(scope, machine)?;
    let client = Client {
        name: name.to_owned(),
        modified_at: ctx.now,
        ..before
    };
    scope.update(&client)?;
    scope.changed("clients", client.id);
    Ok(())
}

/// Takes the client away with its secrets. Tokens of its hosts are refused from then on.
pub fn delete(scope: &mut Handle<'_>, machine: MachineClient) -> Result<(), Error> {
    lock(scope, machine)?;
    service::remove(scope, machine.id)
}

/// A secret and when it was last good for a token.
#[derive(Debug, Clone)]
pub struct KnownSecret {
    pub secret: ClientSecret,
    pub last_used_at: Option<Timestamp>,
}

/// The secrets of a machine, oldest first.
pub fn secrets(scope: &mut Handle<'_>, machine: MachineClient) -> Result<Vec<KnownSecret>, Error> {
    find(scope, machine)?;
    let mut used: HashMap<i64, Timestamp> = usage::secrets(scope, machine.id)?;
    let known = secrets::list(scope, machine.id)?.into_iter().map(|secret| KnownSecret {
        last_used_at: used.remove(&secret.id),
        secret,
    });
    Ok(known.collect())
}

/// Makes another secret; the answer holds the only copy of its value.
///
/// # Errors
/// 404; 400 where there are ten already.
pub fn generate_secret(scope: &mut Handle<'_>, ctx: &Ctx, machine: MachineClient) -> Result<Generated, Error> {
    let client = lock(scope, machine)?;
    secrets::make(scope, ctx, &client, "", None)
}

/// The machine of the tenant that a secret belongs to.
pub fn of_secret(scope: &mut Handle<'_>, tenant: Uuid, secret: i64) -> Result<Option<MachineClient>, Error> {
    let Some(secret) = scope.get::<ClientSecret>(secret)? else {
        return Ok(None);
    };
    let client = scope.get::<Client>(secret.client_id)?;
    let found = client.filter(|client| client.machine_tenant == Some(tenant));
    Ok(found.map(|client| MachineClient { id: client.id, tenant }))
}

/// Deletes a secret of the machine. Tokens that were issued for it are refused from then on.
///
/// # Errors
/// 404 for a secret that is not this machine's.
pub fn delete_secret(scope: &mut Handle<'_>, machine: MachineClient, secret: i64) -> Result<(), Error> {
    lock(scope, machine)?;
    let found = scope.lock::<ClientSecret>(secret)?;
    let found = found.filter(|found| found.client_id == machine.id);
    secrets::remove(scope, &found.ok_or_else(|| Error::not_found("Secret", secret))?)
}

fn lock(scope: &mut Handle<'_>, machine: MachineClient) -> Result<Client, Error> {
    let found = scope.lock::<Client>(machine.id)?;
    found
        .filter(|client| client.machine_tenant == Some(machine.tenant))
        .ok_or_else(|| missing(machine))
}

fn find(scope: &mut Handle<'_>, machine: MachineClient) -> Result<Client, Error> {
    let found = scope.get::<Client>(machine.id)?;
    found
        .filter(|client| client.machine_tenant == Some(machine.tenant))
        .ok_or_else(|| missing(machine))
}

fn missing(machine: MachineClient) -> Error {
    Error::not_found("Machine", machine.id)
}

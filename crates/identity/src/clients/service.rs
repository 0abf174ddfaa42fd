//! What can happen to an application. Every function works on the rows of one organization.

use accounts::audit::{self, Event};
use context::{Ctx, Error, codes};
use serde_json::{Value, json};
use store::{Json, Scoped, params};
use uuid::Uuid;

use super::changes::{Changes, Creation, ScopeRef};
use super::model::{Client, ClientSecret};
use super::secrets;
use crate::scopes::Kind;

pub use super::secrets::{delete as delete_secret, generate as generate_secret, list as list_secrets};

type Handle<'t> = Scoped<'t, store::Organization>;

/// Most applications of an organization (reference: identity 1.11).
const MOST: i64 = 1000;
/// Name of the audit event of a registration.
const CREATED: &str = "External application created";
/// Seconds.
const DEFAULT_LIFETIME: i64 = 3600;

/// An application with its secrets, oldest first.
#[derive(Debug, Clone)]
pub struct Application {
    pub client: Client,
    pub secrets: Vec<ClientSecret>,
}

/// A new application; `secret` is its first secret in clear, shown this once.
#[derive(Debug, Clone)]
pub struct Created {
    pub application: Application,
    pub secret: Option<vault::Secret>,
}

/// All applications of the organization, by name.
pub fn list(scope: &mut Handle<'_>) -> Result<Vec<Application>, Error> {
    let clients = scope.find::<Client>("machine_tenant is null order by name_folded, id", params![])?;
    let of_applications = "client_id in (select c.id from clients c where c.machine_tenant is null) order by id";
    let mut secrets = scope.find::<ClientSecret>(of_applications, params![])?;
    let mut take = |client: Uuid| {
        let (own, rest) = std::mem::take(&mut secrets)
            .into_iter()
            .partition(|secret| secret.client_id == client);
        secrets = rest;
        own
    };
    Ok(clients
        .into_iter()
        .map(|client| Application {
            secrets: take(client.id),
            client,
        })
        .collect())
}

/// Whether an application was ever registered in the organization, by what the audit log tells.
pub(crate) fn was_used(scope: &mut Handle<'_>) -> Result<bool, Error> {
    let condition = "target = ? and name = ?";
    Ok(scope.exists::<audit::AuditRecord>(condition, params!["ExternalApps", CREATED])?)
}

/// # Errors
/// 404.
pub fn get(scope: &mut Handle<'_>, id: Uuid) -> Result<Application, Error> {
    let found = scope
        .get::<Client>(id)?
        .filter(|client| client.machine_tenant.is_none());
    let client = found.ok_or_else(|| missing(id))?;
    Ok(Application {
        secrets: secrets::list(scope, id)?,
        client,
    })
}

/// Registers an application.
pub fn create(scope: &mut Handle<'_>, ctx: &Ctx, creation: &Creation) -> Result<Created, Error> {
    insert(scope, ctx, ctx.id(), creation, None)
}

/// Registers an application under a known id, with a known first secret: the automated set-up of a first start.
pub(crate) fn insert(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    id: Uuid,
    creation: &Creation,
    known_secret: Option<&vault::Secret>,
) -> Result<Created, Error> {
    let checked = creation.changes.check(creation.confidential)?;
    if scope.count::<Client>("machine_tenant is null", params![])? >= MOST {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            format!("An organization has at most {MOST} applications."),
        ));
    }
    let client = Client {
        id,
        name: checked.name,
        confidential: creation.confidential,
        enabled: true,
        redirect_uris: Json(creation.changes.redirect_uris.clone()),
        user_scopes: Json(checked.user_scopes),
        application_scopes: Json(checked.application_scopes),
        keys: Json(creation.changes.keys.clone().unwrap_or_default()),
        access_token_lifetime: creation.changes.access_token_lifetime.unwrap_or(DEFAULT_LIFETIME),
        created_at: ctx.now,
        created_by: ctx.caller.name.to_string(),
        modified_at: ctx.now,
        machine_tenant: None,
    };
    scope.insert(&client)?;
    accounts::directory::service::put_application(scope, id, &client.name)?;
    scope.changed("clients", id);
    let event = Event::identity(
        "ExternalApps",
        CREATED,
        format!("Application {} was registered.", client.name),
    );
    audit::record(scope, ctx, event.details(describe(&client)))?;
    let (mut secrets, mut secret) = (Vec::new(), None);
    if client.confidential && (creation.with_secret || known_secret.is_some()) {
        let value = match known_secret {
            Some(known) => known
                .expose_str()
                .map_err(|_| Error::field("secret", "The secret must be text."))?
                .to_owned(),
            None => ctx.token(32),
        };
        secrets.push(secrets::add(scope, ctx, &client, "", None, &value)?);
        secret = Some(vault::Secret::from(value));
    }
    Ok(Created {
        application: Application { client, secrets },
        secret,
    })
}

/// Replaces what can be changed. Tokens already issued keep their scopes until they expire.
pub fn update(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, changes: &Changes) -> Result<Application, Error> {
    let before = lock(scope, id)?;
    let checked = changes.check(before.confidential)?;
    let client = Client {
        name: checked.name,
        redirect_uris: Json(changes.redirect_uris.clone()),
        user_scopes: Json(checked.user_scopes),
        application_scopes: Json(checked.application_scopes),
        keys: changes.keys.clone().map_or_else(|| before.keys.clone(), Json),
        access_token_lifetime: changes.access_token_lifetime.unwrap_or(before.access_token_lifetime),
        modified_at: ctx.now,
        ..before.clone()
    };
    store_change(scope, ctx, &before, &client)?;
    Ok(Application {
        secrets: secrets::list(scope, id)?,
        client,
    })
}

/// Takes scopes away: the one-click remedy for what an application never uses.
pub fn remove_scopes(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, unused: &[ScopeRef]) -> Result<Application, Error> {
    let before = lock(scope, id)?;
    let mut client = before.clone();
    let goes = |kind: Kind, name: &String| unused.iter().any(|scope| scope.kind == kind && scope.name == *name);
    client.user_scopes.0.retain(|name| !goes(Kind::User, name));
    client
        .application_scopes
        .0
        .retain(|name| !goes(Kind::Application, name));
    client.modified_at = ctx.now;
    store_change(scope, ctx, &before, &client)?;
    Ok(Application {
        secrets: secrets::list(scope, id)?,
        client,
    })
}

/// Opens or closes an application without forgetting it. A closed one gets no token, and its tokens are refused.
pub fn set_enabled(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, enabled: bool) -> Result<(), Error> {
    let before = lock(scope, id)?;
    let client = Client {
        enabled,
        modified_at: ctx.now,
        ..before.clone()
    };
    store_change(scope, ctx, &before, &client)
}

/// Deletes an application with its secrets, grants, tokens and memberships.
pub fn delete(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid) -> Result<(), Error> {
    let client = lock(scope, id)?;
    crate::oauth::grants::forget_client(scope, id)?;
    for table in ["client_usage", "client_usage_days", "client_scope_usage"] {
        scope.execute(
            &format!("delete from {table} where {{scope}} and client_id = ?"),
            params![id],
        )?;
    }
    remove(scope, id)?;
    accounts::directory::service::remove_application(scope, id)?;
    let event = Event::identity(
        "ExternalApps",
        "External application deleted",
        format!("Application {} was deleted.", client.name),
    );
    audit::record(scope, ctx, event.details(describe(&client)))
}

/// Takes a client with its secrets out of the tables.
pub(super) fn remove(scope: &mut Handle<'_>, id: Uuid) -> Result<(), Error> {
    scope.execute(
        "delete from client_secret_usage where {scope} and secret_id in (select s.id from client_secrets s where s.client_id = ?)",
        params![id],
    )?;
    scope.delete_where::<ClientSecret>("client_id = ?", params![id])?;
    scope.delete::<Client>(id)?;
    scope.changed("clients", id);
    Ok(())
}

/// The application, locked for a change.
pub(super) fn lock(scope: &mut Handle<'_>, id: Uuid) -> Result<Client, Error> {
    let found = scope
        .lock::<Client>(id)?
        .filter(|client| client.machine_tenant.is_none());
    found.ok_or_else(|| missing(id))
}

fn missing(id: Uuid) -> Error {
    Error::not_found("External application", id)
}

fn store_change(scope: &mut Handle<'_>, ctx: &Ctx, before: &Client, after: &Client) -> Result<(), Error> {
    scope.update(after)?;
    if before.name != after.name {
        accounts::directory::service::put_application(scope, after.id, &after.name)?;
    }
    scope.changed("clients", after.id);
    let event = Event::identity(
        "ExternalApps",
        "External application updated",
        format!("Application {} was changed.", after.name),
    );
    let details = json!({ "clientId": after.id, "before": describe(before), "after": describe(after) });
    audit::record(scope, ctx, event.details(details))
}

fn describe(client: &Client) -> Value {
    json!({
        "clientId": client.id, "name": client.name, "isConfidential": client.confidential, "enabled": client.enabled,
        "redirectUris": client.redirect_uris.0, "userScopes": client.user_scopes.0,
        "applicationScopes": client.application_scopes.0, "accessTokenLifetime": client.access_token_lifetime,
        "keys": client.keys.0.iter().filter_map(|key| key.kid.as_deref()).collect::<Vec<_>>()
    })
}

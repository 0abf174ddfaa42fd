//! Secrets of confidential applications: several at once, each with a description and an optional end.

use accounts::audit::{self, Event};
use context::{Ctx, Error, codes, has_hidden};
use jiff::Timestamp;
use serde_json::json;
use store::{Scoped, Tx, params};
use uuid::Uuid;

use super::model::{Client, ClientSecret};
use super::service;

type Handle<'t> = Scoped<'t, store::Organization>;

/// Most secrets of an application that are not expired (reference: identity 1.11).
const MOST_ACTIVE: i64 = 10;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 256;
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A new secret with its value, which nobody can ask for again.
#[derive(Clone)]
pub struct Generated {
    pub secret: ClientSecret,
    pub value: vault::Secret,
}

/// The secrets of an application, oldest first.
pub fn list(scope: &mut Handle<'_>, client: Uuid) -> Result<Vec<ClientSecret>, Error> {
    Ok(scope.find::<ClientSecret>("client_id = ? order by id", params![client])?)
}

/// Makes a secret.
///
/// # Errors
/// 404 for an unknown application; 400 for a non-confidential one, for an expiry in the past, and beyond the limit.
pub fn generate(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    client: Uuid,
    description: &str,
    expires_at: Option<Timestamp>,
) -> Result<Generated, Error> {
    let application = service::lock(scope, client)?;
    let generated = make(scope, ctx, &application, description, expires_at)?;
    let secret = &generated.secret;
    let event = Event::identity(
        "ExternalApps",
        "External application secret generated",
        format!("A secret of application {} was generated.", application.name),
    );
    audit::record(scope, ctx, event.details(details(&application, secret)))?;
    Ok(generated)
}

/// Makes a secret for a client that was found and locked before.
pub(super) fn make(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    client: &Client,
    description: &str,
    expires_at: Option<Timestamp>,
) -> Result<Generated, Error> {
    let active = "client_id = ? and (expires_at is null or expires_at > ?)";
    if scope.count::<ClientSecret>(active, params![client.id, ctx.now])? >= MOST_ACTIVE {
        let message = format!("There are {MOST_ACTIVE} secrets already. Delete one first.");
        return Err(Error::invalid(codes::INVALID_ARGUMENT, message));
    }
    let value = ctx.token(SECRET_BYTES);
    let secret = add(scope, ctx, client, description, expires_at, &value)?;
    Ok(Generated {
        secret,
        value: vault::Secret::from(value),
    })
}

/// Stores a secret whose value is known already.
pub(super) fn add(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    application: &Client,
    description: &str,
    expires_at: Option<Timestamp>,
    value: &str,
) -> Result<ClientSecret, Error> {
    if !application.confidential {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            "Non-confidential applications have no secrets.",
        ));
    }
    let description = description.trim();
    if description.chars().count() > LONGEST_DESCRIPTION || has_hidden(description) {
        let message =
            format!("The description must have at most {LONGEST_DESCRIPTION} characters and no hidden characters.");
        return Err(Error::field("description", message));
    }
    if expires_at.is_some_and(|at| at <= ctx.now) {
        return Err(Error::field("expiryTime", "The expiry must lie in the future."));
    }
    let mut secret = ClientSecret {
        id: 0,
        client_id: application.id,
        description: description.to_owned(),
        hash: vault::hash_secret(value).to_vec(),
        created_at: ctx.now,
        expires_at,
        expiry_noticed: false,
    };
    secret.id = scope.insert(&secret)?;
    scope.changed("clients", application.id);
    Ok(secret)
}

/// Deletes a secret of this organization; with `client`, only one of that application.
///
/// # Errors
/// 404.
pub fn delete(scope: &mut Handle<'_>, ctx: &Ctx, client: Option<Uuid>, id: i64) -> Result<Uuid, Error> {
    let missing = || Error::not_found("Secret", id);
    let secret = scope.lock::<ClientSecret>(id)?.ok_or_else(missing)?;
    if client.is_some_and(|client| client != secret.client_id) {
        return Err(missing());
    }
    let application = service::lock(scope, secret.client_id).map_err(|_| missing())?;
    remove(scope, &secret)?;
    let event = Event::identity(
        "ExternalApps",
        "External application secret deleted",
        format!("A secret of application {} was deleted.", application.name),
    );
    audit::record(scope, ctx, event.details(details(&application, &secret)))?;
    Ok(application.id)
}

/// Takes a secret out of the tables.
pub(super) fn remove(scope: &mut Handle<'_>, secret: &ClientSecret) -> Result<(), Error> {
    scope.delete::<ClientSecret>(secret.id)?;
    scope.execute(
        "delete from client_secret_usage where {scope} and secret_id = ?",
        params![secret.id],
    )?;
    scope.changed("clients", secret.client_id);
    Ok(())
}

/// Tells the audit log of secrets that expired since the last look; says when the next one does.
pub(crate) fn notice_expired(tx: &mut Tx, ctx: &Ctx) -> Result<Option<Timestamp>, Error> {
    let due = "expires_at <= ? and not expiry_noticed order by expires_at limit 500";
    for (organization, mut secret) in tx.locate_all::<ClientSecret>(due, params![ctx.now])? {
        let scope = &mut tx.scope(organization);
        secret.expiry_noticed = true;
        scope.update(&secret)?;
        let Some(application) = scope.get::<Client>(secret.client_id)? else {
            continue;
        };
        let event = Event::identity(
            "ExternalApps",
            "External application secret expired",
            format!("A secret of application {} expired.", application.name),
        );
        audit::record(scope, ctx, event.details(details(&application, &secret)))?;
    }
    let next = tx.locate_all::<ClientSecret>(
        "expires_at > ? and not expiry_noticed order by expires_at limit 1",
        params![ctx.now],
    )?;
    Ok(next.into_iter().next().and_then(|(_, secret)| secret.expires_at))
}

fn details(application: &Client, secret: &ClientSecret) -> serde_json::Value {
    json!({
        "clientId": application.id, "name": application.name, "secretId": secret.id,
        "description": secret.description, "expiryTime": secret.expires_at.map(|at| at.to_string())
    })
}

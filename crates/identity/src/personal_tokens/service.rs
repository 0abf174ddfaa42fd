//! What can happen to a personal access token.

use accounts::audit::{self, Event};
use accounts::organizations::TokenPolicy;
use context::{Ctx, Error, codes, has_hidden};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Json, Scoped, Tx, params};
use uuid::Uuid;

use super::PREFIX;
use super::model::PersonalToken;
use crate::scopes::{Kind, catalogue, is_identity_scope};

type Handle<'t> = Scoped<'t, store::Organization>;

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 256;
/// Shortest and hard longest life.
const SHORTEST: SignedDuration = SignedDuration::from_hours(24);
/// A token asked for "one day" arrives a moment after its expiry was computed.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);
/// Expired tokens are shown this long, so that their owner learns why something stopped.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub description: String,
    pub expires_at: Timestamp,
    pub scopes: Vec<String>,
}

/// A token with its value, which nobody can ask for again.
#[derive(Debug, Clone)]
pub struct Issued {
    pub token: PersonalToken,
    pub value: vault::Secret,
}

/// The tokens of a user, newest first.
pub fn list(scope: &mut Handle<'_>, user: Uuid) -> Result<Vec<PersonalToken>, Error> {
    Ok(scope.find::<PersonalToken>("user_id = ? order by created_at desc, id", params![user])?)
}

/// The tokens of everyone in the organization, newest first.
pub fn list_all(scope: &mut Handle<'_>) -> Result<Vec<PersonalToken>, Error> {
    Ok(scope.find::<PersonalToken>("true order by created_at desc, id limit 5000", params![])?)
}

/// A token of the user; of anyone where `user` is `None`.
///
/// # Errors
/// 404.
pub fn get(scope: &mut Handle<'_>, user: Option<Uuid>, id: Uuid) -> Result<PersonalToken, Error> {
    let found = scope.get::<PersonalToken>(id)?;
    found
        .filter(|token| user.is_none_or(|user| user == token.user_id))
        .ok_or_else(|| missing(id))
}

/// Makes a token for the user.
pub fn create(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    user: Uuid,
    policy: &TokenPolicy,
    new: &NewToken,
) -> Result<Issued, Error> {
    let owner = accounts::users::service::get(scope, user)?;
    if owner.password.is_none() {
        return Err(Error::denied(0, "Only local users can have personal access tokens."));
    }
    let description = new.description.trim();
    if description.is_empty() || description.chars().count() > LONGEST_DESCRIPTION || has_hidden(description) {
        return Err(Error::field(
            "description",
            format!("The description must have 1 to {LONGEST_DESCRIPTION} characters."),
        ));
    }
    check_scopes(&new.scopes)?;
    check_expiry(ctx, policy, new.expires_at)?;
    let live = scope.count::<PersonalToken>("user_id = ? and expires_at > ?", params![user, ctx.now])?;
    if live >= i64::from(policy.per_user) {
        let message = format!("The limit of {} personal access tokens was reached.", policy.per_user);
        return Err(Error::invalid(codes::INVALID_ARGUMENT, message));
    }
    let value = make(ctx);
    let token = PersonalToken {
        id: ctx.id(),
        user_id: user,
        description: description.to_owned(),
        hash: vault::hash_secret(&value).to_vec(),
        scopes: Json(new.scopes.clone()),
        created_at: ctx.now,
        issued_at: ctx.now,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    scope.insert(&token)?;
    changed(scope, &token.hash);
    record(scope, ctx, "Personal access token created", &token)?;
    Ok(Issued {
        token,
        value: vault::Secret::from(value),
    })
}

/// Gives a token that has not expired a new value and a new expiry; its scopes stay.
pub fn regenerate(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    user: Uuid,
    id: Uuid,
    policy: &TokenPolicy,
    expires_at: Timestamp,
) -> Result<Issued, Error> {
    let found = scope.lock::<PersonalToken>(id)?.filter(|token| token.user_id == user);
    let mut token = found.ok_or_else(|| missing(id))?;
    if token.expires_at <= ctx.now {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            "The token has expired. Make a new one.",
        ));
    }
    check_expiry(ctx, policy, expires_at)?;
    changed(scope, &token.hash);
    let value = make(ctx);
    token.hash = vault::hash_secret(&value).to_vec();
    token.issued_at = ctx.now;
    token.expires_at = expires_at;
    scope.update(&token)?;
    changed(scope, &token.hash);
    record(scope, ctx, "Personal access token regenerated", &token)?;
    Ok(Issued {
        token,
        value: vault::Secret::from(value),
    })
}

/// Revokes a token of the user; of anyone where `user` is `None`.
pub fn revoke(scope: &mut Handle<'_>, ctx: &Ctx, user: Option<Uuid>, id: Uuid) -> Result<(), Error> {
    let token = get(scope, user, id)?;
    scope.delete::<PersonalToken>(id)?;
    changed(scope, &token.hash);
    record(scope, ctx, "Personal access token revoked", &token)
}

/// Revokes the token with this value, if it is one of the user.
pub fn revoke_value(scope: &mut Handle<'_>, ctx: &Ctx, user: Option<Uuid>, value: &str) -> Result<(), Error> {
    let found = scope.find_one::<PersonalToken>("hash = ?", params![vault::hash_secret(value)])?;
    let token =
        found.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The personal access token was not found."))?;
    revoke(scope, ctx, user, token.id)
}

/// Removes tokens that expired long ago.
pub(crate) fn prune(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let before = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    for (scope, token) in tx.locate_all::<PersonalToken>("expires_at < ? limit 1000", params![before])? {
        tx.scope(scope).delete::<PersonalToken>(token.id)?;
    }
    Ok(())
}

fn check_scopes(scopes: &[String]) -> Result<(), Error> {
    if scopes.is_empty() {
        return Err(Error::field("scopes", "At least one scope is needed."));
    }
    let usable = |name: &String| {
        catalogue()
            .find(name)
            .is_some_and(|scope| scope.offers(Kind::User) && !scope.resource.is_empty())
            && !is_identity_scope(name)
    };
    match scopes.iter().find(|name| !usable(name)) {
        Some(name) => Err(Error::field(
            "scopes",
            format!(
                "The scope {} was not found.",
                name.chars().take(100).collect::<String>()
            ),
        )),
        None => Ok(()),
    }
}

fn check_expiry(ctx: &Ctx, policy: &TokenPolicy, expires_at: Timestamp) -> Result<(), Error> {
    let life = expires_at.duration_since(ctx.now);
    if life < SHORTEST - TOLERANCE {
        return Err(Error::field(
            "expirationTime",
            "The expiration is too small: a token lives at least one day.",
        ));
    }
    let longest = SignedDuration::from_hours(24 * i64::from(policy.longest_days)) + TOLERANCE;
    if life > longest {
        let message = format!(
            "The expiration is too large: a token lives at most {} days.",
            policy.longest_days
        );
        return Err(Error::field("expirationTime", message));
    }
    Ok(())
}

fn make(ctx: &Ctx) -> String {
    format!("{PREFIX}{}", ctx.token(32))
}

/// Every node forgets what it knows about the value.
fn changed(scope: &mut Handle<'_>, hash: &[u8]) {
    scope.changed("tokens", format!("{PREFIX}{}", jose::base64url_encode(hash)));
}

fn missing(id: Uuid) -> Error {
    Error::not_found("Personal access token", id)
}

fn record(scope: &mut Handle<'_>, ctx: &Ctx, name: &'static str, token: &PersonalToken) -> Result<(), Error> {
    let event =
        Event::identity("PersonalAccessTokens", name, format!("{name}: {}.", token.description)).details(json!({
            "id": token.id, "userId": token.user_id, "description": token.description, "scopes": token.scopes.0,
            "expiryTime": token.expires_at.to_string()
        }));
    audit::record(scope, ctx, event)
}

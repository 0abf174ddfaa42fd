//! The life of a grant: from a user's yes through code and refresh tokens to its end.
//!
//! | event | code | refresh token |
//! |---|---|---|
//! | first use, in time, by its client | used; tokens | used; a new one replaces it |
//! | second use | the grant is revoked | the grant is revoked |
//! | use by another client | used up; nothing | nothing happens |
//! | too late, wrong verifier or address | used up; nothing | nothing |

use accounts::audit::{self, Event};
use accounts::users::User;
use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Json, Scoped, Tx, params};
use uuid::Uuid;

use super::model::{Code, Consent, DeniedToken, Grant, RefreshToken, UsedAssertion};
use crate::clients::Registered;

type Handle<'t> = Scoped<'t, store::Organization>;

/// Refresh tokens end this long after the login that started the grant (reference: identity 2.6).
const GRANT_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 60);
/// The longest an access token can live, plus the skew; how long a revoked grant must be remembered.
const LONGEST_ACCESS: SignedDuration = SignedDuration::from_secs(86_400 + 120);
/// Rows of one clean-up step.
const BATCH: i64 = 1000;

/// What a user just allowed.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    pub organization: Uuid,
    pub client: Uuid,
    pub user: Uuid,
    pub session: Option<Uuid>,
    pub scopes: Vec<String>,
    pub authenticated_at: Timestamp,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    pub code_lifetime: SignedDuration,
}

/// Everything needed to issue tokens of a grant.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub organization: Uuid,
    pub grant: Grant,
    pub user: User,
    /// Scopes of the new access token.
    pub scopes: Vec<String>,
    pub nonce: Option<String>,
    /// A new refresh token, in clear.
    pub refresh_token: Option<String>,
}

/// How an attempt to redeem ended. Refusals are committed like successes: they use things up.
#[derive(Debug, Clone)]
pub(super) enum Redeemed {
    Issue(Box<Issue>),
    Refused(&'static str),
    /// The code or token was used before: the grant is revoked, and its access tokens are denied.
    Replayed {
        grant: Uuid,
    },
}

/// What a client presents to redeem a code.
#[derive(Debug, Clone)]
pub(super) struct Redemption {
    pub hash: [u8; 32],
    pub client: Uuid,
    pub redirect_uri: String,
    pub verifier: Option<String>,
}

/// Starts a grant and answers its code in clear. `None`: the user does not exist any more.
pub(super) fn start(tx: &mut Tx, ctx: &Ctx, allowed: &Allowed) -> Result<Option<String>, Error> {
    let scope = &mut tx.organization(allowed.organization);
    let Some(user) = accounts::users::service::find(scope, allowed.user)?.filter(|user| user.is_active) else {
        return Ok(None);
    };
    let grant = Grant {
        id: ctx.id(),
        client_id: allowed.client,
        user_id: allowed.user,
        session_id: allowed.session,
        scopes: Json(allowed.scopes.clone()),
        authenticated_at: allowed.authenticated_at,
        stamp: user.stamp,
        created_at: ctx.now,
        expires_at: later(ctx.now, GRANT_LIFETIME),
        revoked_at: None,
    };
    scope.insert(&grant)?;
    let value = ctx.token(32);
    scope.insert(&Code {
        hash: vault::hash_secret(&value).to_vec(),
        grant_id: grant.id,
        client_id: allowed.client,
        redirect_uri: allowed.redirect_uri.clone(),
        challenge: allowed.challenge.clone(),
        nonce: allowed.nonce.clone(),
        expires_at: later(ctx.now, allowed.code_lifetime),
        used_at: None,
    })?;
    Ok(Some(value))
}

/// Redeems a code. Two at once: the row lock lets one of them see the other's use.
pub(super) fn redeem(tx: &mut Tx, ctx: &Ctx, redemption: &Redemption) -> Result<Redeemed, Error> {
    let Some((organization, code)) = tx.locate::<Code>("hash = ?", params![redemption.hash])? else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    let scope = &mut tx.scope(organization);
    let Some(mut code) = scope.lock::<Code>(code.hash)? else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    if code.used_at.is_some() {
        revoke(scope, ctx, code.grant_id, "An authorization code was used twice.")?;
        return Ok(Redeemed::Replayed { grant: code.grant_id });
    }
    code.used_at = Some(ctx.now);
    scope.update(&code)?;
    let proved = match (&code.challenge, &redemption.verifier) {
        (Some(challenge), Some(verifier)) => jose::verify_s256_challenge(verifier, challenge),
        (None, None) => true,
        _ => false,
    };
    let good = code.client_id == redemption.client
        && code.redirect_uri == redemption.redirect_uri
        && code.expires_at > ctx.now
        && proved;
    let Some((grant, user)) = live(scope, code.grant_id, ctx.now)?.filter(|_| good) else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    let scopes = grant.scopes.0.clone();
    let refresh_token = if scopes.iter().any(|name| name == crate::scopes::OFFLINE_ACCESS) {
        Some(add_refresh_token(scope, ctx, &grant)?)
    } else {
        None
    };
    let issue = Issue {
        organization: organization.0,
        scopes,
        nonce: code.nonce,
        refresh_token,
        user,
        grant,
    };
    Ok(Redeemed::Issue(Box::new(issue)))
}

/// Redeems a refresh token. `wanted` narrows the scopes of the new access token, never those of the grant.
pub(super) fn refresh(
    tx: &mut Tx,
    ctx: &Ctx,
    hash: [u8; 32],
    client: &Registered,
    wanted: Option<&[String]>,
) -> Result<Redeemed, Error> {
    let Some((organization, token)) = tx.locate::<RefreshToken>("hash = ?", params![hash])? else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    if token.client_id != client.id {
        return Ok(Redeemed::Refused("invalid_grant"));
    }
    let scope = &mut tx.scope(organization);
    let Some(mut token) = scope.lock::<RefreshToken>(token.hash)? else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    if token.used_at.is_some() {
        revoke(scope, ctx, token.grant_id, "A refresh token was used twice.")?;
        return Ok(Redeemed::Replayed { grant: token.grant_id });
    }
    let Some((grant, user)) = live(scope, token.grant_id, ctx.now)?.filter(|_| token.expires_at > ctx.now) else {
        return Ok(Redeemed::Refused("invalid_grant"));
    };
    if let Some(wanted) = wanted
        && wanted.iter().any(|name| !grant.scopes.0.contains(name))
    {
        return Ok(Redeemed::Refused("invalid_scope"));
    }
    let still = |name: &String| may_keep(client, name) && wanted.is_none_or(|wanted| wanted.contains(name));
    let scopes: Vec<String> = grant.scopes.0.iter().filter(|name| still(name)).cloned().collect();
    if scopes.iter().all(|name| name == crate::scopes::OFFLINE_ACCESS) {
        return Ok(Redeemed::Refused("invalid_grant"));
    }
    token.used_at = Some(ctx.now);
    scope.update(&token)?;
    let refresh_token = Some(add_refresh_token(scope, ctx, &grant)?);
    let issue = Issue {
        organization: organization.0,
        scopes,
        nonce: None,
        refresh_token,
        user,
        grant,
    };
    Ok(Redeemed::Issue(Box::new(issue)))
}

/// Revokes the grant of a refresh token of `client`; the grant, if there was one to revoke.
pub(super) fn revoke_by_refresh_token(
    tx: &mut Tx,
    ctx: &Ctx,
    hash: [u8; 32],
    client: Uuid,
) -> Result<Option<Uuid>, Error> {
    let found = tx.locate::<RefreshToken>("hash = ?", params![hash])?;
    let Some((organization, token)) = found.filter(|(_, token)| token.client_id == client) else {
        return Ok(None);
    };
    revoke(
        &mut tx.scope(organization),
        ctx,
        token.grant_id,
        "A refresh token was revoked by its client.",
    )?;
    Ok(Some(token.grant_id))
}

/// The grant behind a refresh token that would be accepted now.
pub(super) fn of_refresh_token(
    tx: &mut Tx,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(Uuid, Grant, RefreshToken)>, Error> {
    let Some((organization, token)) = tx.locate::<RefreshToken>("hash = ?", params![hash])? else {
        return Ok(None);
    };
    if token.used_at.is_some() || token.expires_at <= now {
        return Ok(None);
    }
    let found = live(&mut tx.scope(organization), token.grant_id, now)?;
    Ok(found.map(|(grant, _)| (organization.0, grant, token)))
}

/// Denies an access token, or all of a grant, until `until`.
pub(super) fn deny(tx: &mut Tx, id: &str, until: Timestamp) -> Result<(), Error> {
    tx.host().execute(
        "insert into oauth_denied_tokens (id, until) values (?, ?) on conflict (id) do update set until = excluded.until",
        params![id, until],
    )?;
    tx.changed("tokens", id);
    Ok(())
}

/// Ends all grants of a user with a client: the user disconnects the application.
pub fn revoke_of_user(scope: &mut Handle<'_>, ctx: &Ctx, user: Uuid, client: Uuid) -> Result<(), Error> {
    let condition = "user_id = ? and client_id = ? and revoked_at is null";
    for grant in scope.find::<Grant>(condition, params![user, client])? {
        revoke(scope, ctx, grant.id, "The user disconnected the application.")?;
    }
    scope.delete_where::<Consent>("user_id = ? and client_id = ?", params![user, client])?;
    Ok(())
}

/// An application a user is connected with.
#[derive(Debug, Clone)]
pub struct Connection {
    pub client: Uuid,
    pub scopes: Vec<String>,
    /// When the user connected first.
    pub since: Timestamp,
}

/// The applications that hold a grant of the user.
pub fn connections(scope: &mut Handle<'_>, user: Uuid, now: Timestamp) -> Result<Vec<Connection>, Error> {
    let condition = "user_id = ? and revoked_at is null and expires_at > ? order by created_at limit 1000";
    let mut found: Vec<Connection> = Vec::new();
    for grant in scope.find::<Grant>(condition, params![user, now])? {
        let known = found.iter().position(|connection| connection.client == grant.client_id);
        match known {
            Some(at) => {
                let new: Vec<String> = grant
                    .scopes
                    .0
                    .into_iter()
                    .filter(|name| !found[at].scopes.contains(name))
                    .collect();
                found[at].scopes.extend(new);
            }
            None => found.push(Connection {
                client: grant.client_id,
                scopes: grant.scopes.0,
                since: grant.created_at,
            }),
        }
    }
    Ok(found)
}

/// Removes what a deleted application was granted. Its live access tokens end because it does not exist any more.
pub(crate) fn forget_client(scope: &mut Handle<'_>, client: Uuid) -> Result<(), Error> {
    scope.delete_where::<Code>("client_id = ?", params![client])?;
    scope.delete_where::<RefreshToken>("client_id = ?", params![client])?;
    scope.delete_where::<Grant>("client_id = ?", params![client])?;
    scope.delete_where::<Consent>("client_id = ?", params![client])?;
    Ok(())
}

/// What the user agreed to earlier.
pub(super) fn consented(scope: &mut Handle<'_>, user: Uuid, client: Uuid) -> Result<Vec<String>, Error> {
    let found = scope.find_one::<Consent>("user_id = ? and client_id = ?", params![user, client])?;
    Ok(found.map_or_else(Vec::new, |consent| consent.scopes.0))
}

/// Remembers what the user agrees to now, on top of what was agreed to before.
pub(super) fn remember_consent(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    user: Uuid,
    client: Uuid,
    scopes: &[String],
) -> Result<(), Error> {
    let mut all = consented(scope, user, client)?;
    let new: Vec<String> = scopes.iter().filter(|name| !all.contains(name)).cloned().collect();
    all.extend(new);
    let consent = Consent {
        id: 0,
        user_id: user,
        client_id: client,
        scopes: Json(all),
        given_at: ctx.now,
    };
    scope.delete_where::<Consent>("user_id = ? and client_id = ?", params![user, client])?;
    scope.insert(&consent)?;
    Ok(())
}

/// Notes an assertion; false when it was used before.
pub(super) fn use_assertion(tx: &mut Tx, id: &str, until: Timestamp) -> Result<bool, Error> {
    let text = "insert into oauth_used_assertions (id, until) values (?, ?) on conflict (id) do nothing";
    Ok(tx.host().execute(text, params![id, until])? > 0)
}

/// Removes what has passed its time; says whether there may be more.
pub(crate) fn prune(tx: &mut Tx, now: Timestamp) -> Result<bool, Error> {
    tx.host().delete_where::<DeniedToken>("until <= ?", params![now])?;
    tx.host().delete_where::<UsedAssertion>("until <= ?", params![now])?;
    let forgotten = now.checked_sub(LONGEST_ACCESS).unwrap_or(Timestamp::MIN);
    // Without offline access nothing but the code hangs on a grant; it is kept as long as a replay could matter.
    let condition = "(expires_at <= ?) or (revoked_at is not null and revoked_at <= ?) or (created_at <= ? and not exists \
        (select 1 from oauth_refresh_tokens r where r.grant_id = oauth_grants.id)) limit ?";
    let old = tx.locate_all::<Grant>(condition, params![forgotten, forgotten, forgotten, BATCH])?;
    let more = old.len() as i64 == BATCH;
    for (organization, grant) in old {
        let scope = &mut tx.scope(organization);
        scope.delete_where::<Code>("grant_id = ?", params![grant.id])?;
        scope.delete_where::<RefreshToken>("grant_id = ?", params![grant.id])?;
        scope.delete::<Grant>(grant.id)?;
    }
    Ok(more)
}

/// The grant and its user, when both are as they were: not revoked, in time, account active, password unchanged, and
/// nobody ended the session on purpose.
fn live(scope: &mut Handle<'_>, id: Uuid, now: Timestamp) -> Result<Option<(Grant, User)>, Error> {
    let Some(grant) = scope.get::<Grant>(id)? else {
        return Ok(None);
    };
    if grant.revoked_at.is_some() || grant.expires_at <= now {
        return Ok(None);
    }
    let Some(user) = accounts::users::service::find(scope, grant.user_id)? else {
        return Ok(None);
    };
    if !user.is_active || user.stamp != grant.stamp {
        return Ok(None);
    }
    if let Some(session) = grant.session_id
        && accounts::sessions::service::voids_tokens(scope, session)?
    {
        return Ok(None);
    }
    let organization = scope.scope().0;
    let active = accounts::organizations::service::get(scope.tx(), organization)?
        .is_some_and(|organization| organization.is_active);
    Ok(active.then_some((grant, user)))
}

/// Ends a grant with everything that came of it.
fn revoke(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, why: &str) -> Result<(), Error> {
    let Some(mut grant) = scope.lock::<Grant>(id)? else {
        return Ok(());
    };
    if grant.revoked_at.is_some() {
        return Ok(());
    }
    grant.revoked_at = Some(ctx.now);
    scope.update(&grant)?;
    deny(scope.tx(), &id.simple().to_string(), later(ctx.now, LONGEST_ACCESS))?;
    let event = Event::identity("Authentication", "External App Grant Revoked", why)
        .details(json!({ "clientId": grant.client_id, "userId": grant.user_id }));
    audit::record(scope, ctx, event)
}

fn add_refresh_token(scope: &mut Handle<'_>, ctx: &Ctx, grant: &Grant) -> Result<String, Error> {
    let value = ctx.token(32);
    scope.insert(&RefreshToken {
        hash: vault::hash_secret(&value).to_vec(),
        grant_id: grant.id,
        client_id: grant.client_id,
        issued_at: ctx.now,
        expires_at: grant.expires_at,
        used_at: None,
    })?;
    Ok(value)
}

/// Whether a granted scope is still open to the client: registered, or one that needs no registration.
fn may_keep(client: &Registered, name: &str) -> bool {
    use crate::scopes::{DEFAULT, Kind, OFFLINE_ACCESS, is_identity_scope};
    name == DEFAULT || name == OFFLINE_ACCESS || is_identity_scope(name) || client.has_scope(Kind::User, name)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

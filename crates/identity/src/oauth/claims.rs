//! What tokens say (reference: identity 2.7; RFC 9068; OpenID Connect Core section 2).

use accounts::users::User;
use context::Ctx;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::ID_TOKEN_LIFETIME;
use crate::clients::Registered;
use crate::scopes::{IDENTITY_ACCESS, ORCHESTRATOR_USER_ACCESS, catalogue};

/// One audience is a string, several are an array.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

/// Claims of an access token.
#[derive(Serialize)]
pub(super) struct AccessClaims<'a> {
    pub iss: &'a str,
    pub nbf: i64,
    pub iat: i64,
    pub exp: i64,
    pub aud: Audience<'a>,
    pub scope: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<[&'a str; 1]>,
    pub client_id: Uuid,
    pub sub: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idp: Option<&'a str>,
    /// Organization; every command line uses it to find tenants.
    pub prt_id: Uuid,
    pub sub_type: &'a str,
    /// The secret a machine's token was issued for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext_idp_disp_name: Option<&'a str>,
    /// Stands for the user's security stamp: a token with another one is void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usr_stamp: Option<String>,
    /// Starts with the id of the grant, where there is one.
    pub jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
}

/// Claims of an ID token.
#[derive(Serialize)]
pub(super) struct IdClaims<'a> {
    pub iss: &'a str,
    pub nbf: i64,
    pub iat: i64,
    pub exp: i64,
    pub aud: Uuid,
    pub sub: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    pub at_hash: String,
    pub auth_time: i64,
    pub amr: [&'a str; 1],
    pub idp: &'a str,
    pub prt_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    #[serde(flatten)]
    pub profile: serde_json::Map<String, serde_json::Value>,
}

/// Times of a token issued now, in seconds: now and the end.
pub(super) fn times(ctx: &Ctx, lifetime: i64) -> (i64, i64) {
    let now = ctx.now.as_second();
    (now, now + lifetime)
}

pub(super) fn id_token_times(ctx: &Ctx) -> (i64, i64) {
    times(ctx, ID_TOKEN_LIFETIME)
}

/// The APIs that the scopes open; the issuer itself when they open none (only `openid` and its kind).
pub(super) fn audience<'a>(scopes: &'a [String], issuer: &'a str) -> Audience<'a> {
    let mut found: Vec<&str> = Vec::new();
    for name in scopes {
        let audience = match name.as_str() {
            ORCHESTRATOR_USER_ACCESS => ORCHESTRATOR_USER_ACCESS,
            IDENTITY_ACCESS => IDENTITY_ACCESS,
            name => catalogue().find(name).map_or("", |scope| scope.resource),
        };
        if !audience.is_empty() && !found.contains(&audience) {
            found.push(audience);
        }
    }
    match found.as_slice() {
        [] => Audience::One(issuer),
        [only] => Audience::One(only),
        _ => Audience::Several(found),
    }
}

/// Claims of an application's own token.
pub(super) fn of_application<'a>(
    ctx: &Ctx,
    issuer: &'a str,
    client: &Registered,
    organization: Uuid,
    scopes: &'a [String],
) -> AccessClaims<'a> {
    let (now, exp) = times(ctx, client.access_token_lifetime);
    AccessClaims {
        iss: issuer,
        nbf: now,
        iat: now,
        exp,
        aud: audience(scopes, issuer),
        scope: scopes,
        amr: None,
        client_id: client.id,
        sub: client.id,
        auth_time: None,
        idp: None,
        prt_id: organization,
        sub_type: "application",
        secret_id: None,
        preferred_username: None,
        name: None,
        email: None,
        ext_idp_disp_name: None,
        usr_stamp: None,
        jti: ctx.id().simple().to_string(),
        sid: None,
    }
}

/// Claims of the token of a machine object's hosts.
pub(super) fn of_machine<'a>(
    ctx: &Ctx,
    issuer: &'a str,
    client: &Registered,
    organization: Uuid,
    scopes: &'a [String],
    secret: i64,
) -> AccessClaims<'a> {
    AccessClaims {
        sub_type: "machine",
        secret_id: Some(secret),
        ..of_application(ctx, issuer, client, organization, scopes)
    }
}

/// Claims about the user that the granted identity scopes open.
pub(super) fn profile(user: &User, has: &dyn Fn(&str) -> bool) -> serde_json::Map<String, serde_json::Value> {
    let mut claims = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| {
        claims.insert(name.to_owned(), value);
    };
    if has("profile") {
        put("name", user.shown().into());
        put("preferred_username", user.user_name.as_str().into());
        if !user.name.is_empty() {
            put("given_name", user.name.as_str().into());
        }
        if !user.surname.is_empty() {
            put("family_name", user.surname.as_str().into());
        }
    }
    if has("email")
        && let Some(email) = &user.email
    {
        put("email", email.as_str().into());
        put("email_verified", user.email_confirmed.into());
    }
    claims
}

/// What a token carries of a security stamp: enough to notice another one, nothing that gives it away.
pub(crate) fn user_stamp(stamp: Uuid) -> String {
    let hash = vault::hash_secret(&stamp.simple().to_string());
    jose::base64url_encode(&hash[..9])
}

/// Seconds of a time.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

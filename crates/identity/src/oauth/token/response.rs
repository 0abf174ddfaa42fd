//! Tokens and the answer that carries them.

use context::Error;
use serde::Serialize;
use web::{Reply, Response};

use super::Asked;
use crate::oauth::claims::{self, AccessClaims, IdClaims};
use crate::oauth::grants::{Issue, Redeemed};
use crate::oauth::refusal::{Refusal, Told, no_store};
use crate::scopes::OPENID;

pub(super) struct Tokens<'a> {
    pub access_token: String,
    pub expires_in: i64,
    pub scopes: &'a [String],
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    expires_in: i64,
    token_type: &'a str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
}

/// The answer as documented.
pub(super) fn schema() -> serde_json::Value {
    serde_json::json!({
        "type": "object", "required": ["access_token", "expires_in", "token_type", "scope"],
        "properties": {
            "access_token": { "type": "string" }, "expires_in": { "type": "integer" }, "token_type": { "type": "string" },
            "scope": { "type": "string" }, "refresh_token": { "type": "string" }, "id_token": { "type": "string" }
        }
    })
}

pub(super) fn render(tokens: Tokens<'_>) -> Result<Response, Error> {
    no_store(Reply::ok()).json(&Body {
        access_token: &tokens.access_token,
        expires_in: tokens.expires_in,
        token_type: "Bearer",
        scope: tokens.scopes.join(" "),
        refresh_token: tokens.refresh_token.as_deref(),
        id_token: tokens.id_token.as_deref(),
    })
}

/// The answer to a redeemed code or refresh token.
pub(super) async fn of_grant(asked: &Asked<'_>, redeemed: Redeemed) -> Result<Response, Refusal> {
    let issue = match redeemed {
        Redeemed::Issue(issue) => issue,
        Redeemed::Refused(error) => return Err(Told::new(error).into()),
        Redeemed::Replayed { grant } => {
            asked.identity.deny_here(&grant.simple().to_string());
            return Err(Told::new("invalid_grant").into());
        }
    };
    Ok(render_issue(asked, &issue).await?)
}

async fn render_issue(asked: &Asked<'_>, issue: &Issue) -> Result<Response, Error> {
    let ctx = &asked.cx.ctx;
    let (client, user, grant) = (&asked.authenticated.client, &issue.user, &issue.grant);
    let issuer = crate::issuer(asked.cx);
    let ring = asked.identity.rings.get().await?;
    let (now, exp) = claims::times(ctx, client.access_token_lifetime);
    let shows = |name: &str| issue.scopes.iter().any(|scope| scope == name);
    let access = AccessClaims {
        iss: &issuer,
        nbf: now,
        iat: now,
        exp,
        aud: claims::audience(&issue.scopes, &issuer),
        scope: &issue.scopes,
        amr: Some(["pwd"]),
        client_id: client.id,
        sub: user.id,
        auth_time: Some(claims::seconds(grant.authenticated_at)),
        idp: Some("local"),
        prt_id: issue.organization,
        sub_type: "user",
        secret_id: None,
        preferred_username: Some(&user.user_name),
        name: Some(user.shown()),
        email: user.email.as_deref(),
        ext_idp_disp_name: (!client.confidential).then_some("GlobalIdp"),
        usr_stamp: Some(claims::user_stamp(user.stamp)),
        jti: format!("{}-{}", grant.id.simple(), ctx.id().simple()),
        sid: grant.session_id,
    };
    let access_token = ring
        .keys
        .sign(asked.identity.options.token_type.name(), &access)
        .map_err(Error::internal)?;
    let id_token = if shows(OPENID) {
        let (now, exp) = claims::id_token_times(ctx);
        let id = IdClaims {
            iss: &issuer,
            nbf: now,
            iat: now,
            exp,
            aud: client.id,
            sub: user.id,
            nonce: issue.nonce.as_deref(),
            at_hash: jose::left_half_hash(ring.keys.active().algorithm(), &access_token),
            auth_time: claims::seconds(grant.authenticated_at),
            amr: ["pwd"],
            idp: "local",
            prt_id: issue.organization,
            sid: grant.session_id,
            profile: claims::profile(user, &shows),
        };
        Some(ring.keys.sign("JWT", &id).map_err(Error::internal)?)
    } else {
        None
    };
    render(Tokens {
        access_token,
        expires_in: client.access_token_lifetime,
        scopes: &issue.scopes,
        refresh_token: issue.refresh_token.clone(),
        id_token,
    })
}

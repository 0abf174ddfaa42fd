//! Tells a resource server what a token is worth (RFC 7662). `POST /connect/introspect`

use context::Error;
use http::Method;
use serde_json::json;
use uuid::Uuid;
use web::{Access, Operation, Reply, Request, Response, Shape};

use super::client_authentication::authenticate;
use super::form::Parameters;
use super::grants;
use super::refusal::{Refusal, Told, no_store, settle};
use super::revocation::unreadable;
use crate::Identity;
use crate::personal_tokens;

pub(super) fn operation() -> Operation {
    Operation::identity(Method::POST, "/connect/introspect", "Introspection_Post")
        .summary("Says whether a token is active, and what it holds.")
        .access(Access::Anonymous)
        .body_limit(64 << 10)
        .takes_form()
        .answers(
            200,
            Shape::Json {
                name: "Introspection",
                schema: json!({ "type": "object" }),
            },
        )
        .handler(|cx| async move { settle(handle(&cx).await) })
}

async fn handle(cx: &Request) -> Result<Response, Refusal> {
    let identity = cx.state::<Identity>()?;
    let parameters = Parameters::of_form(cx).map_err(unreadable)?;
    let authenticated = match authenticate(&identity, cx, &parameters).await {
        Ok(authenticated) if authenticated.client.confidential && authenticated.client.machine.is_none() => {
            authenticated
        }
        Ok(_) => return Err(Told::new("invalid_client").challenged().into()),
        Err(Refusal::Told(told)) if told.error == "invalid_client" => return Err(told.challenged().into()),
        Err(refusal) => return Err(refusal),
    };
    let token = parameters.get("token").ok_or(Told::new("invalid_request"))?;
    let Some(organization) = authenticated.client.organization else {
        return Ok(inactive()?);
    };
    let found = if token.contains('.') {
        of_access_token(&identity, cx, token, organization).await?
    } else if token.starts_with(personal_tokens::PREFIX) {
        of_personal_token(&identity, cx, token, organization).await?
    } else {
        of_refresh_token(&identity, cx, token, authenticated.client.id).await?
    };
    match found {
        Some(body) => Ok(no_store(Reply::ok()).bytes("application/json; charset=utf-8", body)?),
        None => Ok(inactive()?),
    }
}

/// Nothing else is told of a token that is not active, or not the asker's business.
fn inactive() -> Result<Response, Error> {
    no_store(Reply::ok()).json(&json!({ "active": false }))
}

/// Access tokens are shown to applications of the same organization.
async fn of_access_token(
    identity: &Identity,
    cx: &Request,
    token: &str,
    organization: Uuid,
) -> Result<Option<bytes::Bytes>, Error> {
    let verified = identity
        .access_token(&cx.app.settings().origins, token, cx.ctx.now)
        .await?;
    match verified.filter(|access| access.organization == organization) {
        Some(access) => access.introspection().map(Some),
        None => Ok(None),
    }
}

async fn of_personal_token(
    identity: &Identity,
    cx: &Request,
    token: &str,
    organization: Uuid,
) -> Result<Option<bytes::Bytes>, Error> {
    let found = identity
        .personal_token(token, cx.ctx.now)
        .await?
        .filter(|found| found.organization == organization);
    let Some(found) = found else { return Ok(None) };
    let body = json!({
        "active": true, "scope": found.scopes.iter().collect::<Vec<_>>().join(" "), "sub": found.user, "sub_type": "user",
        "prt_id": found.organization, "token_type": "Bearer",
        "iat": found.issued_at.as_second(), "exp": found.expires_at.as_second()
    });
    Ok(Some(serde_json::to_vec(&body).map_err(Error::internal)?.into()))
}

/// Refresh tokens are shown to the client they belong to.
async fn of_refresh_token(
    identity: &Identity,
    cx: &Request,
    token: &str,
    client: Uuid,
) -> Result<Option<bytes::Bytes>, Error> {
    let (hash, now) = (vault::hash_secret(token), cx.ctx.now);
    let found = identity
        .store
        .read(move |tx| grants::of_refresh_token(tx, hash, now))
        .await?;
    let Some((organization, grant, token)) = found.filter(|(_, _, token)| token.client_id == client) else {
        return Ok(None);
    };
    let body = json!({
        "active": true, "scope": grant.scopes.0.join(" "), "client_id": client, "sub": grant.user_id, "prt_id": organization,
        "iat": token.issued_at.as_second(), "exp": token.expires_at.as_second()
    });
    Ok(Some(serde_json::to_vec(&body).map_err(Error::internal)?.into()))
}

//! Takes a token back (RFC 7009). `POST /connect/revocation`

use context::Kind;
use http::Method;
use web::{Access, Operation, Reply, Request, Response, Shape};

use super::client_authentication::authenticate;
use super::form::{Parameters, Unreadable};
use super::grants;
use super::refusal::{Refusal, Told, no_store, settle};
use crate::Identity;

pub(super) fn operation() -> Operation {
    Operation::identity(Method::POST, "/connect/revocation", "Revocation_Post")
        .summary("Revokes a refresh token with its family, or an access token.")
        .access(Access::Anonymous)
        .body_limit(64 << 10)
        .takes_form()
        .answers(200, Shape::Nothing)
        .handler(|cx| async move { settle(handle(&cx).await) })
}

async fn handle(cx: &Request) -> Result<Response, Refusal> {
    let identity = cx.state::<Identity>()?;
    let parameters = Parameters::of_form(cx).map_err(unreadable)?;
    let authenticated = authenticate(&identity, cx, &parameters).await?;
    let token = parameters.get("token").ok_or(Told::new("invalid_request"))?.to_owned();
    if !matches!(
        parameters.get("token_type_hint"),
        None | Some("access_token" | "refresh_token")
    ) {
        return Err(Told::new("unsupported_token_type").into());
    }
    let client = authenticated.client.id;
    if token.contains('.') {
        let verified = identity
            .access_token(&cx.app.settings().origins, &token, cx.ctx.now)
            .await?;
        if let Some(access) = verified.filter(|access| access.client == client) {
            let (jti, until) = (access.jti.clone(), access.expires_at);
            let denied = jti.clone();
            identity.store.write(move |tx| grants::deny(tx, &denied, until)).await?;
            identity.denied.add(&jti, until);
        }
    } else {
        let (ctx, hash) = (cx.ctx.clone(), vault::hash_secret(&token));
        let revoked = identity
            .store
            .write(move |tx| grants::revoke_by_refresh_token(tx, &ctx, hash, client))
            .await?;
        if let Some(grant) = revoked {
            identity.deny_here(&grant.simple().to_string());
        }
    }
    // Unknown tokens and those of others get the same answer (RFC 7009 section 2.2).
    Ok(no_store(Reply::ok()).empty()?)
}

pub(super) fn unreadable(unreadable: Unreadable) -> Refusal {
    match unreadable {
        Unreadable::MediaType => context::Error::of(Kind::UnsupportedMediaType, "The body must be a form.").into(),
        Unreadable::Repeated => Told::because("invalid_request", "A parameter is given twice.").into(),
    }
}

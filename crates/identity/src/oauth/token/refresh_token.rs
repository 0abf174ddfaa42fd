//! A refresh token is exchanged for new tokens, the next refresh token among them (RFC 6749 section 6, RFC 9700
//! section 4.14).

use std::sync::Arc;

use web::Response;

use super::Asked;
use super::response;
use crate::oauth::grants;
use crate::oauth::refusal::{Refusal, Told};
use crate::oauth::scope_names;

pub(super) async fn grant(asked: &Asked<'_>) -> Result<Response, Refusal> {
    let token = asked
        .parameters
        .get("refresh_token")
        .ok_or(Told::new("invalid_request"))?;
    let hash = vault::hash_secret(token);
    let wanted: Option<Vec<String>> = match asked.parameters.get("scope") {
        None => None,
        Some(text) => {
            let names = scope_names(text).ok_or(Told::new("invalid_scope"))?;
            Some(names.into_iter().map(str::to_owned).collect())
        }
    };
    let (ctx, client) = (asked.cx.ctx.clone(), Arc::clone(&asked.authenticated.client));
    let redeemed = asked
        .identity
        .store
        .write(move |tx| grants::refresh(tx, &ctx, hash, &client, wanted.as_deref()))
        .await?;
    response::of_grant(asked, redeemed).await
}

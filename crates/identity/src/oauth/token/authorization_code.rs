//! A code becomes tokens, once (RFC 6749 section 4.1.3, RFC 7636).

use web::Response;

use super::Asked;
use super::response;
use crate::oauth::grants::{self, Redemption};
use crate::oauth::refusal::{Refusal, Told};

pub(super) async fn grant(asked: &Asked<'_>) -> Result<Response, Refusal> {
    let code = asked.parameters.get("code").ok_or(Told::new("invalid_grant"))?;
    let redirect_uri = asked
        .parameters
        .get("redirect_uri")
        .ok_or(Told::new("unauthorized_client"))?;
    let redemption = Redemption {
        hash: vault::hash_secret(code),
        client: asked.authenticated.client.id,
        redirect_uri: redirect_uri.to_owned(),
        verifier: asked.parameters.get("code_verifier").map(str::to_owned),
    };
    let ctx = asked.cx.ctx.clone();
    let redeemed = asked
        .identity
        .store
        .write(move |tx| grants::redeem(tx, &ctx, &redemption))
        .await?;
    response::of_grant(asked, redeemed).await
}

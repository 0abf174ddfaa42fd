//! Sign-out at the wish of a client (OpenID Connect RP-Initiated Logout). `GET` and `POST /connect/endsession`
//!
//! Only an ID token that we signed for the client signs out without a question; everything else could come from any page.

use context::Error;
use http::{Method, header};
use jose::Expect;
use maud::html;
use serde_json::Value;
use uuid::Uuid;
use web::{Access, Operation, Reply, Request, Response, Shape, page as form_page, reply};

use super::authorize::{self, INTERACTIVE};
use super::client_authentication::read_id;
use super::form::Parameters;
use crate::Identity;
use crate::clients::Registered;

pub(super) fn operations() -> Vec<Operation> {
    let declare = |method: Method, path: &'static str, id: &'static str| {
        let mut operation = Operation::identity(method, path, id);
        operation.tag = INTERACTIVE;
        operation
            .summary("Ends the user's session.")
            .access(Access::Anonymous)
            .answers(302, Shape::Nothing)
    };
    vec![
        declare(Method::GET, "/connect/endsession", "EndSession_Get").handler(handle),
        declare(Method::POST, "/connect/endsession", "EndSession_Post").handler(handle),
        declare(Method::POST, "/connect/endsession/confirm", "EndSession_Confirm").handler(confirm),
    ]
}

/// What a good hint says.
struct Hint {
    client: Uuid,
    organization: Uuid,
    session: Option<Uuid>,
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let parameters = if cx.parts.method == Method::POST {
        cx.form()
    } else {
        cx.query.clone()
    };
    let Ok(parameters) = Parameters::unique(parameters) else {
        return authorize::error_page(&cx, "invalid_request", "A parameter is given twice");
    };
    let identity = cx.state::<Identity>()?;
    let hint = match parameters.get("id_token_hint") {
        Some(token) => read_hint(&identity, &cx, token).await?,
        None => None,
    };
    let Some(hint) = hint else {
        return question(&identity, &cx).await;
    };
    if parameters
        .get("client_id")
        .is_some_and(|given| read_id(given) != Some(hint.client))
    {
        return authorize::error_page(&cx, "invalid_request", "The token belongs to another application");
    }
    end(&identity, &cx, &hint).await?;
    let client = identity.clients.get(hint.client).await?;
    let wanted = parameters.get("post_logout_redirect_uri");
    let location = wanted
        .zip(client)
        .filter(|(uri, client)| leads_back(client, uri))
        .map(|(uri, _)| uri);
    let location = match (location, parameters.get("state")) {
        (Some(uri), state) => accounts::sign_in::with_query(uri, "state", state),
        (None, _) => format!("{}/web/signed-out", authorize::authority(&cx)),
    };
    let mut response = if cx.parts.method == Method::GET {
        reply::found(&location)?
    } else {
        reply::see_other(&location)?
    };
    reply::set_header(
        &mut response,
        header::SET_COOKIE,
        &accounts::sessions::clear_session(&cx.origin),
    );
    Ok(response)
}

/// Registered redirect addresses are where sign-out may lead (reference: identity 1.4).
fn leads_back(client: &Registered, uri: &str) -> bool {
    client.enabled && client.redirects_to(uri)
}

async fn read_hint(identity: &Identity, cx: &Request, token: &str) -> Result<Option<Hint>, Error> {
    let ring = identity.rings.get().await?;
    let issuer = jose::Jws::parse(token, jose::TOKEN_BYTES)
        .ok()
        .and_then(|jws| jws.unverified_claims().ok());
    let issuer = issuer
        .as_ref()
        .and_then(|claims| claims.get("iss"))
        .and_then(Value::as_str);
    let Some(issuer) = issuer.filter(|issuer| crate::is_our_issuer(&cx.app.settings().origins, issuer)) else {
        return Ok(None);
    };
    let Ok(verified) = ring.keys.verify(token, &Expect::new(issuer, cx.ctx.now).even_expired()) else {
        return Ok(None);
    };
    // An access token says for whom it was issued; only an ID token says who is signed in where.
    if verified.claims.contains_key("client_id") || !verified.header.is_type("JWT") {
        return Ok(None);
    }
    let guid = |name: &str| verified.text(name).and_then(read_id);
    Ok(guid("aud").zip(guid("prt_id")).map(|(client, organization)| Hint {
        client,
        organization,
        session: guid("sid"),
    }))
}

/// Ends the session the hint was issued in. Refresh tokens of that session end with it.
async fn end(identity: &Identity, cx: &Request, hint: &Hint) -> Result<(), Error> {
    let Some(session) = hint.session else { return Ok(()) };
    if let Some(current) = identity.accounts.session(cx).await?
        && current.id == session
    {
        let ctx = cx.ctx.clone();
        return identity
            .store
            .write(move |tx| accounts::sign_in::service::sign_out(tx, &ctx, &current, false))
            .await;
    }
    let (ctx, organization) = (cx.ctx.clone(), hint.organization);
    let reason = accounts::sessions::EndReason::SignedOut;
    let ended = move |tx: &mut store::Tx| {
        accounts::sessions::service::end(&mut tx.organization(organization), &ctx, session, reason).map(|_| ())
    };
    identity.store.write(ended).await
}

/// "Do you want to sign out?"
async fn question(identity: &Identity, cx: &Request) -> Result<Response, Error> {
    let authority = authorize::authority(cx);
    let Some(session) = identity.accounts.session(cx).await? else {
        return reply::see_other(&format!("{authority}/web/signed-out"));
    };
    let action = format!("{authority}/connect/endsession/confirm");
    let content = html! {
        p.lead { "Do you want to sign out?" }
        (ui::form(&session.csrf, &action, html! {
            p.actions { (ui::button("Sign out").primary()) (ui::link_button("Stay signed in", "/console")) }
        }))
    };
    Reply::ok()
        .header("cache-control", "no-store")
        .html(ui::plain_page("Sign out", content))
}

async fn confirm(cx: Request) -> Result<Response, Error> {
    let identity = cx.state::<Identity>()?;
    let signed_out = format!("{}/web/signed-out", authorize::authority(&cx));
    let Some(session) = identity.accounts.session(&cx).await? else {
        return reply::see_other(&signed_out);
    };
    if !jose::constant_time_equal(form_page::field(&cx.form(), "_csrf"), &*session.csrf) {
        return authorize::error_page(&cx, "invalid_request", "This form is out of date");
    }
    let ctx = cx.ctx.clone();
    identity
        .store
        .write(move |tx| accounts::sign_in::service::sign_out(tx, &ctx, &session, false))
        .await?;
    let mut response = reply::see_other(&signed_out)?;
    reply::set_header(
        &mut response,
        header::SET_COOKIE,
        &accounts::sessions::clear_session(&cx.origin),
    );
    Ok(response)
}

//! The authorize endpoint (RFC 6749 section 4.1.1). `GET` and `POST /connect/authorize`, resumed at
//! `/connect/authorize/callback` after sign-in.

use std::sync::Arc;

use accounts::SessionState;
use context::Error;
use http::Method;
use web::{Access, IdentityPath, Operation, Reply, Request, Response, Shape, reply};

use super::authorize_request::{self, AFTER, AuthorizeRequest, Fault};
use super::consent;
use super::delivery;
use super::form::{Parameters, Unreadable};
use super::grants::{self, Allowed};
use crate::Identity;

/// Browsers come here; scripts of other origins do not.
pub(super) const INTERACTIVE: &str = "Interactive";

pub(super) fn operations() -> Vec<Operation> {
    let declare = |method: Method, path: &'static str, id: &'static str| {
        let mut operation = Operation::identity(method, path, id);
        operation.tag = INTERACTIVE;
        operation
            .summary("Asks the user for an authorization code.")
            .access(Access::Anonymous)
            .answers(302, Shape::Nothing)
            .handler(handle)
    };
    vec![
        declare(Method::GET, "/connect/authorize", "Authorize_Get"),
        declare(Method::POST, "/connect/authorize", "Authorize_Post"),
        declare(Method::GET, "/connect/authorize/callback", "Authorize_Callback"),
        Operation::identity(Method::GET, delivery::SCRIPT_PATH, "Authorize_FormPostScript")
            .summary("Sends the form of an authorization response.")
            .access(Access::Anonymous)
            .answers(200, Shape::Media("text/javascript"))
            .handler(delivery::script),
    ]
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let parameters = if cx.parts.method == Method::POST {
        Parameters::of_form(&cx)
    } else {
        Parameters::unique(cx.query.clone())
    };
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(Unreadable::Repeated) => return error_page(&cx, "invalid_request", "A parameter is given twice"),
        Err(Unreadable::MediaType) => return error_page(&cx, "invalid_request", "The request is not a form"),
    };
    if cx.parts.method == Method::POST {
        // Browsers send the session cookie along with a link from elsewhere, not with a form.
        let query = parameters.to_query(&[]);
        return reply::see_other(&format!("{}/connect/authorize/callback?{query}", cx.layout.base));
    }
    let identity = cx.state::<Identity>()?;
    match authorize_request::read(&identity, &cx, &parameters).await {
        Ok(request) => answer(&identity, &cx, &parameters, &request).await,
        Err(fault) => tell(&cx, fault),
    }
}

async fn answer(
    identity: &Identity,
    cx: &Request,
    parameters: &Parameters,
    request: &AuthorizeRequest,
) -> Result<Response, Error> {
    let session = identity
        .accounts
        .session(cx)
        .await?
        .filter(|session| !session.must_change_password);
    let Some(session) = session.filter(|session| is_recent(cx, request, session)) else {
        return if request.prompt.none {
            request.target.refuse(cx, "login_required", "The user must sign in")
        } else {
            to_sign_in(cx, parameters, request)
        };
    };
    if let Some(organization) = request.organization
        && organization != session.organization
    {
        return error_page(
            cx,
            "access_denied",
            "You are not a member of the organization of this application",
        );
    }
    if consent::is_needed(identity, request, &session).await? {
        return if request.prompt.none {
            request.target.refuse(cx, "consent_required", "The user must agree")
        } else {
            consent::page(identity, cx, parameters, request, &session).await
        };
    }
    issue(identity, cx, request, &session, request.scopes.clone()).await
}

/// Whether the sign-in is as fresh as the request demands.
fn is_recent(cx: &Request, request: &AuthorizeRequest, session: &SessionState) -> bool {
    if let Some(after) = request.after {
        return session.authenticated_at.as_second() >= after;
    }
    let age = cx.ctx.now.duration_since(session.authenticated_at);
    !request.prompt.login && request.max_age.is_none_or(|most| age <= most)
}

/// Starts a grant and hands its code to the client.
pub(super) async fn issue(
    identity: &Identity,
    cx: &Request,
    request: &AuthorizeRequest,
    session: &Arc<SessionState>,
    scopes: Vec<String>,
) -> Result<Response, Error> {
    let scope = scopes.join(" ");
    let allowed = Allowed {
        organization: session.organization,
        client: request.client.id,
        user: session.user,
        session: Some(session.id),
        scopes,
        authenticated_at: session.authenticated_at,
        redirect_uri: request.target.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        code_lifetime: identity.options.code_lifetime,
    };
    let ctx = cx.ctx.clone();
    let code = identity
        .store
        .write(move |tx| grants::start(tx, &ctx, &allowed))
        .await?;
    match code {
        Some(code) => request.target.deliver(cx, &[("code", &code), ("scope", &scope)]),
        None => request.target.refuse(cx, "access_denied", "The account is not active"),
    }
}

/// Sign-in, which leads back to the callback with the whole request.
fn to_sign_in(cx: &Request, parameters: &Parameters, request: &AuthorizeRequest) -> Result<Response, Error> {
    let authority = authority(cx);
    let mut query = parameters.to_query(&["prompt", "max_age", AFTER]);
    if request.prompt.consent {
        query.push_str("&prompt=consent");
    }
    let again = request.prompt.login || request.max_age.is_some() || request.after.is_some();
    let mut location = String::new();
    if again {
        let after = request.after.unwrap_or_else(|| cx.ctx.now.as_second());
        query = format!("{query}&{AFTER}={after}");
        location.push_str("&prompt=login");
    }
    if let Some(organization) = request.organization {
        location = format!("{location}&organization={organization}");
    }
    let back = format!("{authority}/connect/authorize/callback?{query}");
    let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    let location = format!("{authority}/web/login?returnUrl={back}{location}");
    if cx.parts.method == Method::GET {
        reply::found(&location)
    } else {
        reply::see_other(&location)
    }
}

/// The path of the authority addressed, never below an organization.
pub(super) fn authority(cx: &Request) -> &'static str {
    let path: IdentityPath = cx.layout.identity;
    path.path()
}

pub(super) fn tell(cx: &Request, fault: Fault) -> Result<Response, Error> {
    match fault {
        Fault::Page { error, description } => error_page(cx, error, &description),
        Fault::Client {
            target,
            error,
            description,
        } => target.refuse(cx, error, &description),
        Fault::Ours(error) => Err(error),
    }
}

/// An error that must not leave this server: the address it would go to is not proved good.
pub(super) fn error_page(cx: &Request, error: &str, description: &str) -> Result<Response, Error> {
    let message = format!("{description} ({error}).");
    Reply::new(400)
        .header("cache-control", "no-store")
        .html(ui::error_page(400, &message, &cx.ctx.trace))
}

//! Asking the user (reference: identity 2.9): when the client or the organization wants it. The answer is remembered
//! per user and client. `POST /connect/consent`

use std::sync::Arc;

use accounts::SessionState;
use context::{Error, codes};
use http::Method;
use maud::html;
use web::{Access, Operation, Reply, Request, Response, Shape, page as form_page};

use super::authorize::{self, INTERACTIVE};
use super::authorize_request::{self, AuthorizeRequest};
use super::form::{Parameters, Unreadable};
use super::grants;
use crate::Identity;
use crate::clients::{is_loopback_or_private, origin_of};
use crate::scopes::{OPENID, catalogue};

pub(super) fn operation() -> Operation {
    let mut operation = Operation::identity(Method::POST, "/connect/consent", "Consent_Post");
    operation.tag = INTERACTIVE;
    operation
        .summary("Takes the user's answer to a consent page.")
        .access(Access::Anonymous)
        .takes_form()
        .answers(303, Shape::Nothing)
        .handler(handle)
}

/// Whether the user must be asked.
pub(super) async fn is_needed(
    identity: &Identity,
    request: &AuthorizeRequest,
    session: &SessionState,
) -> Result<bool, Error> {
    if request.prompt.consent {
        return Ok(true);
    }
    let organization = identity.accounts.organization_by_id(session.organization).await?;
    let wanted = organization.is_some_and(|organization| organization.settings.consent_for_non_confidential);
    if !wanted || request.client.confidential || request.client.first_party {
        return Ok(false);
    }
    let (organization, user, client) = (session.organization, session.user, request.client.id);
    let given = identity
        .store
        .read(move |tx| grants::consented(&mut tx.organization(organization), user, client))
        .await?;
    Ok(request.scopes.iter().any(|scope| !given.contains(scope)))
}

/// The question: who asks, where the answer goes, what is asked for.
pub(super) async fn page(
    identity: &Identity,
    cx: &Request,
    parameters: &Parameters,
    request: &AuthorizeRequest,
    session: &SessionState,
) -> Result<Response, Error> {
    let owner = match request.client.organization {
        Some(id) => identity
            .accounts
            .organization_by_id(id)
            .await?
            .map(|organization| organization.name.clone()),
        None => None,
    };
    let uri = &request.target.redirect_uri;
    let place = origin_of(uri).unwrap_or_else(|| uri.split(':').next().unwrap_or_default().to_owned());
    let action = format!("{}/connect/consent", authorize::authority(cx));
    let content = html! {
        p.lead { b { (request.client.name) } " asks for access with your account." }
        @if let Some(owner) = owner { p { "Registered by the organization " b { (owner) } "." } }
        p { "You will be sent back to " code { (place) } "." }
        @if is_loopback_or_private(uri) { p.muted { "This is a program on your own machine." } }
        (ui::form(&session.csrf, &action, html! {
            input type="hidden" name="request" value=(parameters.to_query(&[]));
            fieldset.stack {
                legend { "What it may do" }
                @for name in &request.scopes {
                    @let scope = catalogue().find(name);
                    @let required = name == OPENID;
                    label.check {
                        input type="checkbox" name="scope" value=(name) checked disabled[required];
                        span { b { (scope.map_or(name.as_str(), |scope| scope.display_name.as_str())) } " " code { (name) }
                            @if let Some(scope) = scope { br; (scope.description) } }
                    }
                    @if required { input type="hidden" name="scope" value=(name); }
                }
            }
            p.actions {
                (ui::button("Allow").primary().name("decision", "allow"))
                (ui::button("Deny").name("decision", "deny"))
            }
        }))
    };
    Reply::ok()
        .header("cache-control", "no-store")
        .html(ui::plain_page("Allow access?", content))
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let identity = cx.state::<Identity>()?;
    let session = identity
        .accounts
        .session(&cx)
        .await?
        .filter(|session| !session.must_change_password);
    let form = cx.form();
    let Some(session) = session else {
        return authorize::error_page(&cx, "login_required", "You are not signed in any more");
    };
    if !jose::constant_time_equal(form_page::field(&form, "_csrf"), &*session.csrf) {
        return authorize::error_page(
            &cx,
            "invalid_request",
            "This form is out of date. Start again at the application",
        );
    }
    let query = form_urlencoded::parse(form_page::field(&form, "request").as_bytes())
        .into_owned()
        .collect();
    let parameters = match Parameters::unique(query) {
        Ok(parameters) => parameters,
        Err(Unreadable::Repeated | Unreadable::MediaType) => {
            return authorize::error_page(&cx, "invalid_request", "A parameter is given twice");
        }
    };
    match authorize_request::read(&identity, &cx, &parameters).await {
        Ok(request) => decide(&identity, &cx, &request, &session, &form).await,
        Err(fault) => authorize::tell(&cx, fault),
    }
}

async fn decide(
    identity: &Identity,
    cx: &Request,
    request: &AuthorizeRequest,
    session: &Arc<SessionState>,
    form: &[(String, String)],
) -> Result<Response, Error> {
    if request
        .organization
        .is_some_and(|organization| organization != session.organization)
    {
        return authorize::error_page(
            cx,
            "access_denied",
            "You are not a member of the organization of this application",
        );
    }
    match form_page::field(form, "decision") {
        "allow" => {}
        "deny" => return request.target.refuse(cx, "access_denied", "The user did not agree"),
        _ => {
            return Err(Error::invalid(
                codes::INVALID_REQUEST,
                "The answer is neither yes nor no.",
            ));
        }
    }
    let mut scopes: Vec<String> = Vec::new();
    for name in form_page::fields(form, "scope") {
        if !request.scopes.iter().any(|asked| asked == name) {
            return Err(Error::invalid(
                codes::INVALID_REQUEST,
                "A scope was added that the application did not ask for.",
            ));
        }
        if !scopes.iter().any(|known| known == name) {
            scopes.push(name.to_owned());
        }
    }
    let asked_for_identity = request.scopes.iter().any(|name| name == OPENID);
    if scopes.is_empty() || (asked_for_identity && !scopes.iter().any(|name| name == OPENID)) {
        return request.target.refuse(cx, "access_denied", "The user did not agree");
    }
    let (ctx, organization, user, client, given) = (
        cx.ctx.clone(),
        session.organization,
        session.user,
        request.client.id,
        scopes.clone(),
    );
    let remember = move |tx: &mut store::Tx| {
        grants::remember_consent(&mut tx.organization(organization), &ctx, user, client, &given)
    };
    identity.store.write(remember).await?;
    authorize::issue(identity, cx, request, session, scopes).await
}

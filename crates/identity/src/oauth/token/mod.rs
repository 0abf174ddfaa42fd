//! The token endpoint (RFC 6749 section 3.2). `POST /connect/token`

mod authorization_code;
mod client_credentials;
mod refresh_token;
mod response;

use http::Method;
use web::{Access, Operation, Request, Response, Shape};

use super::client_authentication::{Authenticated, authenticate};
use super::form::{Parameters, Unreadable};
use super::refusal::{Refusal, Told, settle};
use crate::Identity;

pub(super) fn operation() -> Operation {
    Operation::identity(Method::POST, "/connect/token", "Token_Post")
        .summary("Issues tokens: client_credentials, authorization_code, refresh_token.")
        .access(Access::Anonymous)
        .body_limit(64 << 10)
        .takes_form()
        .answers(
            200,
            Shape::Json {
                name: "TokenResponse",
                schema: response::schema(),
            },
        )
        .handler(|cx| async move { settle(handle(&cx).await) })
}

/// What a grant works with.
struct Asked<'a> {
    identity: &'a Identity,
    cx: &'a Request,
    parameters: &'a Parameters,
    authenticated: &'a Authenticated,
}

async fn handle(cx: &Request) -> Result<Response, Refusal> {
    let identity = cx.state::<Identity>()?;
    let parameters = Parameters::of_form(cx).map_err(|unreadable| match unreadable {
        Unreadable::MediaType => {
            Told::because("invalid_request", "The body must be application/x-www-form-urlencoded.")
        }
        Unreadable::Repeated => Told::because("invalid_request", "A parameter is given twice."),
    })?;
    let authenticated = authenticate(&identity, cx, &parameters).await?;
    let asked = Asked {
        identity: &identity,
        cx,
        parameters: &parameters,
        authenticated: &authenticated,
    };
    let is_machine = authenticated.client.machine.is_some();
    let (grant, outcome) = match parameters.get("grant_type") {
        Some("client_credentials") => ("client_credentials", client_credentials::grant(&asked).await),
        Some("authorization_code" | "refresh_token") if is_machine => {
            ("other", Err(Told::new("unauthorized_client").into()))
        }
        Some("authorization_code") => ("authorization_code", authorization_code::grant(&asked).await),
        Some("refresh_token") => ("refresh_token", refresh_token::grant(&asked).await),
        Some("password") => ("password", Err(Told::new("unauthorized_client").into())),
        _ => ("unknown", Err(Told::new("unsupported_grant_type").into())),
    };
    let error = match &outcome {
        Err(Refusal::Told(told)) => Some(told.error),
        _ => None,
    };
    if !matches!(outcome, Err(Refusal::Fault(_))) {
        identity.note_login(&cx.ctx, &authenticated.client, authenticated.secret, grant, error);
    }
    outcome
}

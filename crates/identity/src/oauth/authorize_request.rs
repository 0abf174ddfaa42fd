//! What an authorize request asks for, and everything that can be wrong with it (reference: identity 2.4).
//!
//! As long as client and redirect address are not proved good, a fault is shown on a page here; afterwards it is sent to
//! the client.

use std::sync::Arc;

use context::Error;
use jiff::SignedDuration;
use uuid::Uuid;
use web::Request;

use super::client_authentication::read_id;
use super::delivery::{Mode, Target};
use super::form::Parameters;
use super::scope_names;
use crate::Identity;
use crate::clients::Registered;
use crate::scopes::{DEFAULT, Kind, OFFLINE_ACCESS, OPENID, is_identity_scope};

/// Parameter of our own: sign in again, later than this (seconds since 1970). It replaces `prompt=login` and `max_age`
/// on the way back from sign-in, which would else ask for another sign-in for ever.
pub(super) const AFTER: &str = "signed_in_after";

const LONGEST_STATE: usize = 8000;
const LONGEST_NONCE: usize = 300;
const LONGEST_HINT: usize = 1000;

/// A request that is in order.
#[derive(Debug)]
pub(super) struct AuthorizeRequest {
    pub client: Arc<Registered>,
    pub target: Target,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    pub prompt: Prompt,
    pub max_age: Option<SignedDuration>,
    /// The sign-in must be later than this, seconds.
    pub after: Option<i64>,
    /// The organization whose members may come; `None`: whichever the session is in.
    pub organization: Option<Uuid>,
}

/// `prompt` (OpenID Connect Core section 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
}

/// A request that is not.
#[derive(Debug)]
pub(super) enum Fault {
    /// Shown here.
    Page {
        error: &'static str,
        description: String,
    },
    /// Told to the client.
    Client {
        target: Box<Target>,
        error: &'static str,
        description: String,
    },
    Ours(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn page(error: &'static str, description: &str) -> Fault {
    Fault::Page {
        error,
        description: description.to_owned(),
    }
}

/// Reads and checks the parameters.
pub(super) async fn read(
    identity: &Identity,
    cx: &Request,
    parameters: &Parameters,
) -> Result<AuthorizeRequest, Fault> {
    let id = parameters
        .get("client_id")
        .ok_or_else(|| page("invalid_request", "Invalid client_id"))?;
    let client = match read_id(id) {
        Some(id) => identity.clients.get(id).await?,
        None => None,
    };
    let unknown = || page("unauthorized_client", "Unknown client or client not enabled");
    let client = client.filter(|client| client.enabled).ok_or_else(unknown)?;
    let redirect_uri = parameters.get("redirect_uri").filter(|uri| client.redirects_to(uri));
    let redirect_uri = redirect_uri.ok_or_else(|| page("invalid_request", "Invalid redirect_uri"))?;
    let organization = resolve(identity, cx, parameters, &client).await?;

    let mode = match parameters.get("response_mode") {
        None | Some("query") => Some(Mode::Query),
        Some("form_post") => Some(Mode::FormPost),
        Some(_) => None,
    };
    let state = parameters
        .get("state")
        .filter(|state| state.len() <= LONGEST_STATE)
        .map(str::to_owned);
    let target = Target {
        redirect_uri: redirect_uri.to_owned(),
        state,
        mode: mode.unwrap_or(Mode::Query),
        issuer: crate::issuer(cx),
    };
    let wrong = |error, description: &str| Fault::Client {
        target: Box::new(target.clone()),
        error,
        description: description.to_owned(),
    };
    if mode.is_none() {
        return Err(wrong("invalid_request", "Invalid response_mode"));
    }
    if parameters.get("state").is_some_and(|state| state.len() > LONGEST_STATE) {
        return Err(wrong("invalid_request", "The state is too long"));
    }
    match parameters.get("response_type") {
        Some("code") => {}
        None => return Err(wrong("invalid_request", "Missing response_type")),
        Some(_) => return Err(wrong("unsupported_response_type", "Response type not supported")),
    }
    if parameters.get("request").is_some() {
        return Err(wrong("request_not_supported", "Request objects are not supported"));
    }
    if parameters.get("request_uri").is_some() {
        return Err(wrong("request_uri_not_supported", "Request objects are not supported"));
    }
    let challenge =
        challenge(parameters, client.confidential).map_err(|description| wrong("invalid_request", description))?;
    let nonce = parameters.get("nonce").map(str::to_owned);
    if nonce
        .as_ref()
        .is_some_and(|nonce| nonce.chars().count() > LONGEST_NONCE)
    {
        return Err(wrong("invalid_request", "Invalid nonce"));
    }
    for hint in ["login_hint", "acr_values", "ui_locales", "display"] {
        if parameters.get(hint).is_some_and(|value| value.len() > LONGEST_HINT) {
            return Err(wrong("invalid_request", "A parameter is too long"));
        }
    }
    let prompt = prompt(parameters.get("prompt").unwrap_or_default())
        .ok_or_else(|| wrong("invalid_request", "Invalid prompt"))?;
    let seconds = |name: &str| match parameters.get(name) {
        None => Ok(None),
        Some(text) => match text.parse::<i64>() {
            Ok(seconds) if seconds >= 0 => Ok(Some(seconds)),
            _ => Err(wrong("invalid_request", "Invalid max_age")),
        },
    };
    let max_age = seconds("max_age")?.map(SignedDuration::from_secs);
    let after = seconds(AFTER)?;
    let scopes = scopes(parameters.get("scope"), &client).map_err(|description| wrong("invalid_scope", description))?;
    Ok(AuthorizeRequest {
        client,
        target,
        scopes,
        challenge,
        nonce,
        prompt,
        max_age,
        after,
        organization,
    })
}

/// The organization: of the client, else of `acr_values`, else of the address. Two that disagree are an error.
async fn resolve(
    identity: &Identity,
    cx: &Request,
    parameters: &Parameters,
    client: &Registered,
) -> Result<Option<Uuid>, Fault> {
    let mut found = client.organization;
    let mut names: Vec<String> = Vec::new();
    for value in parameters.get("acr_values").unwrap_or_default().split(' ') {
        let named = value
            .strip_prefix("tenant:")
            .or_else(|| value.strip_prefix("tenantName:"));
        names.extend(named.map(str::to_owned));
    }
    names.extend(cx.layout.organization.clone());
    for name in names {
        let named = identity
            .accounts
            .organization(&name)
            .await?
            .filter(|organization| organization.is_active);
        let Some(named) = named else {
            return Err(page("invalid_request", "Unknown organization"));
        };
        if found.is_some_and(|found| found != named.id) {
            return Err(page(
                "invalid_request",
                "The application does not belong to this organization",
            ));
        }
        found = Some(named.id);
    }
    if let Some(id) = client.organization
        && !identity
            .accounts
            .organization_by_id(id)
            .await?
            .is_some_and(|organization| organization.is_active)
    {
        return Err(page("unauthorized_client", "Unknown client or client not enabled"));
    }
    Ok(found)
}

fn challenge(parameters: &Parameters, confidential: bool) -> Result<Option<String>, &'static str> {
    let Some(challenge) = parameters.get("code_challenge") else {
        return if confidential {
            Ok(None)
        } else {
            Err("code challenge required")
        };
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err("Transform algorithm not supported");
    }
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&challenge.len()) || !challenge.bytes().all(alphabet) {
        return Err("Invalid code_challenge");
    }
    Ok(Some(challenge.to_owned()))
}

fn prompt(text: &str) -> Option<Prompt> {
    let mut prompt = Prompt::default();
    let mut others = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return None,
        }
        others += usize::from(word != "none");
    }
    (!prompt.none || others == 0).then_some(prompt)
}

/// The scopes that will be granted. A first-party client may ask for scopes of services that are not here: they are
/// dropped (reference: identity 2.12).
fn scopes(text: Option<&str>, client: &Registered) -> Result<Vec<String>, &'static str> {
    let names = text
        .and_then(scope_names)
        .filter(|names| !names.is_empty())
        .ok_or("Invalid scope")?;
    let mut granted = Vec::new();
    for name in names.iter().copied() {
        let known = match name {
            OFFLINE_ACCESS | DEFAULT => true,
            _ if is_identity_scope(name) => !client.confidential,
            _ => client.has_scope(Kind::User, name),
        };
        if known {
            granted.push(name.to_owned());
        } else if !client.first_party {
            return Err("Invalid scope");
        }
    }
    let asks_identity = granted.iter().any(|name| is_identity_scope(name));
    if asks_identity && !granted.iter().any(|name| name == OPENID) {
        return Err("Identity scopes requested, but openid scope is missing");
    }
    if granted.iter().all(|name| name == OFFLINE_ACCESS) {
        return Err("Invalid scope");
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters::unique(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
        .unwrap()
    }

    #[test]
    fn public_clients_must_send_an_s256_challenge() {
        let good = "a".repeat(43);
        let check = |pairs: &[(&str, &str)], confidential, expected: Result<bool, &str>| {
            assert_eq!(
                challenge(&parameters(pairs), confidential).map(|found| found.is_some()),
                expected
            );
        };
        check(&[], false, Err("code challenge required"));
        check(&[], true, Ok(false));
        check(
            &[("code_challenge", &good), ("code_challenge_method", "S256")],
            false,
            Ok(true),
        );
        check(
            &[("code_challenge", &good), ("code_challenge_method", "plain")],
            false,
            Err("Transform algorithm not supported"),
        );
        check(
            &[("code_challenge", &good)],
            true,
            Err("Transform algorithm not supported"),
        );
        check(
            &[("code_challenge", "short"), ("code_challenge_method", "S256")],
            false,
            Err("Invalid code_challenge"),
        );
        let long = "a".repeat(129);
        check(
            &[("code_challenge", &long), ("code_challenge_method", "S256")],
            false,
            Err("Invalid code_challenge"),
        );
    }

    #[test]
    fn prompts_combine_except_none() {
        assert_eq!(
            prompt("login consent"),
            Some(Prompt {
                none: false,
                login: true,
                consent: true
            })
        );
        assert_eq!(
            prompt("none"),
            Some(Prompt {
                none: true,
                ..Prompt::default()
            })
        );
        assert_eq!(prompt("none login"), None);
        assert_eq!(prompt("dance"), None);
    }
}

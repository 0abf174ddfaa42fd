//! Who the client is: HTTP Basic, form fields, or a signed assertion (RFC 6749 section 2.3, RFC 7523).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use context::{Ctx, Error};
use percent_encoding::percent_decode_str;
use uuid::Uuid;
use web::Request;

use super::form::Parameters;
use super::grants;
use super::refusal::{Refusal, Told};
use crate::Identity;
use crate::clients::Registered;

/// Longest client id and client secret, in characters (reference: identity 1.11).
const LONGEST: usize = 100;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that is who it says, or a public one, which cannot prove it.
#[derive(Debug, Clone)]
pub(super) struct Authenticated {
    pub client: Arc<Registered>,
    /// The secret that was used.
    pub secret: Option<i64>,
}

/// What was presented.
struct Presented {
    id: String,
    /// Forms in which the secret may have been meant.
    secrets: Vec<String>,
    assertion: Option<String>,
    basic: bool,
}

/// Authenticates the client of a token, revocation or introspection request.
///
/// # Errors
/// `invalid_client` whatever the reason: unknown, closed, wrong or expired secret, bad assertion. `invalid_request` for
/// more than one method.
pub(super) async fn authenticate(
    identity: &Identity,
    cx: &Request,
    parameters: &Parameters,
) -> Result<Authenticated, Refusal> {
    let presented = present(cx, parameters)?;
    let refused = || {
        let told = Told::new("invalid_client");
        if presented.basic { told.challenged() } else { told }
    };
    let client = match read_id(&presented.id) {
        Some(id) => identity.clients.get(id).await?,
        None => None,
    };
    let Some(client) = client else {
        // As much work as for a client that exists.
        for secret in &presented.secrets {
            std::hint::black_box(vault::verify_secret(secret, &[0; 32]));
        }
        return Err(refused().into());
    };
    let outcome = prove(identity, cx, &client, &presented).await?;
    let open = client.enabled && is_open(identity, &client).await?;
    match outcome {
        Some(secret) if open => Ok(Authenticated { client, secret }),
        _ => {
            identity.note_login(&cx.ctx, &client, None, "client", Some("invalid_client"));
            Err(refused().into())
        }
    }
}

/// `None`: not proved. Else the secret that was used, where one was.
async fn prove(
    identity: &Identity,
    cx: &Request,
    client: &Registered,
    presented: &Presented,
) -> Result<Option<Option<i64>>, Error> {
    if !client.confidential {
        // A secret from a public client proves nothing and is not looked at.
        return Ok(presented.assertion.is_none().then_some(None));
    }
    if let Some(assertion) = &presented.assertion {
        return assert(identity, &cx.ctx, client, &crate::issuer(cx), assertion)
            .await
            .map(|good| good.then_some(None));
    }
    let mut found = None;
    for secret in &presented.secrets {
        found = client.secret(secret, cx.ctx.now).or(found);
    }
    Ok(found.map(Some))
}

async fn assert(
    identity: &Identity,
    ctx: &Ctx,
    client: &Registered,
    issuer: &str,
    assertion: &str,
) -> Result<bool, Error> {
    let id = client.id.to_string();
    let Ok(assertion) = jose::verify_client_assertion(assertion, &id, issuer, &client.keys, ctx.now) else {
        return Ok(false);
    };
    let entry = format!("{id} {}", jose::base64url_encode(vault::hash_secret(&assertion.jti)));
    let until = assertion.forget_after;
    identity
        .store
        .write(move |tx| grants::use_assertion(tx, &entry, until))
        .await
}

/// Whether the organization of the client is open.
async fn is_open(identity: &Identity, client: &Registered) -> Result<bool, Error> {
    match client.organization {
        Some(id) => Ok(identity
            .accounts
            .organization_by_id(id)
            .await?
            .is_some_and(|organization| organization.is_active)),
        None => Ok(true),
    }
}

fn present(cx: &Request, parameters: &Parameters) -> Result<Presented, Told> {
    let basic = cx.header("authorization").and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then_some(rest.trim())
    });
    let (secret, assertion) = (parameters.get("client_secret"), parameters.get("client_assertion"));
    let methods = usize::from(basic.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some());
    if methods > 1 {
        return Err(Told::because(
            "invalid_request",
            "More than one method of client authentication is used.",
        ));
    }
    if let Some(basic) = basic {
        let refused = || Told::new("invalid_client").challenged();
        let text = STANDARD
            .decode(basic)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(refused)?;
        let (id, secret) = text.split_once(':').ok_or_else(refused)?;
        let id = decoded(id).unwrap_or_else(|| id.to_owned());
        if parameters.get("client_id").is_some_and(|given| given != id) {
            return Err(Told::because("invalid_request", "Two different clients are named."));
        }
        // The specification encodes both halves; many clients do not.
        let mut secrets = vec![secret.to_owned()];
        secrets.extend(decoded(secret).filter(|decoded| decoded != secret));
        return Ok(Presented {
            id,
            secrets: short(secrets),
            assertion: None,
            basic: true,
        });
    }
    if let Some(assertion) = assertion {
        if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(Told::new("invalid_client"));
        }
        let id = match parameters.get("client_id") {
            Some(id) => id.to_owned(),
            None => subject(assertion).ok_or_else(|| Told::new("invalid_client"))?,
        };
        return Ok(Presented {
            id,
            secrets: Vec::new(),
            assertion: Some(assertion.to_owned()),
            basic: false,
        });
    }
    let id = parameters.get("client_id").ok_or_else(|| Told::new("invalid_client"))?;
    let secrets = short(secret.map(str::to_owned).into_iter().collect());
    Ok(Presented {
        id: id.to_owned(),
        secrets,
        assertion: None,
        basic: false,
    })
}

/// Secrets beyond the limit are no secrets of ours.
fn short(secrets: Vec<String>) -> Vec<String> {
    secrets
        .into_iter()
        .filter(|secret| secret.chars().count() <= LONGEST)
        .collect()
}

/// Form-encoding undone, as RFC 6749 section 2.3.1 has it inside Basic.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Whose keys to look for; proved by the signature later.
fn subject(assertion: &str) -> Option<String> {
    let jws = jose::Jws::parse(assertion, jose::ASSERTION_BYTES).ok()?;
    Some(jws.unverified_claims().ok()?.get("sub")?.as_str()?.to_owned())
}

/// Client ids are GUIDs in their usual form.
pub(super) fn read_id(text: &str) -> Option<Uuid> {
    if text.len() == 36 {
        Uuid::parse_str(text).ok()
    } else {
        None
    }
}

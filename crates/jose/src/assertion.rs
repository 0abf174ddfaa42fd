//! Client authentication with a signed assertion: `private_key_jwt` (RFC 7523, OpenID Connect Core section 9).

use jiff::{SignedDuration, Timestamp};

use crate::{Error, Expect, Jws, KeySet};

/// The longest accepted assertion, in bytes.
pub const ASSERTION_BYTES: usize = 8 * 1024;

/// How far ahead `exp` may lie. It bounds how long a `jti` must be remembered.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The longest accepted `jti`, in bytes.
const JTI_BYTES: usize = 256;

/// An assertion that proved the client's key. The caller refuses it when the `jti` was used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// Unique per client; to be remembered until `forget_after`.
    pub jti: String,
    /// When the assertion is refused for its age anyway: `exp` plus the skew.
    pub forget_after: Timestamp,
}

/// Verifies an assertion of `client_id` with the client's registered keys.
///
/// `iss` and `sub` must be the client id, `aud` must be the issuer identifier of this server and nothing else (not the
/// address of an endpoint; FAPI 2.0 section 5.3.2.1), `exp` at most five minutes ahead (plus
/// 60 seconds of skew), `jti` present.
pub fn verify_client_assertion(
    assertion: &str,
    client_id: &str,
    issuer: &str,
    keys: &KeySet,
    now: Timestamp,
) -> Result<ClientAssertion, Error> {
    let expect = Expect {
        audiences: Some(&[issuer]),
        limit: ASSERTION_BYTES,
        ..Expect::new(client_id, now)
    };
    let jws = Jws::parse(assertion, expect.limit)?;
    keys.verify_signature(&jws)?;
    let verified = expect.check(jws)?;
    if verified.text("sub") != Some(client_id) {
        return Err(Error::Subject);
    }
    let sole = match verified.claims.get("aud") {
        Some(serde_json::Value::Array(values)) => values.len() == 1,
        _ => true,
    };
    if !sole {
        return Err(Error::Audience);
    }
    let skew = expect.skew.as_secs_f64();
    let expires = verified.numeric_date("exp")?.ok_or(Error::Claim("exp"))?;
    if expires > now.as_duration().as_secs_f64() + LIFETIME.as_secs_f64() + skew {
        return Err(Error::TooLongLived);
    }
    let jti = verified
        .text("jti")
        .filter(|jti| !jti.is_empty() && jti.len() <= JTI_BYTES)
        .ok_or(Error::Claim("jti"))?;
    let forget_after = Timestamp::from_second((expires + skew).ceil() as i64).map_err(|_| Error::Claim("exp"))?;
    Ok(ClientAssertion {
        jti: jti.to_owned(),
        forget_after,
    })
}

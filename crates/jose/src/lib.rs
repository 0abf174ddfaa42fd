//! JSON object signing for an OAuth 2.0 and OpenID Connect server.
//!
//! * [`SigningKey`] and [`VerifyingKey`]: RS256, PS256, ES256 and EdDSA, parsed once and kept.
//! * [`KeyRing`]: the server's own keys; signs tokens, verifies them, publishes the JWKS.
//! * [`KeySet`]: the registered keys of someone else (a client, a federated issuer).
//! * [`Jws`]: the strict parser for compact signatures; [`Expect`] and [`Verified`]: the claim checks.
//! * [`verify_client_assertion`]: `private_key_jwt` (RFC 7523).
//! * [`rotation`]: when keys are made, used and thrown away.
//!
//! The crate knows neither accounts nor storage nor HTTP, opens no connection and has no clock: callers pass `now`.

mod assertion;
mod base64url;
mod claims;
mod der;
mod digest;
mod jwk;
mod jws;
mod key;
mod key_set;
mod public_key;
mod ring;
pub mod rotation;
mod throughput;

pub use assertion::{ASSERTION_BYTES, ClientAssertion, verify_client_assertion};
pub use base64url::{decode as base64url_decode, encode as base64url_encode};
pub use claims::{Expect, Verified};
pub use digest::{constant_time_equal, left_half_hash, random_token, s256_challenge, verify_s256_challenge};
pub use jwk::{Jwk, Jwks};
pub use jws::{Header, Jws, TOKEN_BYTES};
pub use key::{Algorithm, SigningKey, VerifyingKey};
pub use key_set::KeySet;
pub use public_key::parse_public_key;
pub use ring::KeyRing;
pub use throughput::raw_signatures_per_second;

/// Why a token or a key was refused. Meant for logs and tests; what a client hears is the caller's choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than the limit.
    #[error("the token is too long")]
    TooLong,
    /// Not three segments of canonical base64url with a JSON object in the first.
    #[error("the token is malformed")]
    Malformed,
    /// `alg` is none, symmetric, unknown, or not the one of the key.
    #[error("the signature algorithm is not accepted")]
    Algorithm,
    /// `crit` demands an extension (RFC 7515 section 4.1.11); none is supported.
    #[error("the token has critical header parameters")]
    Critical,
    /// No key with that `kid`, or no `kid` where one is needed.
    #[error("the key of the token is not known")]
    UnknownKey,
    /// The signature is not the key's over these bytes.
    #[error("the signature is wrong")]
    Signature,
    /// A claim that must be there is not, or has the wrong type.
    #[error("the claim {0} is missing or malformed")]
    Claim(&'static str),
    /// `iss` is not the expected one.
    #[error("the issuer is not the expected one")]
    Issuer,
    /// `aud` names none of the expected audiences.
    #[error("the audience is not the expected one")]
    Audience,
    /// `sub` is not the expected one.
    #[error("the subject is not the expected one")]
    Subject,
    /// `exp` has passed.
    #[error("the token is expired")]
    Expired,
    /// `nbf` or `iat` lies ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `exp` lies further ahead than an assertion may.
    #[error("the assertion is valid for too long")]
    TooLongLived,
    /// The key is malformed, too small, of a kind that is not supported, or holds private members.
    #[error("the key is not accepted: {0}")]
    Key(&'static str),
    /// The claims cannot be written as a JSON object.
    #[error("the claims cannot be serialized")]
    Serialization,
    /// The cryptographic library refused to sign or to make a key.
    #[error("the cryptographic library failed")]
    Library,
}

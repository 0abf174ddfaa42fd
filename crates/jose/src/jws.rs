//! The compact form of a signature (RFC 7515 section 7.1), read strictly.

use serde::Deserialize;

use crate::{Algorithm, Error, VerifyingKey, base64url};

/// The longest token that is looked at, in bytes.
pub const TOKEN_BYTES: usize = 16 * 1024;

/// The longest accepted `kid`, in bytes. Names are only ever looked up in memory.
const KID_BYTES: usize = 128;

/// The protected header, as far as it is used. `jwk`, `jku`, `x5u` and `x5c` are ignored: a token does not bring its own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The algorithm it claims to be signed with.
    pub algorithm: Algorithm,
    /// The name of the key.
    pub kid: Option<String>,
    /// The kind of token (`at+jwt`, `JWT`, `logout+jwt`). Checked by the caller, see [`Header::is_type`].
    pub typ: Option<String>,
}

impl Header {
    /// Whether `typ` is the given media type: case does not count, and neither does the prefix `application/`
    /// (RFC 7515 section 4.1.9).
    pub fn is_type(&self, expected: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| {
            let bare = match typ.split_at_checked("application/".len()) {
                Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
                _ => typ,
            };
            bare.eq_ignore_ascii_case(expected)
        })
    }
}

/// A derived struct refuses repeated members, as RFC 7515 section 4 allows.
#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "crate::jwk::present")]
    crit: bool,
}

/// A token that was taken apart. Nothing in it is trustworthy before [`Jws::verify`].
#[derive(Debug)]
pub struct Jws<'a> {
    header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes apart a token of at most `limit` bytes: exactly three segments of canonical base64url, the first a JSON
    /// object with a supported `alg` and without `crit`.
    pub fn parse(token: &'a str, limit: usize) -> Result<Self, Error> {
        if token.len() > limit {
            return Err(Error::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Error::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Error::Malformed)?;
        // A further dot would land in the payload, where base64url has none.
        let header: RawHeader = serde_json::from_slice(&base64url::decode(header)?).map_err(|_| Error::Malformed)?;
        let algorithm = Algorithm::from_name(&header.alg).ok_or(Error::Algorithm)?;
        if header.crit {
            return Err(Error::Critical);
        }
        if header.kid.as_ref().is_some_and(|kid| kid.len() > KID_BYTES) {
            return Err(Error::UnknownKey);
        }
        Ok(Self {
            header: Header {
                algorithm,
                kid: header.kid,
                typ: header.typ,
            },
            signed,
            payload: base64url::decode(payload)?,
            signature: base64url::decode(signature)?,
        })
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims before anything is verified: only to find the keys to verify with (`iss`, `sub`).
    pub fn unverified_claims(&self) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
        serde_json::from_slice(&self.payload).map_err(|_| Error::Malformed)
    }

    /// Verifies the signature with this key.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), Error> {
        key.verify(self.header.algorithm, self.signed.as_bytes(), &self.signature)
    }

    pub(crate) fn into_parts(self) -> (Header, Vec<u8>) {
        (self.header, self.payload)
    }
}

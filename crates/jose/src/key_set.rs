//! The public keys of one party.

use serde_json::Value;

use crate::{Error, Expect, Jwk, Jwks, Jws, Verified, VerifyingKey};

/// The most keys that are kept of a set; each may cost a signature check.
const MAX_KEYS: usize = 32;

/// Public keys that are tried by name.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
}

impl KeySet {
    /// A set of these keys.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// Reads a JWKS document. Keys for another use and of unsupported kinds are left out (RFC 7517 section 5); private
    /// members, more than 32 keys, or no usable key at all are errors.
    pub fn from_jwks(json: &str) -> Result<Self, Error> {
        let document: Value = serde_json::from_str(json).map_err(|_| Error::Key("malformed JWKS"))?;
        let Some(Value::Array(members)) = document.get("keys") else {
            return Err(Error::Key("malformed JWKS"));
        };
        if members.len() > MAX_KEYS {
            return Err(Error::Key("too many keys"));
        }
        let mut keys = Vec::new();
        for member in members {
            let Ok(jwk) = serde_json::from_value::<Jwk>(member.clone()) else {
                continue;
            };
            if jwk.holds_secret() {
                return Err(Error::Key("it holds private members"));
            }
            keys.extend(VerifyingKey::from_jwk(&jwk));
        }
        if keys.is_empty() {
            Err(Error::Key("no usable key"))
        } else {
            Ok(Self { keys })
        }
    }

    /// Adds a key.
    pub fn push(&mut self, key: VerifyingKey) {
        self.keys.push(key);
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys as they are published.
    pub fn to_jwks(&self) -> Jwks {
        Jwks {
            keys: self.keys.iter().map(VerifyingKey::to_jwk).collect(),
        }
    }

    /// Whether a key has this name; when not, the owner's document may be worth fetching again.
    pub fn contains(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid() == Some(kid))
    }

    /// Verifies a token and its claims.
    pub fn verify(&self, token: &str, expect: &Expect<'_>) -> Result<Verified, Error> {
        let jws = Jws::parse(token, expect.limit)?;
        self.verify_signature(&jws)?;
        expect.check(jws)
    }

    /// Verifies the signature with the keys of that name; with all of them when the token names none.
    pub fn verify_signature(&self, jws: &Jws<'_>) -> Result<(), Error> {
        let kid = jws.header().kid.as_deref();
        let mut outcome = Error::UnknownKey;
        for key in self.keys.iter().filter(|key| kid.is_none() || key.kid() == kid) {
            match jws.verify(key) {
                Ok(()) => return Ok(()),
                // A wrong signature says more than an algorithm that another key did not take.
                Err(error) if outcome != Error::Signature => outcome = error,
                Err(_) => {}
            }
        }
        Err(outcome)
    }
}

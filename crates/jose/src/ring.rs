//! The server's own keys: one signs, several verify.

use std::{fmt, sync::Arc};

use serde::Serialize;

use crate::{Error, Expect, Jwks, Jws, KeySet, SigningKey, Verified, VerifyingKey, base64url};

/// The key that signs now and the keys whose tokens are still or already accepted (the announced next one, the retired
/// ones). Immutable: a rotation builds a new ring and swaps the `Arc`.
pub struct KeyRing {
    active: Arc<SigningKey>,
    keys: KeySet,
}

impl KeyRing {
    /// A ring that signs with `active` and verifies with it and `others`.
    pub fn new(active: Arc<SigningKey>, others: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let mut keys = KeySet::new([active.verifying_key().clone()]);
        for key in others {
            if !key.kid().is_some_and(|kid| keys.contains(kid)) {
                keys.push(key);
            }
        }
        Self { active, keys }
    }

    /// The key that signs.
    pub fn active(&self) -> &SigningKey {
        &self.active
    }

    /// All public keys, the active first, for publication.
    pub fn jwks(&self) -> Jwks {
        self.keys.to_jwks()
    }

    /// Signs the claims, which must serialize to a JSON object. `typ` goes into the header (`at+jwt`, `JWT`, `logout+jwt`).
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Header<'a> {
            alg: &'a str,
            kid: &'a str,
            typ: &'a str,
        }
        let header = Header {
            alg: self.active.algorithm().name(),
            kid: self.active.kid(),
            typ,
        };
        let header = serde_json::to_vec(&header).map_err(|_| Error::Serialization)?;
        let claims = serde_json::to_vec(claims).map_err(|_| Error::Serialization)?;
        if claims.first() != Some(&b'{') {
            return Err(Error::Serialization);
        }
        let mut token = base64url::encode(header);
        token.push('.');
        token.push_str(&base64url::encode(claims));
        let signature = self.active.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url::encode(signature));
        Ok(token)
    }

    /// Verifies a token of this server and its claims. The token must name its key.
    pub fn verify(&self, token: &str, expect: &Expect<'_>) -> Result<Verified, Error> {
        let jws = Jws::parse(token, expect.limit)?;
        if jws.header().kid.is_none() {
            return Err(Error::UnknownKey);
        }
        self.keys.verify_signature(&jws)?;
        expect.check(jws)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active)
            .field("keys", &self.keys)
            .finish()
    }
}

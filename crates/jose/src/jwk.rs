//! JSON Web Keys, public members only (RFC 7517, RFC 7518 section 6, RFC 8037).

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{Error, base64url};

/// A public key. Members that do not apply to `kty` are absent; private members are never written, and a key that
/// carries one is refused when it is used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Jwk {
    /// `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// `sig`; a key for anything else does not verify signatures.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The name by which tokens call the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The only algorithm the key may be used with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// RSA modulus, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// `P-256` or `Ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Coordinate or Edwards public key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Coordinate, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// What the key may be used for, in place of `use`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// Private member, read only to refuse it.
    #[serde(skip_serializing, deserialize_with = "present")]
    pub(crate) d: bool,
    /// Symmetric key, read only to refuse it.
    #[serde(skip_serializing, deserialize_with = "present")]
    pub(crate) k: bool,
}

/// A set of public keys, the body of `/.well-known/openid-configuration/jwks`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys; the one that signs now comes first.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    /// Whether someone published a secret: a private or symmetric member is there.
    pub fn holds_secret(&self) -> bool {
        self.d || self.k
    }

    /// The SHA-256 thumbprint (RFC 7638, RFC 8037 section 2), base64url. `None` when a required member is absent.
    pub fn thumbprint(&self) -> Option<String> {
        // The members are base64url or registered names; nothing in them needs escaping in JSON, and anything that
        // does is escaped by the serializer. Order and absence of white space are what the RFC prescribes.
        let json = match (self.kty.as_str(), &self.crv, &self.x, &self.y, &self.n, &self.e) {
            ("RSA", _, _, _, Some(n), Some(e)) => members(&[("e", e), ("kty", "RSA"), ("n", n)]),
            ("EC", Some(crv), Some(x), Some(y), _, _) => members(&[("crv", crv), ("kty", "EC"), ("x", x), ("y", y)]),
            ("OKP", Some(crv), Some(x), ..) => members(&[("crv", crv), ("kty", "OKP"), ("x", x)]),
            _ => return None,
        };
        Some(crate::s256_challenge(&json))
    }

    pub(crate) fn bytes(member: Option<&String>) -> Result<Vec<u8>, Error> {
        base64url::decode(member.ok_or(Error::Key("a member is missing"))?)
            .map_err(|_| Error::Key("a member is not base64url"))
    }

    /// Whether the key is marked for anything else than signatures.
    pub(crate) fn is_for_other_use(&self) -> bool {
        self.use_.as_deref().is_some_and(|purpose| purpose != "sig")
            || self
                .key_ops
                .as_ref()
                .is_some_and(|operations| !operations.iter().any(|operation| operation == "verify"))
    }
}

/// Whether a member is there, whatever its value.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

fn members(pairs: &[(&str, &str)]) -> String {
    let members: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("\"{name}\":{}", serde_json::Value::from(*value)))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638 section 3.1.
    #[test]
    fn the_rsa_thumbprint_of_the_rfc_matches() {
        let jwk: Jwk = serde_json::from_str(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        assert_eq!(jwk.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    /// RFC 8037 appendix A.3.
    #[test]
    fn the_edwards_thumbprint_of_the_rfc_matches() {
        let jwk: Jwk =
            serde_json::from_str(r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)
                .unwrap();
        assert_eq!(jwk.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn private_members_are_noticed_and_never_written() {
        let jwk: Jwk = serde_json::from_str(r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"c2VjcmV0"}"#).unwrap();
        assert!(jwk.holds_secret());
        assert_eq!(
            serde_json::to_string(&jwk).unwrap(),
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#
        );
    }
}

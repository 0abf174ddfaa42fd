//! Public keys that an application authenticates with (`private_key_jwt`, RFC 7523).

use context::Error;
use serde_json::Value;

/// Most keys of one application.
const MOST: usize = 10;
/// Members under which the text of a key or certificate is looked for when an element is an object.
const TEXT_MEMBERS: [&str; 4] = ["value", "certificate", "publicKey", "x5c"];

/// Reads `clientCertificates`: PEM or base64 certificates and public keys as text, or JWKs as objects.
pub(crate) fn read(items: &[Value]) -> Result<Vec<jose::Jwk>, Error> {
    if items.len() > MOST {
        return Err(Error::field(
            "clientCertificates",
            format!("At most {MOST} certificates are allowed."),
        ));
    }
    let mut keys: Vec<jose::Jwk> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let refuse = |reason: String| Error::field(format!("clientCertificates[{at}]"), reason);
        let text = match item {
            Value::String(text) => text.clone(),
            Value::Object(members) if members.contains_key("kty") => item.to_string(),
            Value::Object(members) => {
                let found = members
                    .iter()
                    .find(|(name, _)| TEXT_MEMBERS.iter().any(|known| known.eq_ignore_ascii_case(name)));
                match found.map(|(_, value)| value) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Array(chain)) => chain.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
                    _ => return Err(refuse("The certificate has no content.".to_owned())),
                }
            }
            _ => return Err(refuse("A certificate is a text or a JSON Web Key.".to_owned())),
        };
        let key = jose::parse_public_key(&text)
            .map_err(|error| refuse(format!("The certificate cannot be used: {error}.")))?;
        let jwk = key.to_jwk();
        if keys.iter().all(|known| known.kid != jwk.kid) {
            keys.push(jwk);
        }
    }
    Ok(keys)
}

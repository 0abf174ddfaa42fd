//! What holds for tokens and keys, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod assertions;
mod hostile_tokens;
mod public_keys;
mod rfc_vectors;
mod ring;

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jose::{Algorithm, Jws, KeyRing, SigningKey, base64url_encode};
use serde_json::{Value, json};

const ISSUER: &str = "https://host/identity_";
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// RSA keys are slow to make in a build without optimization, so all tests share one.
static RSA: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(SigningKey::generate(Algorithm::Rs256).unwrap()));

fn signing_key(algorithm: Algorithm) -> Arc<SigningKey> {
    match algorithm {
        Algorithm::Rs256 => RSA.clone(),
        Algorithm::Ps256 => Arc::new(SigningKey::from_pkcs8(algorithm, &RSA.to_pkcs8().unwrap()).unwrap()),
        _ => Arc::new(SigningKey::generate(algorithm).unwrap()),
    }
}

fn ring(algorithm: Algorithm) -> KeyRing {
    KeyRing::new(signing_key(algorithm), [])
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": ["UiPath.Orchestrator"], "sub": "someone", "iat": NOW, "nbf": NOW, "exp": NOW + 3600 })
}

/// Signs any header and payload, also those the ring would never write.
fn token(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", base64url_encode(header), base64url_encode(payload));
    let signature = key.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", base64url_encode(signature))
}

fn typ(token: &str) -> Option<String> {
    Jws::parse(token, jose::TOKEN_BYTES).unwrap().header().typ.clone()
}

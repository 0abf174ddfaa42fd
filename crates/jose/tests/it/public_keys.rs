//! Keys as people paste them. The files were made with OpenSSL, the thumbprints with another implementation.

use jose::{Algorithm, Error, Jwk, KeySet, VerifyingKey, parse_public_key};
use serde_json::json;

use crate::signing_key;

const RSA: [&str; 2] = [
    include_str!("../keys/rsa-2048.crt"),
    include_str!("../keys/rsa-2048.pub"),
];
const P256: [&str; 2] = [include_str!("../keys/p256.crt"), include_str!("../keys/p256.pub")];
const ED25519: [&str; 2] = [include_str!("../keys/ed25519.crt"), include_str!("../keys/ed25519.pub")];

fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn certificates_and_public_keys_are_read_from_pem_and_bare_base64() {
    for (texts, algorithm, kid) in [
        (RSA, Algorithm::Rs256, "zyd3My5Q6uLj01AAPVuJxsMpoK4N54MUhHGuE9Z3-p8"),
        (P256, Algorithm::Es256, "wvq-XIQGSygOSCyD86qmFe12CW6Ugwd8FLdf8YYTrg0"),
        (ED25519, Algorithm::EdDsa, "xrEc-SWVVEmcHI2Tq8yZv5d_dXt5pQjx8dQddve1mzs"),
    ] {
        for text in texts {
            for form in [
                text.to_owned(),
                text.replace('\n', "\r\n"),
                bare(text),
                format!("comment\n{text}{text}"),
            ] {
                let key = parse_public_key(&form).unwrap();
                assert_eq!(key.kid(), Some(kid));
                assert!(key.accepts(algorithm));
            }
        }
    }
}

#[test]
fn an_rsa_key_takes_both_paddings_unless_it_says_otherwise() {
    let key = parse_public_key(RSA[1]).unwrap();
    assert!(key.accepts(Algorithm::Rs256) && key.accepts(Algorithm::Ps256) && !key.accepts(Algorithm::Es256));
    let own = signing_key(Algorithm::Rs256);
    assert!(!own.verifying_key().accepts(Algorithm::Ps256));
}

#[test]
fn a_jwk_is_read_and_named_when_it_has_no_name() {
    let own = signing_key(Algorithm::Es256);
    let mut jwk = serde_json::to_value(own.verifying_key().to_jwk()).unwrap();
    jwk.as_object_mut().unwrap().remove("kid");
    assert_eq!(parse_public_key(&jwk.to_string()).unwrap().kid(), Some(own.kid()));
    jwk["kid"] = json!("mine");
    assert_eq!(parse_public_key(&jwk.to_string()).unwrap().kid(), Some("mine"));
}

#[test]
fn weak_foreign_or_broken_keys_are_refused() {
    for text in [
        include_str!("../keys/rsa-1024.pub"),
        include_str!("../keys/p384.pub"),
        "",
        "{",
        "{}",
        "AAAA",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA",
        &"A".repeat(20_000),
    ] {
        assert!(matches!(parse_public_key(text), Err(Error::Key(_))), "{text:.60}");
    }
}

#[test]
fn no_truncated_certificate_is_read() {
    let whole = bare(RSA[0]);
    for length in (0..whole.len() / 3).step_by(4) {
        assert!(parse_public_key(&whole[..length]).is_err());
    }
}

#[test]
fn members_of_a_jwk_are_checked() {
    let good = serde_json::to_value(signing_key(Algorithm::EdDsa).verifying_key().to_jwk()).unwrap();
    for (name, value) in [
        ("d", json!("c2VjcmV0")),
        ("k", json!("c2VjcmV0")),
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("alg", json!("RS256")),
        ("alg", json!("HS256")),
        ("alg", json!("none")),
        ("x", json!("AAAA")),
        ("x", json!("*")),
        ("crv", json!("X25519")),
        ("kty", json!("oct")),
    ] {
        let mut jwk = good.clone();
        jwk[name] = value;
        let jwk: Jwk = serde_json::from_value(jwk).unwrap();
        assert!(matches!(VerifyingKey::from_jwk(&jwk), Err(Error::Key(_))), "{name}");
    }
    let rsa = serde_json::to_value(signing_key(Algorithm::Rs256).verifying_key().to_jwk()).unwrap();
    for e in ["AQ", "AA", "", "AAAAAAAAAAM", "AQAC"] {
        let mut jwk = rsa.clone();
        jwk["e"] = json!(e);
        assert!(
            VerifyingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).is_err(),
            "exponent {e}"
        );
    }
    let mut off_curve = serde_json::to_value(signing_key(Algorithm::Es256).verifying_key().to_jwk()).unwrap();
    off_curve["x"] = off_curve["y"].clone();
    assert!(VerifyingKey::from_jwk(&serde_json::from_value(off_curve).unwrap()).is_err());
}

#[test]
fn a_key_set_leaves_out_what_it_cannot_use_and_refuses_published_secrets() {
    let usable = serde_json::to_value(signing_key(Algorithm::EdDsa).verifying_key().to_jwk()).unwrap();
    let for_encryption = json!({ "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" });
    let unknown = json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" });
    let secret = json!({ "kty": "oct", "k": "AAAA" });
    let read = |keys: serde_json::Value| KeySet::from_jwks(&json!({ "keys": keys }).to_string());

    let set = read(json!([for_encryption, unknown, usable])).unwrap();
    assert_eq!(set.to_jwks().keys.len(), 1);
    assert!(set.contains(usable["kid"].as_str().unwrap()) && !set.contains("x"));
    assert!(read(json!([usable, secret])).is_err());
    assert!(read(json!([for_encryption, unknown])).is_err());
    assert!(read(json!([])).is_err());
    assert!(read(json!(vec![usable; 33])).is_err());
    for text in ["", "[]", "{}", r#"{"keys":7}"#] {
        assert!(KeySet::from_jwks(text).is_err(), "{text}");
    }
}

use jiff::Timestamp;
use jose::{ASSERTION_BYTES, Algorithm, Error, KeySet, SigningKey, verify_client_assertion};
use serde_json::{Value, json};

use crate::{ISSUER, NOW, now, signing_key, token};

const CLIENT: &str = "0b1a7c2e-6a52-4a39-9b1f-0f5d3c1e2a44";

fn assertion() -> Value {
    json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "one", "iat": NOW, "exp": NOW + 60 })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = assertion();
    claims[name] = value;
    claims
}

fn keys(key: &SigningKey) -> KeySet {
    KeySet::new([key.verifying_key().clone()])
}

#[track_caller]
fn check(claims: &Value, outcome: Option<Error>) {
    let key = signing_key(Algorithm::EdDsa);
    let assertion = token(&key, r#"{"alg":"EdDSA"}"#, &claims.to_string());
    assert_eq!(
        verify_client_assertion(&assertion, CLIENT, ISSUER, &keys(&key), now()).err(),
        outcome
    );
}

#[test]
fn an_assertion_proves_the_client_with_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let key = signing_key(algorithm);
        for header in [
            format!(r#"{{"alg":"{algorithm}"}}"#),
            format!(r#"{{"alg":"{algorithm}","kid":"{}"}}"#, key.kid()),
        ] {
            let assertion = token(&key, &header, &assertion().to_string());
            let proven = verify_client_assertion(&assertion, CLIENT, ISSUER, &keys(&key), now()).unwrap();
            assert_eq!(proven.jti, "one");
            assert_eq!(proven.forget_after, Timestamp::from_second(NOW + 120).unwrap());
        }
    }
}

#[test]
fn an_rsa_key_without_alg_takes_both_paddings() {
    let mut jwk = serde_json::to_value(signing_key(Algorithm::Rs256).verifying_key().to_jwk()).unwrap();
    jwk.as_object_mut().unwrap().remove("alg");
    let keys = KeySet::from_jwks(&json!({ "keys": [jwk] }).to_string()).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        let assertion = token(&signing_key(algorithm), &header, &assertion().to_string());
        assert!(verify_client_assertion(&assertion, CLIENT, ISSUER, &keys, now()).is_ok());
    }
}

#[test]
fn issuer_and_subject_are_the_client() {
    check(&with("iss", json!("other")), Some(Error::Issuer));
    check(&with("sub", json!("other")), Some(Error::Subject));
    check(&with("sub", Value::Null), Some(Error::Subject));
}

#[test]
fn the_audience_is_the_issuer_identifier_alone() {
    check(&with("aud", json!([ISSUER])), None);
    for aud in [
        json!(format!("{ISSUER}/connect/token")),
        json!([ISSUER, format!("{ISSUER}/connect/token")]),
        json!([]),
        json!(CLIENT),
        Value::Null,
    ] {
        check(&with("aud", aud), Some(Error::Audience));
    }
}

#[test]
fn an_assertion_lives_five_minutes_at_most() {
    check(&with("exp", json!(NOW + 360)), None);
    check(&with("exp", json!(NOW + 361)), Some(Error::TooLongLived));
    check(&with("exp", json!(1e300)), Some(Error::TooLongLived));
    check(&with("exp", json!(NOW - 60)), Some(Error::Expired));
    check(&with("exp", Value::Null), Some(Error::Claim("exp")));
}

#[test]
fn an_assertion_has_an_id_of_moderate_length() {
    for jti in [Value::Null, json!(""), json!(7), json!("x".repeat(257))] {
        check(&with("jti", jti), Some(Error::Claim("jti")));
    }
}

#[test]
fn the_key_of_another_client_is_refused() {
    let (own, other) = (signing_key(Algorithm::EdDsa), signing_key(Algorithm::EdDsa));
    let text = token(&other, r#"{"alg":"EdDSA"}"#, &assertion().to_string());
    assert_eq!(
        verify_client_assertion(&text, CLIENT, ISSUER, &keys(&own), now()),
        Err(Error::Signature)
    );
    assert_eq!(
        verify_client_assertion(&text, CLIENT, ISSUER, &KeySet::default(), now()),
        Err(Error::UnknownKey)
    );
}

#[test]
fn a_long_assertion_is_not_looked_at() {
    check(&with("pad", json!("x".repeat(ASSERTION_BYTES))), Some(Error::TooLong));
}

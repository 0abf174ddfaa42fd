use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, Error, Expect, KeyRing, SigningKey, raw_signatures_per_second};
use serde_json::{Value, json};

use crate::{ISSUER, NOW, claims, now, ring, signing_key, typ};

fn at(second: i64) -> Expect<'static> {
    Expect::new(ISSUER, Timestamp::from_second(second).unwrap())
}

#[track_caller]
fn check(claims: &Value, expect: Expect<'_>, outcome: Option<Error>) {
    let ring = ring(Algorithm::EdDsa);
    assert_eq!(
        ring.verify(&ring.sign("at+jwt", claims).unwrap(), &expect).err(),
        outcome
    );
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[test]
fn a_signed_token_verifies_with_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let ring = ring(algorithm);
        let token = ring.sign("at+jwt", &claims()).unwrap();
        let verified = ring
            .verify(&token, &Expect::new(ISSUER, now()).audiences(&["UiPath.Orchestrator"]))
            .unwrap();
        assert_eq!(verified.header.algorithm, algorithm);
        assert_eq!(verified.header.kid.as_deref(), Some(ring.active().kid()));
        assert!(verified.header.is_type("AT+JWT") && !verified.header.is_type("JWT"));
        assert_eq!(verified.text("sub"), Some("someone"));
        assert_eq!(verified.time("exp"), Some(now() + SignedDuration::from_hours(1)));
        assert_eq!(verified.claims_as::<Value>().unwrap(), claims());
    }
}

#[test]
fn a_key_survives_storage() {
    for algorithm in Algorithm::ALL {
        let key = signing_key(algorithm);
        let again = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(key.kid(), again.kid());
        assert_eq!(key.verifying_key().to_jwk(), again.verifying_key().to_jwk());
    }
    assert!(SigningKey::from_pkcs8(Algorithm::Es256, &signing_key(Algorithm::EdDsa).to_pkcs8().unwrap()).is_err());
    assert!(SigningKey::from_pkcs8(Algorithm::Rs256, b"").is_err());
}

#[test]
fn the_published_keys_have_public_members_only() {
    let active = signing_key(Algorithm::Rs256);
    let others = [
        signing_key(Algorithm::Es256),
        signing_key(Algorithm::EdDsa),
        active.clone(),
    ];
    let ring = KeyRing::new(active.clone(), others.iter().map(|key| key.verifying_key().clone()));
    let document = serde_json::to_value(ring.jwks()).unwrap();
    let keys = document["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 3, "the active key is not listed twice");
    assert_eq!(keys[0]["kid"], active.kid());
    let names = |key: &Value| key.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&keys[0]), "kty use kid alg n e");
    assert_eq!(names(&keys[1]), "kty use kid alg crv x y");
    assert_eq!(names(&keys[2]), "kty use kid alg crv x");
    assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&json!("RS256"), &json!("sig")));
    assert!(!format!("{ring:?}").contains("pkcs8"));
}

#[test]
fn tokens_of_the_previous_and_the_next_key_are_accepted_and_those_of_a_deleted_one_are_not() {
    let (old, new) = (signing_key(Algorithm::Es256), signing_key(Algorithm::EdDsa));
    let before = KeyRing::new(old.clone(), [new.verifying_key().clone()]);
    let after = KeyRing::new(new.clone(), [old.verifying_key().clone()]);
    let alone = KeyRing::new(new, []);
    let (first, second) = (
        before.sign("JWT", &claims()).unwrap(),
        after.sign("JWT", &claims()).unwrap(),
    );
    assert!(after.verify(&first, &at(NOW)).is_ok());
    assert!(before.verify(&second, &at(NOW)).is_ok());
    assert_eq!(alone.verify(&first, &at(NOW)), Err(Error::UnknownKey));
}

#[test]
fn expiry_and_validity_have_a_minute_of_skew() {
    check(&claims(), at(NOW + 3600 + 59), None);
    check(&claims(), at(NOW + 3600 + 60), Some(Error::Expired));
    check(&claims(), at(NOW + 3600 + 61), Some(Error::Expired));
    check(&claims(), at(NOW + 3600 + 61).even_expired(), None);
    check(&claims(), at(NOW - 60), None);
    check(&claims(), at(NOW - 61), Some(Error::NotYetValid));
    check(&with("nbf", json!(NOW + 61)), at(NOW), Some(Error::NotYetValid));
    check(&with("iat", json!(NOW + 61)), at(NOW), Some(Error::NotYetValid));
    check(&with("exp", json!(NOW as f64 + 0.5)), at(NOW), None);
}

#[test]
fn times_must_be_numbers_and_expiry_must_be_there() {
    check(&with("exp", json!("1800003600")), at(NOW), Some(Error::Claim("exp")));
    check(&with("exp", Value::Null), at(NOW), Some(Error::Claim("exp")));
    check(&with("nbf", json!("x")), at(NOW), Some(Error::Claim("nbf")));
    check(&json!({ "iss": ISSUER }), at(NOW), Some(Error::Claim("exp")));
}

#[test]
fn the_issuer_is_compared_exactly() {
    for issuer in [
        "http://host/identity_",
        "https://host/acme/identity_",
        "https://host/identity_/",
        "HTTPS://host/identity_",
    ] {
        check(&with("iss", json!(issuer)), at(NOW), Some(Error::Issuer));
    }
    check(&with("iss", json!([ISSUER])), at(NOW), Some(Error::Issuer));
}

#[test]
fn one_of_the_expected_audiences_is_enough() {
    let expect = at(NOW).audiences(&["UiPath.Orchestrator", "OrchestratorApiUserAccess"]);
    check(&claims(), expect, None);
    check(&with("aud", json!("OrchestratorApiUserAccess")), expect, None);
    check(&with("aud", json!(["Audit", "UiPath.Orchestrator"])), expect, None);
    for other in [
        json!("Audit"),
        json!([]),
        json!(["Audit"]),
        json!(7),
        json!({ "UiPath.Orchestrator": 1 }),
        Value::Null,
    ] {
        check(&with("aud", other), expect, Some(Error::Audience));
    }
}

#[test]
fn claims_must_be_an_object() {
    let ring = ring(Algorithm::EdDsa);
    assert_eq!(ring.sign("JWT", &[1]), Err(Error::Serialization));
    assert_eq!(ring.sign("JWT", &"x"), Err(Error::Serialization));
    assert_eq!(typ(&ring.sign("logout+jwt", &claims()).unwrap()).unwrap(), "logout+jwt");
}

#[test]
fn signing_speed_is_measured() {
    assert!(raw_signatures_per_second(Algorithm::EdDsa, std::time::Duration::from_millis(5)).unwrap() > 0.0);
}

use std::sync::LazyLock;

use jose::{Algorithm, Error, Expect, Jws, KeyRing, TOKEN_BYTES, base64url_decode, base64url_encode};
use proptest::prelude::*;
use serde_json::json;

use crate::{ISSUER, NOW, claims, now, ring, signing_key, token};

#[track_caller]
fn refused(ring: &KeyRing, token: &str, error: Error) {
    assert_eq!(
        ring.verify(token, &Expect::new(ISSUER, now())),
        Err(error),
        "{token:.200}"
    );
}

/// A header of the right key with other members.
fn header(ring: &KeyRing, members: &str) -> String {
    format!(
        r#"{{"alg":"{}","kid":"{}"{members}}}"#,
        ring.active().algorithm(),
        ring.active().kid()
    )
}

#[test]
fn an_unsigned_token_is_refused() {
    let ring = ring(Algorithm::EdDsa);
    for alg in ["none", "None", "NONE", "", "nOnE"] {
        let head = base64url_encode(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, ring.active().kid()));
        let body = base64url_encode(claims().to_string());
        refused(&ring, &format!("{head}.{body}."), Error::Algorithm);
        refused(&ring, &format!("{head}.{body}.AAAA"), Error::Algorithm);
    }
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let ring = ring(Algorithm::Rs256);
    for alg in [
        "HS256", "HS384", "HS512", "rs256", "RS384", "RS512", "RSA1_5", "ES256K", "dir",
    ] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, ring.active().kid());
        refused(
            &ring,
            &token(ring.active(), &header, &claims().to_string()),
            Error::Algorithm,
        );
    }
}

#[test]
fn the_algorithm_of_the_header_must_be_the_one_of_the_key() {
    let ring = ring(Algorithm::Rs256);
    for alg in ["PS256", "ES256", "EdDSA"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, ring.active().kid());
        refused(
            &ring,
            &token(ring.active(), &header, &claims().to_string()),
            Error::Algorithm,
        );
    }
    // The same RSA key with the other padding: a correct signature, but not of this ring's algorithm.
    let other = signing_key(Algorithm::Ps256);
    let header = format!(r#"{{"alg":"PS256","kid":"{}"}}"#, other.kid());
    refused(&ring, &token(&other, &header, &claims().to_string()), Error::Algorithm);
}

#[test]
fn strange_key_names_are_just_unknown() {
    let ring = ring(Algorithm::EdDsa);
    let long = "k".repeat(10_000);
    for kid in ["../../etc/passwd", "' or 1=1 --", "", "\u{0}", "unknown", long.as_str()] {
        let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
        refused(
            &ring,
            &token(ring.active(), &header, &claims().to_string()),
            Error::UnknownKey,
        );
    }
    refused(
        &ring,
        &token(ring.active(), r#"{"alg":"EdDSA"}"#, &claims().to_string()),
        Error::UnknownKey,
    );
    refused(
        &ring,
        &token(ring.active(), r#"{"alg":"EdDSA","kid":7}"#, &claims().to_string()),
        Error::Malformed,
    );
}

#[test]
fn a_key_that_the_token_brings_along_is_ignored() {
    let (ring, attacker) = (ring(Algorithm::EdDsa), signing_key(Algorithm::EdDsa));
    let jwk = serde_json::to_string(&attacker.verifying_key().to_jwk()).unwrap();
    let members = format!(r#","jwk":{jwk},"jku":"https://attacker/jwks","x5u":"https://attacker/c","x5c":["AAAA"]"#);
    refused(
        &ring,
        &token(&attacker, &header(&ring, &members), &claims().to_string()),
        Error::Signature,
    );
    let honest = token(ring.active(), &header(&ring, &members), &claims().to_string());
    assert!(ring.verify(&honest, &Expect::new(ISSUER, now())).is_ok());
}

#[test]
fn critical_header_parameters_are_refused() {
    let ring = ring(Algorithm::EdDsa);
    for members in [
        r#","crit":["b64"],"b64":false"#,
        r#","crit":["exp"]"#,
        r#","crit":[]"#,
        r#","crit":null"#,
        r#","crit":7"#,
    ] {
        refused(
            &ring,
            &token(ring.active(), &header(&ring, members), &claims().to_string()),
            Error::Critical,
        );
    }
}

#[test]
fn repeated_header_members_are_refused() {
    let ring = ring(Algorithm::EdDsa);
    for members in [r#","alg":"none""#, r#","kid":"x""#, r#","typ":"JWT","typ":"at+jwt""#] {
        refused(
            &ring,
            &token(ring.active(), &header(&ring, members), &claims().to_string()),
            Error::Malformed,
        );
    }
}

#[test]
fn only_three_canonical_segments_are_a_token() {
    let ring = ring(Algorithm::EdDsa);
    let good = ring.sign("JWT", &claims()).unwrap();
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        head.to_owned(),
        format!("{head}.{body}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{head}..{body}.{signature}"),
        format!("{good}.{signature}"),
        format!("{head}.{body}.{signature}.a.b"),
        format!("{head}.{body}.{signature}=="),
        format!("{head}.{body}. {signature}"),
        format!("{good}\n"),
        format!("{head}=.{body}.{signature}"),
    ] {
        refused(&ring, &bad, Error::Malformed);
    }
    for bad in ["[]", "null", "\"x\"", "{", "{}", "{\"alg\":7}", "\u{feff}{}"] {
        refused(
            &ring,
            &token(ring.active(), bad, &claims().to_string()),
            Error::Malformed,
        );
    }
    for bad in ["[]", "null", "", "{", "7"] {
        refused(&ring, &token(ring.active(), &header(&ring, ""), bad), Error::Malformed);
    }
}

#[test]
fn stray_bits_behind_the_signature_are_refused() {
    let ring = ring(Algorithm::EdDsa); // 64 bytes leave four bits unused in the last character
    let good = ring.sign("JWT", &claims()).unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = good.split_at(good.len() - 1);
    for other in alphabet.chars().filter(|other| !last.contains(*other)) {
        assert!(
            ring.verify(&format!("{rest}{other}"), &Expect::new(ISSUER, now()))
                .is_err()
        );
    }
}

#[test]
fn truncated_and_padded_signatures_are_refused() {
    for algorithm in Algorithm::ALL {
        let ring = ring(algorithm);
        let good = ring.sign("JWT", &claims()).unwrap();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let signature = base64url_decode(signature).unwrap();
        for bad in [
            &signature[..signature.len() - 1],
            &signature[1..],
            &[],
            &[&signature[..], &[0]].concat(),
            &vec![0; signature.len()],
        ] {
            refused(&ring, &format!("{signed}.{}", base64url_encode(bad)), Error::Signature);
        }
    }
}

#[test]
fn a_changed_payload_is_refused() {
    let ring = ring(Algorithm::Rs256);
    let good = ring.sign("JWT", &claims()).unwrap();
    let [head, _, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut other = claims();
    other["exp"] = json!(NOW + 1_000_000);
    refused(
        &ring,
        &format!("{head}.{}.{signature}", base64url_encode(other.to_string())),
        Error::Signature,
    );
}

#[test]
fn a_token_beyond_the_limit_is_not_looked_at() {
    let ring = ring(Algorithm::EdDsa);
    let mut large = claims();
    large["pad"] = json!("x".repeat(TOKEN_BYTES));
    refused(&ring, &ring.sign("JWT", &large).unwrap(), Error::TooLong);
    let small = ring.sign("JWT", &claims()).unwrap();
    let expect = Expect {
        limit: small.len() - 1,
        ..Expect::new(ISSUER, now())
    };
    assert_eq!(ring.verify(&small, &expect), Err(Error::TooLong));
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let ring = ring(Algorithm::EdDsa);
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    refused(
        &ring,
        &token(ring.active(), &header(&ring, ""), &deep),
        Error::Malformed,
    );
}

static RINGS: LazyLock<Vec<(KeyRing, String)>> = LazyLock::new(|| {
    Algorithm::ALL
        .into_iter()
        .map(|algorithm| {
            let ring = ring(algorithm);
            let token = ring.sign("at+jwt", &claims()).unwrap();
            (ring, token)
        })
        .collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_changed_byte_is_refused(which in 0..4_usize, position: prop::sample::Index, byte in 0..128_u8) {
        let (ring, token) = &RINGS[which];
        let mut bytes = token.clone().into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(ring.verify(&changed, &Expect::new(ISSUER, now())).is_err());
    }

    #[test]
    fn no_input_makes_verification_panic(token in ".{0,300}", segments in prop::collection::vec("[A-Za-z0-9_-]{0,60}", 0..5)) {
        let expect = Expect::new(ISSUER, now());
        for text in [token, segments.join(".")] {
            prop_assert!(RINGS[0].0.verify(&text, &expect).is_err());
        }
    }

    #[test]
    fn no_signed_content_makes_verification_panic(header in "\\PC{0,80}", payload in "\\PC{0,80}", exp: f64, aud in "\\PC{0,20}") {
        let ring = &RINGS[2].0;
        let expect = Expect::new(ISSUER, now()).audiences(&["x"]);
        let _ = ring.verify(&token(ring.active(), &header, &payload), &expect);
        let own = ring.sign("JWT", &json!({ "iss": ISSUER, "exp": exp, "nbf": exp, "aud": [aud] })).unwrap();
        if let Ok(verified) = ring.verify(&own, &expect) {
            let _ = verified.time("exp");
        }
        let _ = Jws::parse(&own, TOKEN_BYTES).unwrap().unverified_claims();
    }
}

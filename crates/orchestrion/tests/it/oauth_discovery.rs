//! Metadata, keys and what browsers of other origins may read.

use std::sync::Arc;

use identity::Identity;
use serde_json::Value;
use testkit::{Server, claims};

use crate::oauth_support::{REDIRECT, is_good, public_app};

const DAY: i64 = 86_400;

#[test]
fn every_address_of_an_authority_names_the_same_issuer() {
    let server = Server::start();
    for (path, issuer) in [
        ("/identity_/.well-known/openid-configuration", "/identity_"),
        ("/identity/.well-known/openid-configuration", "/identity"),
        ("/default/identity_/.well-known/openid-configuration", "/identity_"),
        ("/identity_/.well-known/oauth-authorization-server", "/identity_"),
        ("/.well-known/oauth-authorization-server/identity_", "/identity_"),
        ("/.well-known/oauth-authorization-server/identity", "/identity"),
        ("/.well-known/openid-configuration/identity", "/identity"),
    ] {
        let answer = server.get(path).send().expect(200);
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        let document = answer.json();
        let issuer = format!("{}{issuer}", server.base());
        assert_eq!(document["issuer"], issuer, "{path}");
        for (name, value) in document.as_object().unwrap() {
            if name.ends_with("endpoint") || name == "jwks_uri" {
                assert!(value.as_str().unwrap().starts_with(&issuer), "{path}: {name} {value}");
            }
        }
        for list in [
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
        ] {
            assert!(!document[list].as_array().unwrap().is_empty(), "{list}");
        }
        assert_eq!(
            document["code_challenge_methods_supported"],
            serde_json::json!(["S256"])
        );
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    }
    server.get("/identity_/.well-known/nothing").send().expect(404);
}

#[test]
fn keys_are_published_with_names_and_without_secrets() {
    let server = Server::start();
    let document = server
        .get("/identity_/.well-known/openid-configuration/jwks")
        .send()
        .expect(200)
        .json();
    for key in document["keys"].as_array().unwrap() {
        assert!(key["kid"].is_string() && key["use"] == "sig" && key["alg"].is_string());
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(secret).is_none(), "{secret}");
        }
    }
}

#[test]
fn the_issuer_never_comes_from_an_unknown_host() {
    let server = Server::start();
    let ask = |name: &str, value: &str| {
        server
            .get("/identity_/.well-known/openid-configuration")
            .header(name, value)
            .send()
    };
    assert_eq!(ask("host", "evil.example").status, 400);
    let document = ask("x-forwarded-host", "evil.example").expect(200).text();
    assert!(!document.contains("evil.example"));
}

#[test]
fn cross_origin_reads_are_for_discovery_and_for_registered_origins() {
    let server = Server::start();
    public_app(&server, &["OR.Assets.Read"]);
    let ask = |path: &str, origin: &str| {
        server
            .post(path)
            .header("origin", origin)
            .send()
            .header("access-control-allow-origin")
            .to_owned()
    };
    assert_eq!(
        ask("/identity_/connect/token", "https://app.example"),
        "https://app.example"
    );
    assert_eq!(
        ask("/identity_/connect/token", "http://localhost:8104"),
        "http://localhost:8104"
    );
    assert_eq!(ask("/identity_/connect/token", "https://evil.example"), "");
    assert_eq!(ask("/identity_/connect/token", "null"), "");
    assert_eq!(ask("/identity_/connect/authorize", "https://app.example"), "");
    for path in [
        "/identity_/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/identity_",
    ] {
        let answer = server.get(path).header("origin", "https://evil.example").send();
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    assert!(REDIRECT.starts_with("https://app.example"));
}

fn kids(server: &Server) -> Vec<String> {
    let document = server
        .get("/identity_/.well-known/openid-configuration/jwks")
        .send()
        .expect(200)
        .json();
    document["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn kid_of(token: &str) -> String {
    // The header has the same form as the claims; it is read by putting it in their place.
    let header: Value = claims(&format!("x.{}.x", token.split('.').next().unwrap()));
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_key_is_announced_then_used_and_the_old_one_verifies_until_it_is_removed() {
    testkit::each_database(|server| {
        let identity: Arc<Identity> = server.app.state().unwrap();
        let rotate = || server.run(identity.rotate_keys()).unwrap();
        let first = kid_of(&server.token("OR.Assets.Read"));
        assert_eq!(kids(server), std::slice::from_ref(&first));
        server.clock.advance(77 * DAY);
        rotate();
        assert_eq!(kids(server).len(), 2, "announced");
        assert_eq!(kid_of(&server.token("OR.Assets.Read")), first, "but not used");
        server.clock.advance(14 * DAY - 60);
        let old = server.token("OR.Assets.Read");
        server.clock.advance(120);
        rotate();
        let second = kid_of(&server.token("OR.Assets.Read"));
        assert_ne!(second, first);
        assert!(kids(server).contains(&first) && kids(server).contains(&second));
        assert!(
            is_good(server, &old),
            "tokens of the previous key are good until they expire"
        );
        server.clock.advance(15 * DAY);
        rotate();
        assert!(!kids(server).contains(&first));
        server.clock.advance(-15 * DAY);
        assert!(!is_good(server, &old), "the key is gone");
    });
}

#[test]
fn every_algorithm_signs_and_verifies() {
    for algorithm in [jose::Algorithm::Rs256, jose::Algorithm::Es256, jose::Algorithm::EdDsa] {
        let server = Server::builder()
            .configure(move |config| config.signing_algorithm = algorithm)
            .start()
            .unwrap();
        assert!(is_good(&server, &server.token("OR.Assets.Read")));
        let document = server
            .get("/identity/.well-known/openid-configuration")
            .send()
            .expect(200)
            .json();
        assert_eq!(document["id_token_signing_alg_values_supported"][0], algorithm.name());
    }
}

//! What a bearer token is worth: verification, introspection, revocation, userinfo.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{CLIENT_ID, CLIENT_SECRET, Server, claims};
use uuid::Uuid;

use crate::oauth_support::{confidential_app, credentials, is_good, public_app, refresh, sign_in, text};

fn b64(value: &Value) -> String {
    jose::base64url_encode(value.to_string())
}

#[test]
fn forged_and_mangled_tokens_are_refused() {
    let server = Server::start();
    let good = server.token("OR.Assets.Read");
    assert!(is_good(&server, &good));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut wider = claims(&good);
    wider["scope"] = json!(["OR.Assets", "PM.OAuthApp"]);
    let kid = |kid: &str| b64(&json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }));
    let known = {
        let header: Value = claims(&format!("x.{header}.x"));
        header["kid"].as_str().unwrap().to_owned()
    };
    let jwks = server
        .get("/identity_/.well-known/openid-configuration/jwks")
        .send()
        .text();
    let long = "k".repeat(10_000);
    for bad in [
        format!("{}.{payload}.", b64(&json!({ "alg": "none" }))),
        format!("{}.{payload}.{signature}", b64(&json!({ "alg": "none", "kid": known }))),
        format!(
            "{}.{payload}.{}",
            b64(&json!({ "alg": "HS256", "kid": known })),
            jose::base64url_encode(&jwks)
        ),
        format!("{header}.{}.{signature}", b64(&wider)),
        format!("{header}.{payload}.{}", &signature[..signature.len() - 4]),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}"),
        format!("{header}..{signature}"),
        format!("{}.{payload}.{signature}", kid("../../etc/passwd")),
        format!("{}.{payload}.{signature}", kid("' or 1=1 --")),
        format!("{}.{payload}.{signature}", kid(&long)),
        format!(
            "{}.{payload}.{signature}",
            b64(&json!({ "alg": "ES256", "kid": known, "crit": ["x"] }))
        ),
        "x".repeat(20_000),
        "not-a-token".to_owned(),
        "rt_not-a-token".to_owned(),
        "rt_".to_owned(),
    ] {
        assert!(!is_good(&server, &bad), "{}", &bad[..bad.len().min(300)]);
    }
    let answer = server
        .get("/identity_/api/ExternalApiResource")
        .bearer("x")
        .send()
        .expect(401);
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert!(answer.bytes.is_empty());
}

/// Signs claims with the server's own keys.
fn sign(server: &Server, typ: &str, changes: &[(&str, Value)]) -> String {
    let mut body = claims(&server.token("OR.Assets.Read"));
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    server
        .run(server.app.state::<identity::Identity>().unwrap().sign(typ, &body))
        .unwrap()
}

#[test]
fn even_our_own_signature_does_not_save_a_wrong_claim() {
    let server = Server::start();
    let base = server.base();
    let now = server.app.clock().now().as_second();
    assert!(is_good(&server, &sign(&server, "at+jwt", &[])));
    assert!(is_good(
        &server,
        &sign(&server, "JWT", &[("iss", json!(format!("{base}/identity")))])
    ));
    for (typ, changes) in [
        ("at+jwt", vec![("iss", json!(format!("{base}/default/identity_")))]),
        ("at+jwt", vec![("iss", json!("https://evil.example/identity_"))]),
        ("at+jwt", vec![("iss", json!(format!("{base}/identity_/")))]),
        ("at+jwt", vec![("aud", json!("Audit"))]),
        ("at+jwt", vec![("aud", json!(format!("{base}/identity_")))]),
        ("at+jwt", vec![("exp", json!(now - 61))]),
        ("at+jwt", vec![("nbf", json!(now + 120))]),
        ("logout+jwt", vec![]),
        ("at+jwt", vec![("client_id", json!(null))]),
        ("at+jwt", vec![("client_id", json!(Uuid::from_u128(5)))]),
        ("at+jwt", vec![("prt_id", json!(Uuid::from_u128(5)))]),
        ("at+jwt", vec![("sub", json!(Uuid::from_u128(5)))]),
        ("at+jwt", vec![("jti", json!(null))]),
    ] {
        assert!(!is_good(&server, &sign(&server, typ, &changes)), "{typ} {changes:?}");
    }
    let answer = server
        .get("/odata/Assets")
        .bearer(&sign(&server, "at+jwt", &[("aud", json!("Audit"))]))
        .send();
    assert_eq!(answer.status, 401);
}

#[test]
fn a_token_ends_a_minute_after_its_time_at_the_latest() {
    let server = Server::start();
    let token = server.token("OR.Assets.Read");
    server.clock.advance(3600);
    assert!(is_good(&server, &token), "within the skew");
    server.clock.advance(61);
    assert!(!is_good(&server, &token));
}

#[test]
fn a_token_in_the_query_is_not_looked_at() {
    let server = Server::start();
    let token = server.token("OR.Assets.Read");
    server
        .get(&format!("/identity_/api/ExternalApiResource?access_token={token}"))
        .send()
        .expect(401);
}

#[test]
fn both_authorities_issue_tokens_that_our_apis_accept() {
    let server = Server::start();
    for path in [
        "/identity/connect/token",
        "/identity_/connect/token",
        "/default/identity_/connect/token",
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        let token = text(&server.post(path).form(&form).send().expect(200).json(), "access_token");
        let issuer = text(&claims(&token), "iss");
        assert!(issuer == format!("{}/identity", server.base()) || issuer == format!("{}/identity_", server.base()));
        assert!(is_good(&server, &token));
        server
            .get("/identity/api/ExternalApiResource")
            .bearer(&token)
            .send()
            .expect(200);
    }
}

#[test]
fn a_deleted_or_closed_application_loses_everything_at_once() {
    testkit::each_database(|server| {
        let (id, secret) = confidential_app(server, &["OR.Jobs:application"]);
        let token = server.token_of(&id, &secret, "OR.Jobs");
        assert!(is_good(server, &token));
        assert_eq!(introspect(server, &token)["active"], true);
        let (organization, client): (Uuid, Uuid) = (server.organization().parse().unwrap(), id.parse().unwrap());
        let identity = server.app.state::<identity::Identity>().unwrap();
        let ctx = server.app.system();
        server
            .run(identity.set_application_enabled(&ctx, organization, client, false))
            .unwrap();
        assert!(!is_good(server, &token));
        let refused = credentials(
            server,
            &[("client_id", &id), ("client_secret", &secret), ("scope", "OR.Jobs")],
        );
        assert_eq!(refused.json()["error"], "invalid_client");
        server
            .run(identity.set_application_enabled(&ctx, organization, client, true))
            .unwrap();
        assert!(is_good(server, &token));

        let path = format!("/identity_/api/ExternalClient/{organization}/{id}");
        server
            .delete(&path)
            .bearer(&server.token("PM.OAuthApp.Write"))
            .send()
            .expect(204);
        assert!(!is_good(server, &token));
        assert_eq!(introspect(server, &token), json!({ "active": false }));
        let refused = credentials(
            server,
            &[("client_id", &id), ("client_secret", &secret), ("scope", "OR.Jobs")],
        );
        assert_eq!(refused.json()["error"], "invalid_client");
    });
}

#[test]
fn a_closed_organization_closes_its_applications() {
    let server = Server::start();
    let token = server.token("OR.Jobs");
    let id: Uuid = server.organization().parse().unwrap();
    let (store, ctx) = (server.app.store().clone(), server.app.system());
    server
        .run(store.write(move |tx| accounts::organizations::service::set_active(tx, &ctx, id, false)))
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(!is_good(&server, &token));
    assert_eq!(credentials(&server, &[]).expect(400).json()["error"], "invalid_client");
}

fn introspect(server: &Server, token: &str) -> Value {
    server
        .post("/identity_/connect/introspect")
        .basic(CLIENT_ID, CLIENT_SECRET)
        .form(&[("token", token)])
        .send()
        .expect(200)
        .json()
}

#[test]
fn introspection_tells_confidential_clients_and_nobody_else() {
    let server = Server::start();
    let token = server.token("OR.Jobs OR.Assets");
    let told = introspect(&server, &token);
    assert_eq!(told["active"], true);
    assert_eq!(told["scope"], "OR.Jobs OR.Assets");
    assert_eq!(told["client_id"], CLIENT_ID);
    assert!(told.get("usr_stamp").is_none());
    assert_eq!(introspect(&server, "garbage"), json!({ "active": false }));
    assert_eq!(introspect(&server, "gar.ba.ge"), json!({ "active": false }));
    let post = |form: &[(&str, &str)]| server.post("/identity_/connect/introspect").form(form).send();
    assert_eq!(post(&[("token", &token)]).status, 401);
    assert_eq!(
        post(&[("token", &token), ("client_id", CLIENT_ID), ("client_secret", "wrong")]).status,
        401
    );
    let public = public_app(&server, &["OR.Jobs"]);
    assert_eq!(post(&[("token", &token), ("client_id", &public)]).status, 401);
    let json = server
        .post("/identity_/connect/introspect")
        .json(&json!({ "token": token }))
        .send();
    assert_eq!(json.status, 415);
    server.clock.advance(3700);
    assert_eq!(introspect(&server, &token), json!({ "active": false }));
}

#[test]
fn a_client_revokes_its_own_tokens_only() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Jobs"]);
    let other = public_app(&server, &["OR.Jobs"]);
    let tokens = sign_in(&server.admin_session(), &app, "offline_access OR.Jobs");
    let (access, refresh_token) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let revoke = |client: &str, fields: &[(&str, &str)]| {
        let mut form = vec![("client_id", client)];
        form.extend_from_slice(fields);
        server.post("/identity_/connect/revocation").form(&form).send()
    };
    revoke(&other, &[("token", &access)]).expect(200);
    revoke(
        &other,
        &[("token", &refresh_token), ("token_type_hint", "refresh_token")],
    )
    .expect(200);
    revoke(&app, &[("token", "unknown")]).expect(200);
    assert!(is_good(&server, &access), "still valid for its owner");
    assert_eq!(revoke(&app, &[]).expect(400).json()["error"], "invalid_request");
    let hint = revoke(&app, &[("token", &access), ("token_type_hint", "dance")]);
    assert_eq!(hint.expect(400).json()["error"], "unsupported_token_type");

    revoke(&app, &[("token", &access)]).expect(200);
    assert!(!is_good(&server, &access));
    let tokens = refresh(&server, &app, &refresh_token, &[]).expect(200).json();
    assert!(is_good(&server, &text(&tokens, "access_token")));
    revoke(&app, &[("token", &text(&tokens, "refresh_token"))]).expect(200);
    assert!(
        !is_good(&server, &text(&tokens, "access_token")),
        "the family ends with its refresh token"
    );
    assert_eq!(
        refresh(&server, &app, &text(&tokens, "refresh_token"), &[]).json()["error"],
        "invalid_grant"
    );
}

#[test]
fn userinfo_answers_tokens_with_openid() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Jobs"]);
    let tokens = sign_in(&admin, &app, "openid profile");
    let token = text(&tokens, "access_token");
    for call in [
        server.get("/identity_/connect/userinfo"),
        server.post("/identity/connect/userinfo"),
    ] {
        let told = call.bearer(&token).send().expect(200).json();
        assert_eq!(told["sub"], claims(&token)["sub"]);
        assert_eq!(told["preferred_username"], "admin");
    }
    assert!(!is_good(&server, &token), "a token without API scopes opens no API");
    let missing = server.get("/identity_/connect/userinfo").send().expect(401);
    assert!(
        missing
            .header("www-authenticate")
            .starts_with("Bearer realm=\"IdentityServer\"")
    );
    let expired = server
        .get("/identity_/connect/userinfo")
        .bearer("x.y.z")
        .send()
        .expect(401);
    assert!(expired.header("www-authenticate").contains("error=\"invalid_token\""));
    let other = text(&sign_in(&admin, &app, "OR.Jobs"), "access_token");
    let refused = server
        .get("/identity_/connect/userinfo")
        .bearer(&other)
        .send()
        .expect(403);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
}

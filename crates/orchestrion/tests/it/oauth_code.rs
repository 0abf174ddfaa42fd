//! Redeeming authorization codes.

use std::thread;

use testkit::{Server, claims};

use crate::oauth_support::{
    REDIRECT, assert_refused, authorize, code_of, confidential_app, is_good, public_app, redeem, refresh, text,
};
use crate::support::create_user;

#[test]
fn a_code_becomes_tokens_of_the_user() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let scope = "openid profile email offline_access OR.Assets.Read";
    let code = code_of(&authorize(&admin, &app, &[("scope", scope), ("nonce", "n-1")]));
    let answer = redeem(&server, &app, &code, &[]).expect(200);
    assert!(answer.header("cache-control").contains("no-store"));
    assert_eq!(answer.header("pragma"), "no-cache");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], scope);
    assert!(tokens["refresh_token"].is_string());

    let access = claims(&text(&tokens, "access_token"));
    assert_eq!(access["iss"], format!("{}/identity_", server.base()));
    assert_eq!(access["client_id"], app);
    assert_eq!(access["prt_id"], server.organization());
    assert_eq!(access["aud"], "UiPath.Orchestrator");
    assert_eq!(access["sub_type"], "user");
    assert_eq!(access["preferred_username"], "admin");
    assert_eq!(access["scope"].as_array().unwrap().len(), 5);
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 3600);
    for name in ["jti", "sid", "auth_time", "idp", "amr", "nbf", "sub"] {
        assert!(!access[name].is_null(), "{name}");
    }

    let id = claims(&text(&tokens, "id_token"));
    assert_eq!(id["aud"], app);
    assert_eq!(id["nonce"], "n-1");
    assert_eq!(id["sub"], access["sub"]);
    assert_eq!(id["name"], "Administrator");
    let hash = jose::left_half_hash(jose::Algorithm::Es256, &text(&tokens, "access_token"));
    assert_eq!(id["at_hash"], hash);
    for name in ["iat", "nbf", "auth_time", "sid"] {
        assert!(!id[name].is_null(), "{name}");
    }
    assert!(
        !is_good(&server, &text(&tokens, "id_token")),
        "an ID token is no access token"
    );
}

#[test]
fn the_verifier_must_fit_and_a_wrong_one_uses_the_code_up() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read"]);
    for wrong in ["", "wrong-verifier-that-is-long-enough-for-the-rules-of-it", "short"] {
        let code = code_of(&authorize(&admin, &app, &[]));
        assert_refused(
            &redeem(&server, &app, &code, &[("code_verifier", wrong)]),
            "invalid_grant",
        );
        assert_refused(&redeem(&server, &app, &code, &[]), "invalid_grant");
    }
    let (id, secret) = confidential_app(&server, &["OR.Assets.Read:user"]);
    let proof = [("client_secret", &*secret)];
    let code = code_of(&authorize(&admin, &id, &[]));
    assert_refused(
        &redeem(
            &server,
            &id,
            &code,
            &[("client_secret", &secret), ("code_verifier", "")],
        ),
        "invalid_grant",
    );
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = code_of(&authorize(&admin, &id, &without));
    assert_refused(&redeem(&server, &id, &code, &proof), "invalid_grant");
    let code = code_of(&authorize(&admin, &id, &without));
    redeem(
        &server,
        &id,
        &code,
        &[("client_secret", &secret), ("code_verifier", "")],
    )
    .expect(200);
}

#[test]
fn a_code_is_for_its_client_its_address_and_a_minute() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let other = public_app(&server, &["OR.Assets.Read"]);
    let code = code_of(&authorize(&admin, &app, &[]));
    assert_refused(&redeem(&server, &other, &code, &[]), "invalid_grant");
    assert_refused(&redeem(&server, &app, &code, &[]), "invalid_grant");
    let code = code_of(&authorize(&admin, &app, &[]));
    assert_refused(
        &redeem(&server, &app, &code, &[("redirect_uri", "https://app.example/other")]),
        "invalid_grant",
    );
    let code = code_of(&authorize(&admin, &app, &[]));
    assert_refused(
        &redeem(&server, &app, &code, &[("redirect_uri", "")]),
        "unauthorized_client",
    );
    redeem(&server, &app, &code, &[]).expect(200);
    assert_refused(&redeem(&server, &app, "", &[]), "invalid_grant");
    assert_refused(&redeem(&server, &app, "unknown", &[]), "invalid_grant");
    let code = code_of(&authorize(&admin, &app, &[]));
    server.clock.advance(61);
    assert_refused(&redeem(&server, &app, &code, &[]), "invalid_grant");
}

#[test]
fn a_failed_client_authentication_does_not_use_the_code_up() {
    let server = Server::start();
    let admin = server.admin_session();
    let (id, secret) = confidential_app(&server, &["OR.Assets.Read:user"]);
    let code = code_of(&authorize(&admin, &id, &[]));
    assert_refused(
        &redeem(&server, &id, &code, &[("client_secret", "wrong")]),
        "invalid_client",
    );
    redeem(&server, &id, &code, &[("client_secret", &secret)]).expect(200);
}

#[test]
fn a_second_use_revokes_what_the_first_one_got() {
    testkit::each_database(|server| {
        let admin = server.admin_session();
        let app = public_app(server, &["OR.Assets.Read"]);
        let code = code_of(&authorize(&admin, &app, &[("scope", "offline_access OR.Assets.Read")]));
        let tokens = redeem(server, &app, &code, &[]).expect(200).json();
        let renewed = refresh(server, &app, &text(&tokens, "refresh_token"), &[])
            .expect(200)
            .json();
        assert!(is_good(server, &text(&tokens, "access_token")));
        server.clock.advance(30);
        assert_refused(&redeem(server, &app, &code, &[]), "invalid_grant");
        assert!(!is_good(server, &text(&tokens, "access_token")));
        assert!(!is_good(server, &text(&renewed, "access_token")));
        assert_refused(
            &refresh(server, &app, &text(&renewed, "refresh_token"), &[]),
            "invalid_grant",
        );
    });
}

#[test]
fn of_two_at_once_one_succeeds_at_most() {
    testkit::each_database(|server| {
        let app = public_app(server, &["OR.Assets.Read"]);
        let admin = server.admin_session();
        for _ in 0..5 {
            let code = code_of(&authorize(&admin, &app, &[]));
            let statuses: Vec<u16> = thread::scope(|scope| {
                let calls: Vec<_> = (0..2)
                    .map(|_| scope.spawn(|| raced(&server.base(), &app, &code)))
                    .collect();
                calls.into_iter().map(|call| call.join().unwrap()).collect()
            });
            assert_eq!(
                statuses.iter().filter(|status| **status == 200).count(),
                1,
                "{statuses:?}"
            );
            assert!(statuses.contains(&400));
        }
    });
}

/// A request of its own connection, so that two can run side by side.
fn raced(base: &str, client: &str, code: &str) -> u16 {
    use std::io::{Read as _, Write as _};
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", crate::oauth_support::VERIFIER),
    ];
    let body = crate::oauth_support::encode(&fields);
    let host = base.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /identity_/connect/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_user_who_was_disabled_meanwhile_gets_nothing() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let user = create_user(&server, "leaver");
    let browser = user.session(&server);
    let first = code_of(&authorize(&browser, &app, &[]));
    let token = text(&redeem(&server, &app, &first, &[]).expect(200).json(), "access_token");
    let second = code_of(&authorize(&browser, &app, &[]));
    assert!(is_good(&server, &token));
    crate::oauth_refresh::disable(&server, &user.id);
    assert_refused(&redeem(&server, &app, &second, &[]), "invalid_grant");
    assert!(!is_good(&server, &token), "the live token of a disabled user");
}

#[test]
fn extra_scopes_at_the_token_endpoint_are_ignored() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read", "OR.Jobs"]);
    let code = code_of(&authorize(&admin, &app, &[]));
    let tokens = redeem(&server, &app, &code, &[("scope", "OR.Assets.Read OR.Jobs")])
        .expect(200)
        .json();
    assert_eq!(tokens["scope"], "OR.Assets.Read");
}

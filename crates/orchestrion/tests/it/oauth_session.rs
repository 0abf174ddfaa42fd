//! Sign-out at the wish of a client.

use testkit::{Browser, Server};

use crate::oauth_support::{
    REDIRECT, assert_page, assert_refused, authorize, encode, parameters, public_app, refresh, sign_in, text,
};

fn end(browser: &Browser<'_>, fields: &[(&str, &str)]) -> testkit::Answer {
    browser.get(&format!("/identity_/connect/endsession?{}", encode(fields)))
}

fn is_signed_in(browser: &Browser<'_>, app: &str) -> bool {
    parameters(&authorize(browser, app, &[("prompt", "none")])).contains_key("code")
}

fn start(server: &Server) -> (Browser<'_>, String, String, String) {
    let browser = server.admin_session();
    let app = public_app(server, &["OR.Assets.Read"]);
    let tokens = sign_in(&browser, &app, "openid offline_access OR.Assets.Read");
    (browser, app, text(&tokens, "id_token"), text(&tokens, "refresh_token"))
}

#[test]
fn a_hint_signs_out_and_leads_back_to_a_registered_address() {
    let server = Server::start();
    let (browser, app, hint, token) = start(&server);
    server.clock.advance(1000);
    let answer = end(
        &browser,
        &[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", REDIRECT),
            ("state", "s 1"),
        ],
    );
    assert_eq!(answer.header("location"), format!("{REDIRECT}?state=s+1"));
    assert!(!is_signed_in(&browser, &app));
    assert_refused(&refresh(&server, &app, &token, &[]), "invalid_grant");
}

#[test]
fn an_address_that_is_not_registered_is_not_followed() {
    let server = Server::start();
    for strange in [
        "https://evil.example/",
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
    ] {
        let (browser, app, hint, _) = start(&server);
        let answer = end(
            &browser,
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", strange)],
        );
        assert_eq!(answer.header("location"), "/identity_/web/signed-out");
        assert!(!is_signed_in(&browser, &app));
    }
}

#[test]
fn without_a_good_hint_the_user_is_asked() {
    let server = Server::start();
    let (browser, app, hint, _) = start(&server);
    let payload = hint.split('.').nth(1).unwrap();
    let none = format!("{}.{payload}.", jose::base64url_encode(r#"{"alg":"none"}"#));
    let stranger = {
        let key = jose::SigningKey::generate(jose::Algorithm::Es256).unwrap();
        jose::KeyRing::new(std::sync::Arc::new(key), [])
            .sign("JWT", &testkit::claims(&hint))
            .unwrap()
    };
    let access = text(&sign_in(&browser, &app, "OR.Assets.Read"), "access_token");
    for fields in [
        vec![],
        vec![("client_id", app.as_str())],
        vec![("id_token_hint", none.as_str())],
        vec![("id_token_hint", &stranger)],
        vec![("id_token_hint", &access)],
        vec![("post_logout_redirect_uri", REDIRECT)],
    ] {
        let answer = end(&browser, &fields);
        assert_eq!(answer.status, 200, "{fields:?} {}", answer.header("location"));
        assert!(answer.text().contains("Do you want to sign out?"));
        assert!(is_signed_in(&browser, &app), "{fields:?}");
    }
    let page = end(&browser, &[]);
    assert_page(
        &browser.submit("/identity_/connect/endsession/confirm", &page, &[("_csrf", "forged")]),
        "out of date",
    );
    assert!(is_signed_in(&browser, &app));
    browser
        .submit("/identity_/connect/endsession/confirm", &page, &[])
        .expect(303);
    assert!(!is_signed_in(&browser, &app));
}

#[test]
fn a_hint_of_another_application_is_an_error() {
    let server = Server::start();
    let (browser, app, hint, _) = start(&server);
    let other = public_app(&server, &["OR.Assets.Read"]);
    assert_page(
        &end(&browser, &[("id_token_hint", &hint), ("client_id", &other)]),
        "another application",
    );
    assert!(is_signed_in(&browser, &app));
}

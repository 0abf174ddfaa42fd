//! Refresh tokens: rotation, reuse, and everything that ends them.

use std::time::Duration;

use accounts::users::service::{self as users, UserChange};
use context::Error;
use serde_json::json;
use testkit::{Browser, Server, claims};
use uuid::Uuid;

use crate::oauth_support::{assert_refused, confidential_app, is_good, public_app, refresh, sign_in, text};
use crate::support::create_user;

const SCOPES: &str = "offline_access OR.Assets.Read OR.Jobs";

/// Closes an account as an administrator does.
pub fn disable(server: &Server, user: &str) {
    let (organization, user): (Uuid, Uuid) = (server.organization().parse().unwrap(), user.parse().unwrap());
    let (store, ctx) = (server.app.store().clone(), server.app.system());
    let change = UserChange {
        is_active: Some(false),
        ..UserChange::default()
    };
    let work = store.write(move |tx| {
        users::update(&mut tx.organization(organization), &ctx, user, change.clone())
            .map_err(accounts::users::Failure::into_error)
    });
    server
        .run(work)
        .map(|_| ())
        .map_err(|error: Error| error.message)
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
}

fn start(server: &Server) -> (Browser<'_>, String, String) {
    let browser = server.admin_session();
    let app = public_app(server, &["OR.Assets.Read", "OR.Jobs"]);
    let token = text(&sign_in(&browser, &app, SCOPES), "refresh_token");
    (browser, app, token)
}

#[test]
fn every_use_gives_a_new_one() {
    testkit::each_database(|server| {
        let (_browser, app, mut token) = start(server);
        for _ in 0..3 {
            let tokens = refresh(server, &app, &token, &[]).expect(200).json();
            assert_eq!(tokens["scope"], SCOPES);
            assert!(is_good(server, &text(&tokens, "access_token")));
            let next = text(&tokens, "refresh_token");
            assert_ne!(next, token);
            token = next;
        }
    });
}

#[test]
fn a_second_use_ends_the_whole_family() {
    testkit::each_database(|server| {
        let (_browser, app, first) = start(server);
        let second = refresh(server, &app, &first, &[]).expect(200).json();
        assert!(is_good(server, &text(&second, "access_token")));
        assert_refused(&refresh(server, &app, &first, &[]), "invalid_grant");
        assert_refused(
            &refresh(server, &app, &text(&second, "refresh_token"), &[]),
            "invalid_grant",
        );
        assert!(!is_good(server, &text(&second, "access_token")));
    });
}

#[test]
fn another_client_gets_nothing_and_ends_nothing() {
    let server = Server::start();
    let (_browser, app, token) = start(&server);
    let other = public_app(&server, &["OR.Assets.Read"]);
    assert_refused(&refresh(&server, &other, &token, &[]), "invalid_grant");
    refresh(&server, &app, &token, &[]).expect(200);
    assert_refused(&refresh(&server, &app, "", &[]), "invalid_request");
    assert_refused(&refresh(&server, &app, "unknown", &[]), "invalid_grant");
}

#[test]
fn scopes_can_be_narrowed_and_taken_up_again_but_not_widened() {
    let server = Server::start();
    let (_browser, app, token) = start(&server);
    assert_refused(
        &refresh(&server, &app, &token, &[("scope", "OR.Assets.Read OR.Folders")]),
        "invalid_scope",
    );
    let narrow = refresh(&server, &app, &token, &[("scope", "OR.Jobs")])
        .expect(200)
        .json();
    assert_eq!(narrow["scope"], "OR.Jobs");
    let wide = refresh(&server, &app, &text(&narrow, "refresh_token"), &[])
        .expect(200)
        .json();
    assert_eq!(wide["scope"], SCOPES);
}

#[test]
fn a_scope_the_application_lost_is_dropped() {
    let server = Server::start();
    let (_browser, app, token) = start(&server);
    let change = |scopes: serde_json::Value| {
        let body = json!({ "name": "browser app", "redirectUri": crate::oauth_support::REDIRECT, "scopes": scopes });
        let path = format!("/identity_/api/ExternalClient/{}/{app}", server.organization());
        server
            .put(&path)
            .bearer(&server.token("PM.OAuthApp"))
            .json(&body)
            .send()
            .expect(200);
    };
    change(json!([{ "name": "OR.Jobs", "type": 0 }]));
    let tokens = refresh(&server, &app, &token, &[]).expect(200).json();
    assert_eq!(tokens["scope"], "offline_access OR.Jobs");
    assert!(
        !claims(&text(&tokens, "access_token"))["scope"]
            .to_string()
            .contains("Assets")
    );
    change(json!([{ "name": "OR.Folders", "type": 0 }]));
    assert_refused(
        &refresh(&server, &app, &text(&tokens, "refresh_token"), &[]),
        "invalid_grant",
    );
}

#[test]
fn sixty_days_after_sign_in_they_end() {
    let server = Server::start();
    let (_browser, app, token) = start(&server);
    server.clock.advance(59 * 86_400);
    let token = text(&refresh(&server, &app, &token, &[]).expect(200).json(), "refresh_token");
    server.clock.advance(86_400 + 1);
    assert_refused(&refresh(&server, &app, &token, &[]), "invalid_grant");
}

#[test]
fn a_closed_account_and_a_new_password_end_them() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Assets.Read", "OR.Jobs"]);
    let user = create_user(&server, "leaver");
    let token = text(&sign_in(&user.session(&server), &app, SCOPES), "refresh_token");
    disable(&server, &user.id);
    assert_refused(&refresh(&server, &app, &token, &[]), "invalid_grant");

    let user = create_user(&server, "changer");
    let tokens = sign_in(&user.session(&server), &app, SCOPES);
    let (id, organization): (Uuid, Uuid) = (user.id.parse().unwrap(), server.organization().parse().unwrap());
    let accounts = server.app.state::<accounts::Accounts>().unwrap();
    let ctx = server.app.system();
    let (old, new) = (user.password.as_str().into(), "another-Passw0rd-of-a-test".into());
    server
        .run(accounts.change_password(&ctx, organization, id, Some(old), new, None))
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_refused(
        &refresh(&server, &app, &text(&tokens, "refresh_token"), &[]),
        "invalid_grant",
    );
    assert!(!is_good(&server, &text(&tokens, "access_token")));
}

#[test]
fn signing_out_ends_them() {
    let server = Server::start();
    let (browser, app, token) = start(&server);
    let page = browser.get("/identity_/connect/endsession").expect(200);
    browser
        .submit("/identity_/connect/endsession/confirm", &page, &[])
        .expect(303);
    assert_refused(&refresh(&server, &app, &token, &[]), "invalid_grant");
}

#[test]
fn a_confidential_client_must_prove_itself_at_every_refresh() {
    let server = Server::start();
    let (id, secret) = confidential_app(&server, &["OR.Assets.Read:user"]);
    let browser = server.admin_session();
    let code = crate::oauth_support::code_of(&crate::oauth_support::authorize(
        &browser,
        &id,
        &[("scope", "offline_access OR.Assets.Read")],
    ));
    let tokens = crate::oauth_support::redeem(&server, &id, &code, &[("client_secret", &secret)])
        .expect(200)
        .json();
    let token = text(&tokens, "refresh_token");
    assert_refused(&refresh(&server, &id, &token, &[]), "invalid_client");
    refresh(&server, &id, &token, &[("client_secret", &secret)]).expect(200);
}

#[test]
fn a_storm_of_the_same_token_succeeds_once_at_most() {
    testkit::each_database(|server| {
        let (_browser, app, token) = start(server);
        let statuses: Vec<u16> = (0..20)
            .map(|_| refresh(server, &app, &token, &[]).status.as_u16())
            .collect();
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert!(statuses.iter().all(|status| *status < 500));
    });
}

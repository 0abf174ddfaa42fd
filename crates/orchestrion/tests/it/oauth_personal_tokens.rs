//! Personal access tokens.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Answer, Browser, Server};

use crate::oauth_support::{authorize, code_of, is_good, redeem, text};
use crate::support::create_user;

const FIRST_PARTY: &str = "36dea5b8-e8bb-423d-8e7b-c808df8f1c00";
const REDIRECT: &str = "http://localhost:8104/oidc/login";

/// A first-party token: the person itself, as the command line or the portal would act.
fn person(browser: &Browser<'_>) -> String {
    let scope = "OrchestratorApiUserAccess IdentityServerApi";
    let code = code_of(&authorize(
        browser,
        FIRST_PARTY,
        &[("redirect_uri", REDIRECT), ("scope", scope)],
    ));
    text(
        &redeem(browser.server(), FIRST_PARTY, &code, &[("redirect_uri", REDIRECT)])
            .expect(200)
            .json(),
        "access_token",
    )
}

fn in_days(server: &Server, days: i64) -> String {
    (server.app.clock().now() + SignedDuration::from_hours(24 * days)).to_string()
}

fn create(server: &Server, person: &str, days: i64, scopes: &[&str]) -> Answer {
    let body = json!({ "description": "for tests", "expirationTime": in_days(server, days), "scopes": scopes });
    server
        .post("/identity_/api/ReferenceToken")
        .bearer(person)
        .json(&body)
        .send()
}

#[test]
fn a_token_works_as_its_user_as_far_as_its_scopes_go_until_it_is_revoked() {
    testkit::each_database(|server| {
        let person = person(&server.admin_session());
        let made = create(server, &person, 30, &["PM.OAuthApp.Read"]).expect(201).json();
        let value = text(&made, "token");
        assert!(value.starts_with("rt_"));
        assert!(is_good(server, &value));
        let own = format!("/identity_/api/ExternalClient/{}", server.organization());
        server.get(&own).bearer(&value).send().expect(200);
        let wider = json!({ "name": "x", "isConfidential": true });
        server
            .post("/identity_/api/ExternalClient")
            .bearer(&value)
            .json(&wider)
            .send()
            .expect(403);
        assert_eq!(
            create(server, &value, 30, &["OR.Jobs"]).status,
            403,
            "tokens do not make tokens"
        );
        server
            .get("/identity_/api/ReferenceToken")
            .bearer(&value)
            .send()
            .expect(403);

        let list = server
            .get("/identity_/api/ReferenceToken")
            .bearer(&person)
            .send()
            .expect(200);
        assert_eq!(list.json()[0]["id"], made["id"]);
        assert!(!list.text().contains(&value), "the value is shown once");
        let told = server
            .post("/identity_/connect/introspect")
            .basic(testkit::CLIENT_ID, testkit::CLIENT_SECRET)
            .form(&[("token", &value)])
            .send()
            .expect(200)
            .json();
        assert_eq!(told["active"], true);
        assert_eq!(told["scope"], "PM.OAuthApp.Read");

        let path = format!("/identity_/api/ReferenceToken/{}", text(&made, "id"));
        let body = json!({ "expirationTime": in_days(server, 60) });
        let renewed = text(
            &server.put(&path).bearer(&person).json(&body).send().expect(200).json(),
            "token",
        );
        assert!(!is_good(server, &value));
        assert!(is_good(server, &renewed));
        server.delete(&path).bearer(&person).send().expect(204);
        assert!(!is_good(server, &renewed));
        server.get(&path).bearer(&person).send().expect(404);
    });
}

#[test]
fn a_token_ends_with_its_time_and_its_user() {
    let server = Server::start();
    let user = create_user(&server, "tokens");
    let person = person(&user.session(&server));
    let value = text(&create(&server, &person, 1, &["OR.Jobs"]).expect(201).json(), "token");
    let longer = text(&create(&server, &person, 10, &["OR.Jobs"]).expect(201).json(), "token");
    assert!(!is_good(&server, &value[..20]));
    server.clock.advance(86_401);
    assert!(!is_good(&server, &value));
    assert!(is_good(&server, &longer));
    crate::oauth_refresh::disable(&server, &user.id);
    std::thread::sleep(Duration::from_millis(50));
    assert!(!is_good(&server, &longer));
}

#[test]
fn the_policy_is_kept() {
    let server = Server::start();
    let user = create_user(&server, "tokens");
    let person = person(&user.session(&server));
    let message = |answer: Answer| text(&answer.expect(400).json(), "message");
    assert!(message(create(&server, &person, 361, &["OR.Jobs"])).contains("too large"));
    assert!(message(create(&server, &person, 0, &["OR.Jobs"])).contains("too small"));
    assert!(message(create(&server, &person, 10, &["OR.Nothing"])).contains("not found"));
    assert!(message(create(&server, &person, 10, &["openid"])).contains("not found"));
    assert!(message(create(&server, &person, 10, &[])).contains("scope"));
    let body = json!({ "description": "x".repeat(257), "expirationTime": in_days(&server, 10), "scopes": ["OR.Jobs"] });
    let long = server
        .post("/identity_/api/ReferenceToken")
        .bearer(&person)
        .json(&body)
        .send();
    assert!(message(long).contains("256"));
    let body = json!({ "description": "x", "expirationTime": "soon", "scopes": ["OR.Jobs"] });
    let wrong = server
        .post("/identity_/api/ReferenceToken")
        .bearer(&person)
        .json(&body)
        .send();
    assert!(message(wrong).contains("Invalid expiration"));
    for _ in 0..5 {
        create(&server, &person, 10, &["OR.Jobs"]).expect(201);
    }
    assert!(message(create(&server, &person, 10, &["OR.Jobs"])).contains("limit"));
}

#[test]
fn administrators_see_and_revoke_everyones_tokens_and_others_do_not() {
    let server = Server::start();
    let user = create_user(&server, "tokens");
    let own = person(&user.session(&server));
    let made = create(&server, &own, 10, &["OR.Jobs"]).expect(201).json();
    let all = format!("/identity_/api/ReferenceToken/partition/{}", server.organization());
    server.get(&all).bearer(&own).send().expect(403);
    let administrator = person(&server.admin_session());
    let list: Value = server.get(&all).bearer(&administrator).send().expect(200).json();
    assert!(list.as_array().unwrap().iter().any(|token| token["id"] == made["id"]));
    let other = "/identity_/api/ReferenceToken/partition/99999999-9999-4999-8999-999999999999";
    server.get(other).bearer(&administrator).send().expect(403);

    let admins = create(&server, &administrator, 10, &["OR.Jobs"]).expect(201).json();
    server
        .delete(&format!("/identity_/api/ReferenceToken/{}", text(&admins, "id")))
        .bearer(&own)
        .send()
        .expect(404);
    let by_value = json!({ "token": text(&made, "token") });
    server
        .delete("/identity_/api/ReferenceToken/Revoke")
        .bearer(&administrator)
        .json(&by_value)
        .send()
        .expect(204);
    assert!(!is_good(&server, &text(&made, "token")));
    assert!(is_good(&server, &text(&admins, "token")));
}

#[test]
fn applications_have_no_personal_tokens() {
    let server = Server::start();
    let token = server.token("OR.Jobs PM.OAuthApp");
    assert_eq!(create(&server, &token, 10, &["OR.Jobs"]).status, 403);
    server.get("/identity_/api/ReferenceToken").send().expect(401);
}

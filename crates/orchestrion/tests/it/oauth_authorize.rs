//! The authorize endpoint, consent, and what never leaves this server.

use serde_json::json;
use testkit::Server;

use crate::oauth_support::{
    REDIRECT, assert_page, assert_refused, assert_told, authorize, authorize_path, code_of, confidential_app,
    parameters, public_app, redeem, sign_in, text,
};

const FIRST_PARTY: &str = "36dea5b8-e8bb-423d-8e7b-c808df8f1c00";
const UNKNOWN: &str = "99999999-9999-4999-8999-999999999999";

#[test]
fn an_unknown_client_or_a_strange_redirect_address_is_told_here_and_nowhere_else() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = text(
        &server.register(
            "spa",
            false,
            &format!("{REDIRECT},https://app.example/second"),
            &["OR.Assets.Read:user"],
        ),
        "id",
    );
    assert_page(&authorize(&admin, UNKNOWN, &[]), "Unknown client");
    assert_page(&authorize(&admin, "not-a-guid", &[]), "Unknown client");
    for strange in [
        "https://app.example/callback/",
        "https://app.example/Callback",
        "https://app.example:8443/callback",
        "http://app.example/callback",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example/x/../callback",
        "https://app.example/%63allback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "//evil.example/callback",
        "javascript:alert(1)",
        "",
    ] {
        assert_page(
            &authorize(&admin, &app, &[("redirect_uri", strange)]),
            "Invalid redirect_uri",
        );
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", authorize_path(&app, &[]));
    assert_page(&admin.follow(admin.get(&twice)), "invalid_request");
    let second = authorize(&admin, &app, &[("redirect_uri", "https://app.example/second")]);
    assert!(
        second
            .header("location")
            .starts_with("https://app.example/second?code=")
    );

    let token = server.token("PM.OAuthApp");
    server
        .delete(&format!(
            "/identity_/api/ExternalClient/{}/{app}",
            server.organization()
        ))
        .bearer(&token)
        .send()
        .expect(204);
    assert_page(&authorize(&admin, &app, &[]), "unauthorized_client");
}

#[test]
fn every_other_fault_goes_to_the_client_with_state_and_issuer() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read", "OR.Jobs"]);
    let long = "a".repeat(129);
    let scopes = "OR.Assets.Read ".repeat(400);
    for (changes, error) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("response_type", "id_token")], "unsupported_response_type"),
        (vec![("response_type", "code id_token")], "unsupported_response_type"),
        (vec![("response_type", "")], "invalid_request"),
        (vec![("response_mode", "dance")], "invalid_request"),
        (
            vec![("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge_method", "")], "invalid_request"),
        (vec![("code_challenge", "short")], "invalid_request"),
        (vec![("code_challenge", &long)], "invalid_request"),
        (
            vec![("code_challenge", "not+allowed+characters+but+long+enough+for+it")],
            "invalid_request",
        ),
        (vec![("prompt", "none login")], "invalid_request"),
        (vec![("max_age", "soon")], "invalid_request"),
        (vec![("nonce", &long), ("max_age", "-1")], "invalid_request"),
        (vec![("request", "x.y.z")], "request_not_supported"),
        (
            vec![("request_uri", "https://evil.example")],
            "request_uri_not_supported",
        ),
        (vec![("scope", "OR.Assets")], "invalid_scope"),
        (vec![("scope", "OR.Folders.Read")], "invalid_scope"),
        (vec![("scope", "OR.Jobs.Read")], "invalid_scope"),
        (vec![("scope", "IdentityServerApi")], "invalid_scope"),
        (vec![("scope", "OrchestratorApiUserAccess")], "invalid_scope"),
        (vec![("scope", "profile OR.Jobs")], "invalid_scope"),
        (vec![("scope", "offline_access")], "invalid_scope"),
        (vec![("scope", &scopes)], "invalid_scope"),
        (vec![("scope", "OR.Jobs\u{1}")], "invalid_scope"),
        (vec![("scope", "")], "invalid_scope"),
    ] {
        let answer = authorize(&admin, &app, &changes);
        assert_eq!(parameters(&answer)["state"], "xyz", "{changes:?}");
        assert_told(&answer, error);
    }
    let confidential = confidential_app(&server, &["OR.Assets.Read:user", "OR.Jobs:application"]).0;
    assert_told(
        &authorize(&admin, &confidential, &[("scope", "openid OR.Assets.Read")]),
        "invalid_scope",
    );
    assert_told(
        &authorize(&admin, &confidential, &[("scope", "OR.Jobs")]),
        "invalid_scope",
    );
    code_of(&authorize(&admin, &confidential, &[("scope", "OR.Default")]));
}

#[test]
fn a_code_comes_with_the_granted_scope_the_state_and_the_issuer() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let state = format!("ü &=+%20/\\\"#{}", "x".repeat(2000));
    let answer = authorize(&admin, &app, &[("state", &state)]);
    assert_eq!(answer.status, 302);
    let found = parameters(&answer);
    assert_eq!(found["state"], state);
    assert_eq!(found["scope"], "OR.Assets.Read");
    assert_eq!(found["iss"], format!("{}/identity_", server.base()));
    assert!(
        found["code"]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
    );
    let path = authorize_path(&app, &[]).replace("/identity_", "/identity");
    assert_eq!(
        parameters(&admin.get(&path))["iss"],
        format!("{}/identity", server.base())
    );
    let below = authorize_path(&app, &[]).replace("/identity_", "/default/identity_");
    assert_eq!(
        parameters(&admin.get(&below))["iss"],
        format!("{}/identity_", server.base())
    );
}

#[test]
fn a_request_may_be_posted_and_answered_by_form() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let path = authorize_path(&app, &[("response_mode", "form_post"), ("state", "<\"&>")]);
    let (path, query) = path.split_once('?').unwrap();
    let post = server.post(path).bytes("application/x-www-form-urlencoded", query);
    let page = admin.follow(admin.send(post).expect(303)).expect(200).text();
    assert!(page.contains("src=\"/identity_/connect/form-post.js\""), "{page}");
    admin.get("/identity_/connect/form-post.js").expect(200);
    assert!(page.contains(&format!("action=\"{REDIRECT}\"")), "{page}");
    assert!(
        page.contains("name=\"code\"") && page.contains("name=\"iss\"") && page.contains("&lt;"),
        "{page}"
    );
}

#[test]
fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let visitor = server.browser();
    let login = visitor.get(&authorize_path(&app, &[]));
    assert_eq!(login.status, 302);
    let location = login.header("location").to_owned();
    assert!(
        location.starts_with("/identity_/web/login?returnUrl=%2Fidentity_%2Fconnect%2Fauthorize%2Fcallback"),
        "{location}"
    );
    let page = visitor.get(&location).expect(200);
    let fields = [
        ("organization", "default"),
        ("username", "admin"),
        ("password", testkit::ADMIN_PASSWORD),
    ];
    let arrived = visitor.follow(visitor.submit("/identity_/web/login", &page, &fields));
    assert!(
        arrived.header("location").starts_with(REDIRECT),
        "{} {}",
        arrived.header("location"),
        arrived.text()
    );
    redeem(&server, &app, &code_of(&arrived), &[]).expect(200);
    assert_told(
        &authorize(&server.browser(), &app, &[("prompt", "none")]),
        "login_required",
    );
    code_of(&authorize(&visitor, &app, &[("prompt", "none")]));
}

#[test]
fn a_fresh_sign_in_is_demanded_by_prompt_and_by_age() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let admin = server.admin_session();
    server.clock.advance(100);
    for changes in [[("prompt", "login")], [("max_age", "50")], [("max_age", "0")]] {
        let answer = admin.get(&authorize_path(&app, &changes));
        let location = answer.header("location").to_owned();
        assert!(location.contains("/web/login"), "{changes:?} {location}");
        let page = admin.get(&location).expect(200);
        let fields = [
            ("organization", "default"),
            ("username", "admin"),
            ("password", testkit::ADMIN_PASSWORD),
        ];
        let arrived = admin.follow(admin.submit("/identity_/web/login", &page, &fields));
        code_of(&arrived);
        server.clock.advance(100);
    }
    code_of(&authorize(&admin, &app, &[("max_age", "5000")]));
}

#[test]
fn organizations_do_not_mix() {
    let server = Server::start();
    let app = public_app(&server, &["OR.Assets.Read"]);
    let admin = server.admin_session();
    let organization = server.organization();
    code_of(&authorize(&admin, &app, &[("acr_values", "tenantName:default")]));
    code_of(&authorize(
        &admin,
        &app,
        &[("acr_values", &format!("tenant:{organization} idp:x"))],
    ));
    assert_page(
        &authorize(&admin, &app, &[("acr_values", "tenantName:host")]),
        "does not belong",
    );
    assert_page(
        &authorize(&admin, &app, &[("acr_values", "tenantName:nowhere")]),
        "Unknown organization",
    );
    let host = server.browser().sign_in("host", "admin", testkit::ADMIN_PASSWORD);
    assert_page(&authorize(&host, &app, &[]), "not a member");
    let beta = server.organization_beside("beta");
    let stranger = server.browser().sign_in("beta", "admin", testkit::ADMIN_PASSWORD);
    assert_page(&authorize(&stranger, &app, &[]), "not a member");
    assert_page(
        &authorize(&admin, &app, &[("acr_values", &format!("tenant:{}", beta.id))]),
        "does not belong",
    );
    let below = authorize_path(&app, &[]).replace("/identity_", "/beta/identity_");
    assert_page(&admin.get(&below), "does not belong");
}

#[test]
fn a_system_administrator_opens_no_tenant() {
    let server = Server::start();
    let host = server.browser().sign_in("host", "admin", testkit::ADMIN_PASSWORD);
    let redirect = "http://localhost:8104/oidc/login";
    let scope = "OrchestratorApiUserAccess IdentityServerApi";
    let code = code_of(&authorize(
        &host,
        FIRST_PARTY,
        &[("redirect_uri", redirect), ("scope", scope)],
    ));
    let token = text(
        &redeem(&server, FIRST_PARTY, &code, &[("redirect_uri", redirect)])
            .expect(200)
            .json(),
        "access_token",
    );
    server.get("/odata/Assets").bearer(&token).folder(1).send().expect(403);
    server
        .get("/default/Default/orchestrator_/odata/Folders")
        .bearer(&token)
        .send()
        .expect(403);
}

#[test]
fn the_command_line_signs_in_with_scopes_of_services_that_are_not_here() {
    let server = Server::start();
    let admin = server.admin_session();
    let scopes = "offline_access ProcessMining OrchestratorApiUserAccess StudioWebBackend IdentityServerApi ConnectionService \
        DataService DocumentUnderstanding Du.Digitization.Api Directory JamJamApi LLMGateway OMS RCS.FolderAuthorization TM.Projects";
    for port in ["8104", "8055", "42042"] {
        let redirect = format!("http://localhost:{port}/oidc/login");
        let answer = authorize(&admin, FIRST_PARTY, &[("redirect_uri", &redirect), ("scope", scopes)]);
        let tokens = redeem(&server, FIRST_PARTY, &code_of(&answer), &[("redirect_uri", &redirect)])
            .expect(200)
            .json();
        assert_eq!(
            tokens["scope"],
            "offline_access OrchestratorApiUserAccess IdentityServerApi"
        );
        let claims = testkit::claims(&text(&tokens, "access_token"));
        assert_eq!(claims["prt_id"], server.organization());
        assert_eq!(claims["aud"], json!(["OrchestratorApiUserAccess", "IdentityServerApi"]));
        assert!(tokens["refresh_token"].is_string());
    }
    assert_page(&authorize(&admin, FIRST_PARTY, &[]), "Invalid redirect_uri");
    let form = [("grant_type", "client_credentials"), ("client_id", FIRST_PARTY)];
    assert_refused(
        &server.post("/identity_/connect/token").form(&form).send(),
        "unauthorized_client",
    );
}

#[test]
fn consent_is_asked_when_wanted_and_takes_nothing_that_was_not_asked_for() {
    let server = Server::start();
    let admin = server.admin_session();
    let app = text(
        &server.register(
            "<b>Evil</b> app",
            false,
            REDIRECT,
            &["OR.Assets.Read:user", "OR.Jobs:user"],
        ),
        "id",
    );
    let path = authorize_path(&app, &[("prompt", "consent"), ("scope", "OR.Assets.Read OR.Jobs")]);
    let page = admin.get(&path).expect(200);
    assert!(
        page.text().contains("&lt;b&gt;Evil") && page.text().contains("https://app.example"),
        "{}",
        page.text()
    );
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert_eq!(page.header("x-frame-options"), "DENY");

    let answer = |fields: &[(&str, &str)]| admin.submit("/identity_/connect/consent", &page, fields);
    assert_told(&answer(&[("decision", "deny")]), "access_denied");
    assert_eq!(answer(&[("decision", "allow"), ("scope", "OR.Folders")]).status, 400);
    assert_page(
        &answer(&[("decision", "allow"), ("scope", "OR.Jobs"), ("_csrf", "forged")]),
        "out of date",
    );
    let some = answer(&[("decision", "allow"), ("scope", "OR.Jobs")]);
    assert_eq!(some.status, 303);
    assert_eq!(
        redeem(&server, &app, &code_of(&some), &[]).expect(200).json()["scope"],
        "OR.Jobs"
    );

    assert_eq!(
        sign_in(&admin, &app, "OR.Jobs")["scope"],
        "OR.Jobs",
        "by default nobody is asked"
    );
    set_consent(&server, true);
    code_of(&authorize(&admin, &app, &[("scope", "OR.Jobs")]));
    let more = authorize(&admin, &app, &[("scope", "OR.Jobs OR.Assets.Read")]);
    assert_eq!(more.status, 200, "more than was agreed to is asked for again");
    assert_told(
        &authorize(&admin, &app, &[("scope", "OR.Jobs OR.Assets.Read"), ("prompt", "none")]),
        "consent_required",
    );
}

fn set_consent(server: &Server, wanted: bool) {
    let id: uuid::Uuid = server.organization().parse().unwrap();
    let (store, ctx) = (server.app.store().clone(), server.app.system());
    let work = store.write(move |tx| {
        use accounts::organizations::service;
        let mut settings = service::get(tx, id)?.unwrap().settings.0;
        settings.consent_for_non_confidential = wanted;
        service::set_settings(tx, &ctx, id, &settings)
    });
    server.run(work).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
}

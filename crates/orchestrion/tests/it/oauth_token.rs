//! The token endpoint: client credentials, client authentication, and what is refused.

use serde_json::json;
use testkit::{CLIENT_ID, CLIENT_SECRET, Server, claims};

use crate::oauth_support::{assert_refused, confidential_app, credentials, public_app, text};

const DAY: i64 = 86_400;
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[test]
fn an_application_gets_a_token_of_its_own() {
    let server = Server::start();
    let answer = credentials(&server, &[("scope", "OR.Assets.Read PM.User.Read")]).expect(200);
    assert!(answer.header("content-type").starts_with("application/json"));
    let tokens = answer.json();
    assert_eq!(tokens["scope"], "OR.Assets.Read PM.User.Read");
    assert_eq!(tokens["expires_in"], 3600);
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let token = claims(&text(&tokens, "access_token"));
    assert_eq!(token["sub"], CLIENT_ID);
    assert_eq!(token["client_id"], CLIENT_ID);
    assert_eq!(token["sub_type"], "application");
    assert_eq!(token["scope"], json!(["OR.Assets.Read", "PM.User.Read"]));
    assert_eq!(
        token["aud"],
        json!(["UiPath.Orchestrator", "UiPath.PlatformManagement"])
    );
    assert!(token.get("sid").is_none() && token.get("email").is_none());
}

#[test]
fn without_scope_everything_registered_is_granted() {
    let server = Server::start();
    let (id, secret) = confidential_app(
        &server,
        &["OR.Jobs:application", "OR.Folders.Read:application", "OR.Assets:user"],
    );
    let both = [
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", ""),
    ];
    assert_eq!(
        credentials(&server, &both).expect(200).json()["scope"],
        "OR.Jobs OR.Folders.Read"
    );
    let app = server.register("fine-grained", true, "", &[]);
    let (id, secret) = (text(&app, "id"), text(&app, "secret"));
    let both = [
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", ""),
    ];
    assert_eq!(credentials(&server, &both).expect(200).json()["scope"], "OR.Default");
}

#[test]
fn scopes_must_be_registered_to_the_letter() {
    let server = Server::start();
    let (id, secret) = confidential_app(
        &server,
        &["OR.Folders.Read:application", "OR.Jobs:application", "OR.Assets:user"],
    );
    let ask = |scope: &str| {
        credentials(
            &server,
            &[("client_id", &id), ("client_secret", &secret), ("scope", scope)],
        )
    };
    for scope in [
        "OR.Folders",
        "OR.Jobs.Read",
        "or.jobs",
        "offline_access",
        "openid",
        "IdentityServerApi",
        "OrchestratorApiUserAccess",
        "X",
        "TM.Projects",
    ] {
        assert_refused(&ask(scope), "invalid_scope");
    }
    assert_refused(&ask(&"OR.Jobs ".repeat(700)), "invalid_scope");
    assert_refused(&ask("OR.Jobs\u{7}"), "invalid_scope");
    let user = ask("OR.Assets");
    assert_refused(&user, "invalid_request");
    assert_eq!(
        user.json()["error_description"],
        format!("Client={id} is not allowed to access User scopes")
    );
    assert_eq!(
        ask("OR.Jobs OR.Default  OR.Jobs").expect(200).json()["scope"],
        "OR.Jobs OR.Default"
    );
}

#[test]
fn empty_fields_are_absent_and_repeated_ones_are_refused() {
    let server = Server::start();
    let all = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scope", "OR.Jobs"),
        ("code", ""),
        ("code_verifier", ""),
        ("redirect_uri", ""),
        ("refresh_token", ""),
    ];
    server.post("/identity_/connect/token").form(&all).send().expect(200);
    for twice in ["grant_type", "client_id"] {
        let mut form = all.to_vec();
        form.push((twice, "x"));
        assert_refused(
            &server.post("/identity_/connect/token").form(&form).send(),
            "invalid_request",
        );
    }
}

#[test]
fn only_a_posted_form_is_read() {
    let server = Server::start();
    let fields = json!({ "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    assert_refused(
        &server.post("/identity_/connect/token").json(&fields).send(),
        "invalid_request",
    );
    server.get("/identity_/connect/token").send().expect(405);
    let query = format!(
        "/identity_/connect/token?grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    );
    assert_refused(&server.post(&query).form(&[]).send(), "invalid_client");
    for path in [
        "/identity/connect/token",
        "/default/identity_/connect/token",
        "/IDENTITY_/Connect/Token",
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        server.post(path).form(&form).send().expect(200);
    }
}

#[test]
fn grants_that_are_not_offered_are_refused() {
    let server = Server::start();
    assert_refused(
        &credentials(&server, &[("grant_type", "password")]),
        "unauthorized_client",
    );
    for grant in ["implicit", "dance", ""] {
        assert_refused(
            &credentials(&server, &[("grant_type", grant)]),
            "unsupported_grant_type",
        );
    }
    let public = public_app(&server, &["OR.Jobs"]);
    assert_refused(
        &credentials(&server, &[("client_id", &public), ("client_secret", "anything")]),
        "unauthorized_client",
    );
    assert_refused(
        &credentials(&server, &[("client_id", &public), ("client_secret", "")]),
        "unauthorized_client",
    );
}

#[test]
fn basic_is_read_encoded_and_raw_and_never_beside_a_body_secret() {
    let server = Server::start();
    let form = [("grant_type", "client_credentials"), ("scope", "OR.Jobs")];
    let post = |form: &[(&str, &str)]| server.post("/identity_/connect/token").form(form);
    post(&form).basic(CLIENT_ID, CLIENT_SECRET).send().expect(200);
    let with_id = [form[0], form[1], ("client_id", CLIENT_ID)];
    post(&with_id).basic(CLIENT_ID, CLIENT_SECRET).send().expect(200);
    let with_both = [form[0], form[1], ("client_secret", CLIENT_SECRET)];
    assert_refused(
        &post(&with_both).basic(CLIENT_ID, CLIENT_SECRET).send(),
        "invalid_request",
    );
    let wrong = post(&form).basic(CLIENT_ID, "wrong").send().expect(401);
    assert_eq!(wrong.json()["error"], "invalid_client");
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    for broken in ["Basic !!!", "Basic YQ=="] {
        post(&form).header("authorization", broken).send().expect(401);
    }
}

#[test]
fn an_unknown_client_and_a_wrong_secret_look_the_same() {
    let server = Server::start();
    let wrong = credentials(&server, &[("client_secret", "wrong")]);
    let unknown = credentials(
        &server,
        &[
            ("client_id", "22222222-2222-4222-8222-222222222222"),
            ("client_secret", "wrong"),
        ],
    );
    assert_refused(&wrong, "invalid_client");
    assert_eq!(wrong.text(), unknown.text());
    assert_eq!(wrong.text(), r#"{"error":"invalid_client"}"#);
    assert_refused(&credentials(&server, &[("client_secret", "")]), "invalid_client");
    assert_refused(&credentials(&server, &[("client_id", "")]), "invalid_client");
    assert_refused(
        &credentials(&server, &[("client_id", &"x".repeat(5000))]),
        "invalid_client",
    );
    assert_refused(
        &credentials(&server, &[("client_secret", &"x".repeat(5000))]),
        "invalid_client",
    );
}

#[test]
fn secrets_overlap_until_one_is_deleted_or_expires() {
    testkit::each_database(|server| {
        let (id, first) = confidential_app(server, &["OR.Jobs:application"]);
        let ask = |secret: &str| {
            credentials(
                server,
                &[("client_id", &id), ("client_secret", secret), ("scope", "OR.Jobs")],
            )
        };
        let token = server.token("PM.OAuthAppSecret.Write");
        let generate = |expiry: Option<&str>| {
            let body = json!({
                "clientId": id, "partitionGlobalId": server.organization(), "description": "second", "expiryTime": expiry
            });
            server
                .post("/identity_/api/ExternalClient/GenerateSecret")
                .bearer(&token)
                .json(&body)
                .send()
                .expect(200)
                .json()
        };
        let second = generate(None);
        ask(&first).expect(200);
        ask(&text(&second, "secret")).expect(200);
        let path = format!(
            "/identity_/api/ExternalClient/{}/secrets/{}",
            server.organization(),
            second["id"]
        );
        server.delete(&path).bearer(&token).send().expect(204);
        assert_refused(&ask(&text(&second, "secret")), "invalid_client");
        ask(&first).expect(200);

        let tomorrow = (server.app.clock().now() + jiff::SignedDuration::from_hours(24)).to_string();
        let third = text(&generate(Some(&tomorrow)), "secret");
        ask(&third).expect(200);
        server.clock.advance(DAY + 1);
        assert_refused(&ask(&third), "invalid_client");
    });
}

#[test]
fn a_signed_assertion_authenticates_once() {
    let server = Server::start();
    let key = jose::SigningKey::generate(jose::Algorithm::Es256).unwrap();
    let jwk = serde_json::to_value(key.verifying_key().to_jwk()).unwrap();
    let body = json!({
        "name": "signer", "isConfidential": true, "scopes": [{ "name": "OR.Jobs", "type": 1 }], "clientCertificates": [jwk]
    });
    let app = server
        .post("/identity_/api/ExternalClient")
        .bearer(&server.token("PM.OAuthApp"))
        .json(&body)
        .send()
        .expect(201)
        .json();
    let id = text(&app, "id");
    let ring = jose::KeyRing::new(std::sync::Arc::new(key), []);
    let now = server.app.clock().now().as_second();
    let assertion = |audience: &str, jti: &str, lifetime: i64| {
        let claims = json!({ "iss": id, "sub": id, "aud": audience, "jti": jti, "iat": now, "exp": now + lifetime });
        ring.sign("JWT", &claims).unwrap()
    };
    let ask = |assertion: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", assertion),
            ("scope", "OR.Jobs"),
        ];
        server.post("/identity_/connect/token").form(&form).send()
    };
    let issuer = format!("{}/identity_", server.base());
    let good = assertion(&issuer, "1", 60);
    ask(&good).expect(200);
    assert_refused(&ask(&good), "invalid_client");
    ask(&assertion(&issuer, "2", 60)).expect(200);
    assert_refused(
        &ask(&assertion(&format!("{issuer}/connect/token"), "3", 60)),
        "invalid_client",
    );
    assert_refused(&ask(&assertion(&issuer, "4", 3600)), "invalid_client");
    assert_refused(&ask("a.b.c"), "invalid_client");
    let stranger = jose::KeyRing::new(
        std::sync::Arc::new(jose::SigningKey::generate(jose::Algorithm::Es256).unwrap()),
        [],
    );
    let forged = stranger
        .sign(
            "JWT",
            &json!({ "iss": id, "sub": id, "aud": issuer, "jti": "5", "exp": now + 60 }),
        )
        .unwrap();
    assert_refused(&ask(&forged), "invalid_client");
}

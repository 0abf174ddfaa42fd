//! The external client API: shapes, rules, and what stays inside an organization.

use serde_json::{Value, json};
use testkit::{Answer, Server};

use crate::oauth_support::{REDIRECT, confidential_app, public_app, sign_in, text};
use crate::support::create_user;

const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";

fn create(server: &Server, body: &Value) -> Answer {
    server
        .post("/identity_/api/ExternalClient")
        .bearer(&server.token("PM.OAuthApp"))
        .json(body)
        .send()
}

fn path(server: &Server, id: &str) -> String {
    format!("/identity_/api/ExternalClient/{}/{id}", server.organization())
}

#[test]
fn an_application_is_created_read_changed_and_deleted() {
    testkit::each_database(|server| {
        let body = json!({
            "partitionGlobalId": server.organization(), "name": " Billing bot ", "isConfidential": true,
            "redirectUri": "https://a.example/cb, https://b.example/cb",
            "scopes": [
                { "name": "OR.Jobs", "type": 1, "displayName": "x", "description": "y" },
                { "name": "OR.Jobs", "type": "user" }, { "name": "OR.Folders.Read", "Type": "1" }
            ],
            "clientCertificates": [], "id": ELSEWHERE, "secret": "mine"
        });
        let made = create(server, &body).expect(201).json();
        let (id, secret) = (text(&made, "id"), text(&made, "secret"));
        assert_ne!(id, ELSEWHERE);
        assert_ne!(secret, "mine");
        assert_eq!(made["name"], "Billing bot");
        assert_eq!(made["isConfidential"], true);
        assert_eq!(made["redirectUri"], "https://a.example/cb,https://b.example/cb");
        assert_eq!(made["resources"][0]["name"], "UiPath.Orchestrator");
        assert_eq!(made["resources"][0]["displayName"], "Orchestrator API Access");
        let kinds: Vec<(&str, i64)> = made["resources"][0]["scopes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|scope| (scope["name"].as_str().unwrap(), scope["type"].as_i64().unwrap()))
            .collect();
        assert_eq!(kinds, [("OR.Folders.Read", 1), ("OR.Jobs", 0), ("OR.Jobs", 1)]);
        let shown = &made["secrets"][0];
        assert!(shown["id"].is_i64() && shown["secret"].is_null() && shown["expiryTime"].is_null());
        assert!(shown["creationTime"].as_str().unwrap().ends_with('Z'));

        let token = server.token("PM.OAuthApp.Read");
        let read = server.get(&path(server, &id)).bearer(&token).send().expect(200);
        assert!(!read.text().contains(&secret));
        assert!(read.json().get("secret").is_none());
        let all = server.get(&path(server, "")).bearer(&token).send().expect(200);
        assert!(all.json().as_array().unwrap().iter().any(|one| one["id"] == id));
        assert!(!all.text().contains(&secret));

        let change = json!({
            "name": "Renamed", "redirectUri": "", "scopes": [{ "name": "PM.User.Read", "type": 1 }],
            "isConfidential": false, "id": ELSEWHERE
        });
        let token = server.token("PM.OAuthApp.Write");
        let changed = server
            .put(&path(server, &id))
            .bearer(&token)
            .json(&change)
            .send()
            .expect(200)
            .json();
        assert_eq!(changed["name"], "Renamed");
        assert_eq!(changed["id"], id);
        assert_eq!(changed["isConfidential"], true, "the type is fixed");
        assert_eq!(changed["redirectUri"], "", "lists are replaced");
        assert_eq!(changed["resources"].as_array().unwrap().len(), 1);
        assert_eq!(changed["resources"][0]["displayName"], "Platform Management API Access");
        server.token_of(&id, &secret, "PM.User.Read");

        server.delete(&path(server, &id)).bearer(&token).send().expect(204);
        server.delete(&path(server, &id)).bearer(&token).send().expect(404);
        server
            .get(&path(server, &id))
            .bearer(&server.token("PM.OAuthApp.Read"))
            .send()
            .expect(404);
    });
}

#[test]
fn wrong_input_is_named() {
    let server = Server::start();
    let faults = |body: Value| create(&server, &body).expect(400).json();
    let scope = |name: &str, kind: i64| json!([{ "name": name, "type": kind }]);
    let unknown = faults(json!({ "name": "a", "isConfidential": true, "scopes": scope("TM.Projects", 1) }));
    assert_eq!(unknown["message"], "Not all scopes=TM.Projects are present in database");
    let public =
        faults(json!({ "name": "a", "isConfidential": false, "redirectUri": REDIRECT, "scopes": scope("OR.Jobs", 1) }));
    assert!(
        public["errors"]["scopes"][0]
            .as_str()
            .unwrap()
            .contains("application scopes")
    );
    let no_redirect = faults(json!({ "name": "a", "isConfidential": true, "scopes": scope("OR.Jobs", 0) }));
    assert!(no_redirect["errors"]["redirectUri"].is_array());
    assert!(faults(json!({ "name": "a", "isConfidential": false }))["errors"]["redirectUri"].is_array());
    assert!(faults(json!({ "name": " ", "isConfidential": true }))["errors"]["name"].is_array());
    assert!(faults(json!({ "name": "x".repeat(10_000), "isConfidential": true }))["errors"]["name"].is_array());
    for evil in [
        "https://good.example@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "http://a.example/",
        "https://a/#f",
    ] {
        let problem = faults(json!({ "name": "a", "isConfidential": true, "redirectUri": evil }));
        assert!(problem["errors"]["redirectUri"].is_array(), "{evil} {problem}");
        assert_eq!(problem["status"], 400);
        assert!(problem["traceId"].is_string());
    }
    faults(json!({ "name": "a", "isConfidential": true, "scopes": scope("OR.Jobs", 7) }));
    faults(json!({ "name": "a", "isConfidential": true, "clientCertificates": ["rubbish"] }));
    let two = json!({ "name": "same name", "isConfidential": true });
    create(&server, &two).expect(201);
    create(&server, &two).expect(201);
}

#[test]
fn secrets_are_made_shown_once_and_deleted() {
    let server = Server::start();
    let (id, _) = confidential_app(&server, &["OR.Jobs:application"]);
    let organization = server.organization();
    let generate = |body: Value, scope: &str| {
        server
            .post("/identity_/api/ExternalClient/GenerateSecret")
            .bearer(&server.token(scope))
            .json(&body)
            .send()
    };
    let body =
        json!({ "clientId": id, "partitionGlobalId": organization, "description": "CI", "expiryTime": "2099-01-01" });
    for scope in ["PM.OAuthApp", "PM.OAuthApp.Write", "PM.OAuthAppSecret.Write"] {
        let made = generate(body.clone(), scope).expect(200).json();
        assert_eq!(made["description"], "CI");
        assert_eq!(made["expiryTime"], "2099-01-01T00:00:00Z");
        assert!(made["secret"].is_string());
    }
    let refused = generate(body.clone(), "PM.OAuthApp.Read").expect(403);
    let expected = "Scope(s) 'PM.OAuthApp.Read' is(are) invalid. Expect to have";
    assert!(
        text(&refused.json(), "errorMessage").starts_with(expected),
        "{}",
        refused.text()
    );
    let legacy = format!("{}/GenerateSecret", path(&server, &id));
    let value = server
        .get(&legacy)
        .bearer(&server.token("PM.OAuthSecret.Write"))
        .send()
        .expect(200)
        .json();
    server.token_of(&id, value.as_str().unwrap(), "OR.Jobs");
    let admin = server.admin_session();
    assert_eq!(admin.get(&legacy).status, 401, "a cookie makes no secrets");

    let past = json!({ "clientId": id, "expiryTime": "2001-01-01" });
    generate(past, "PM.OAuthApp").expect(400);
    let long = json!({ "clientId": id, "description": "x".repeat(257) });
    generate(long, "PM.OAuthApp").expect(400);
    generate(json!({ "clientId": ELSEWHERE }), "PM.OAuthApp").expect(404);
    let public = public_app(&server, &["OR.Jobs"]);
    generate(json!({ "clientId": public }), "PM.OAuthApp").expect(400);

    let read = server
        .get(&path(&server, &id))
        .bearer(&server.token("PM.OAuthApp.Read"))
        .send()
        .expect(200);
    assert!(!read.text().contains(value.as_str().unwrap()));
    let secrets = read.json()["secrets"].as_array().unwrap().clone();
    assert_eq!(secrets.len(), 5);
    for _ in 0..5 {
        generate(json!({ "clientId": id }), "PM.OAuthApp").expect(200);
    }
    generate(json!({ "clientId": id }), "PM.OAuthApp").expect(400);
    let delete = |secret: &Value| {
        let path = format!("/identity_/api/ExternalClient/{organization}/secrets/{secret}");
        server
            .delete(&path)
            .bearer(&server.token("PM.OAuthAppSecret.Write"))
            .send()
    };
    delete(&secrets[0]["id"]).expect(204);
    delete(&secrets[0]["id"]).expect(404);
    delete(&json!(123_456)).expect(404);
}

#[test]
fn only_scopes_open_it_and_users_must_be_administrators() {
    let server = Server::start();
    let list = path(&server, "");
    server.get(&list).send().expect(401);
    server.get(&list).bearer(&server.token("OR.Folders")).send().expect(403);
    server
        .get(&list)
        .bearer(&server.token("PM.OAuthApp.Write"))
        .send()
        .expect(403);
    server
        .get(&list)
        .bearer(&server.token("PM.OAuthApp"))
        .send()
        .expect(200);
    let app = public_app(&server, &["PM.OAuthApp"]);
    let administrator = text(&sign_in(&server.admin_session(), &app, "PM.OAuthApp"), "access_token");
    server.get(&list).bearer(&administrator).send().expect(200);
    let user = create_user(&server, "plain");
    let plain = text(&sign_in(&user.session(&server), &app, "PM.OAuthApp"), "access_token");
    server.get(&list).bearer(&plain).send().expect(403);
}

#[test]
fn other_organizations_are_out_of_reach_and_out_of_sight() {
    let server = Server::start();
    let token = server.token("PM.OAuthApp");
    let (id, _) = confidential_app(&server, &["OR.Jobs:application"]);
    let before = server.get(&path(&server, "")).bearer(&token).send().expect(200).text();
    for other in [ELSEWHERE.to_owned(), accounts::HOST.to_string()] {
        let base = format!("/identity_/api/ExternalClient/{other}");
        let change = json!({ "name": "x", "redirectUri": "", "scopes": [] });
        let answers = [
            server.get(&base).bearer(&token).send(),
            server.get(&format!("{base}/{id}")).bearer(&token).send(),
            server.put(&format!("{base}/{id}")).bearer(&token).json(&change).send(),
            server.delete(&format!("{base}/{id}")).bearer(&token).send(),
            server.delete(&format!("{base}/secrets/1")).bearer(&token).send(),
            server.get(&format!("{base}/{id}/GenerateSecret")).bearer(&token).send(),
            create(
                &server,
                &json!({ "partitionGlobalId": other, "name": "x", "isConfidential": true }),
            ),
            server
                .post("/identity_/api/ExternalClient/GenerateSecret")
                .bearer(&token)
                .json(&json!({ "partitionGlobalId": other, "clientId": id }))
                .send(),
            server
                .get(&format!("/{other}/identity_/api/ExternalApiResource"))
                .bearer(&token)
                .send(),
        ];
        for answer in answers {
            assert_eq!(answer.status, 403, "{}", answer.text());
            assert_eq!(answer.json()["errorMessage"], "You are not authorized!");
        }
    }
    let after = server.get(&path(&server, "")).bearer(&token).send().expect(200).text();
    assert_eq!(before, after, "nothing changed");
}

#[test]
fn the_catalogue_is_open_to_every_token() {
    let server = Server::start();
    let catalogue = server
        .get("/default/identity_/api/ExternalApiResource")
        .bearer(&server.token("OR.ML"))
        .send()
        .expect(200)
        .json();
    let names: Vec<&str> = catalogue
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["UiPath.Orchestrator", "UiPath.PlatformManagement"]);
    let scopes = catalogue[0]["scopes"].as_array().unwrap();
    assert!(
        scopes
            .iter()
            .any(|scope| scope["name"] == "OR.Assets.Read" && scope["type"] == 2)
    );
    assert!(scopes.iter().any(|scope| scope["name"] == "OR.Default"));
    assert!(
        scopes
            .iter()
            .all(|scope| scope["displayName"].is_string() && scope["description"].is_string())
    );
}

#[test]
fn ids_of_another_organization_mean_nothing_in_ones_own() {
    testkit::each_database(|server| {
        let beta = server.organization_beside("beta");
        let theirs = server.token_of(&beta.client_id, &beta.client_secret, "PM.OAuthApp OR.Jobs");
        let list = server
            .get(&format!("/beta/identity_/api/ExternalClient/{}", beta.id))
            .bearer(&theirs)
            .send()
            .expect(200)
            .json();
        let (their_app, their_secret) = (text(&list[0], "id"), list[0]["secrets"][0]["id"].clone());
        let ours = server.token("PM.OAuthApp");
        let change = json!({ "name": "x", "redirectUri": "", "scopes": [] });
        server.get(&path(server, &their_app)).bearer(&ours).send().expect(404);
        server
            .put(&path(server, &their_app))
            .bearer(&ours)
            .json(&change)
            .send()
            .expect(404);
        server
            .delete(&path(server, &their_app))
            .bearer(&ours)
            .send()
            .expect(404);
        server
            .delete(&path(server, &format!("secrets/{their_secret}")))
            .bearer(&ours)
            .send()
            .expect(404);
        server
            .get(&format!("{}/GenerateSecret", path(server, &their_app)))
            .bearer(&ours)
            .send()
            .expect(404);
        server
            .get(&format!("/beta/identity_/api/ExternalClient/{}", beta.id))
            .bearer(&ours)
            .send()
            .expect(403);
        server
            .get(&format!("/nowhere/identity_/api/ExternalClient/{}", beta.id))
            .bearer(&ours)
            .send()
            .expect(403);
        let again = server.token_of(&beta.client_id, &beta.client_secret, "OR.Jobs");
        let told = server
            .post("/identity_/connect/introspect")
            .basic(testkit::CLIENT_ID, testkit::CLIENT_SECRET)
            .form(&[("token", &again)])
            .send()
            .expect(200);
        assert_eq!(
            told.json(),
            json!({ "active": false }),
            "tokens of others are not shown"
        );
    });
}

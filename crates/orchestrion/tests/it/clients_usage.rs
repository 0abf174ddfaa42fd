//! What the organization learns about its applications: audit records, last use, scopes never used.

use accounts::audit::{AuditRecord, Search};
use identity::Identity;
use identity::clients::ScopeRef;
use serde_json::json;
use testkit::Server;
use uuid::Uuid;

use crate::oauth_support::{REDIRECT, confidential_app, credentials, text};

fn audit(server: &Server) -> Vec<AuditRecord> {
    let organization: Uuid = server.organization().parse().unwrap();
    let search = Search {
        top: 1000,
        ..Search::default()
    };
    let work = server
        .app
        .store()
        .read(move |tx| accounts::audit::service::search(&mut tx.organization(organization), &search));
    server.run(work).unwrap().1
}

#[test]
fn every_change_leaves_a_record_without_secrets() {
    let server = Server::start();
    let (id, secret) = confidential_app(&server, &["OR.Jobs:application"]);
    let token = server.token("PM.OAuthApp");
    let path = format!("/identity_/api/ExternalClient/{}/{id}", server.organization());
    let change = json!({ "name": "Renamed", "redirectUri": REDIRECT, "scopes": [{ "name": "OR.Folders", "type": 1 }] });
    server.put(&path).bearer(&token).json(&change).send().expect(200);
    let made = server
        .post("/identity_/api/ExternalClient/GenerateSecret")
        .bearer(&token)
        .json(&json!({ "clientId": id, "description": "second" }))
        .send()
        .expect(200)
        .json();
    let secret_path = format!(
        "/identity_/api/ExternalClient/{}/secrets/{}",
        server.organization(),
        made["id"]
    );
    server.delete(&secret_path).bearer(&token).send().expect(204);
    server.delete(&path).bearer(&token).send().expect(204);

    let records = audit(&server);
    let about: Vec<&AuditRecord> = records
        .iter()
        .filter(|record| record.details.to_string().contains(&id))
        .collect();
    for name in [
        "External application created",
        "External application updated",
        "External application secret generated",
        "External application secret deleted",
        "External application deleted",
    ] {
        let record = about
            .iter()
            .find(|record| record.name == name)
            .unwrap_or_else(|| panic!("no record {name}"));
        assert_eq!(record.target, "ExternalApps");
        assert_eq!(record.actor_id, Some(testkit::CLIENT_ID.parse().unwrap()));
    }
    let update = about
        .iter()
        .find(|record| record.name == "External application updated")
        .unwrap();
    assert_eq!(update.details["before"]["applicationScopes"], json!(["OR.Jobs"]));
    assert_eq!(update.details["after"]["applicationScopes"], json!(["OR.Folders"]));
    for record in &records {
        let whole = format!("{} {} {record:?}", record.message, record.details);
        assert!(
            !whole.contains(&secret) && !whole.contains(&text(&made, "secret")),
            "{whole}"
        );
    }
}

#[test]
fn sign_ins_of_applications_are_recorded_with_their_outcome() {
    let server = Server::start();
    let (id, secret) = confidential_app(&server, &["OR.Jobs:application"]);
    for _ in 0..3 {
        server.token_of(&id, &secret, "OR.Jobs");
    }
    credentials(&server, &[("client_id", &id), ("client_secret", "wrong")]).expect(400);
    server
        .run(server.app.state::<Identity>().unwrap().flush_usage())
        .unwrap();
    let records = audit(&server);
    let logins: Vec<&AuditRecord> = records
        .iter()
        .filter(|record| record.name == "External App Login" && record.details["clientId"] == id)
        .collect();
    let good: i64 = logins
        .iter()
        .filter(|record| record.succeeded)
        .map(|record| record.details["count"].as_i64().unwrap())
        .sum();
    assert_eq!(good, 3);
    assert!(
        logins
            .iter()
            .any(|record| !record.succeeded && record.details["outcome"] == "invalid_client")
    );
    assert!(logins.iter().all(|record| record.target == "Authentication"));
}

#[test]
fn an_expired_secret_is_recorded_once() {
    let server = Server::start();
    let (id, _) = confidential_app(&server, &["OR.Jobs:application"]);
    let tomorrow = (server.app.clock().now() + jiff::SignedDuration::from_hours(24)).to_string();
    let body = json!({ "clientId": id, "expiryTime": tomorrow });
    let token = server.token("PM.OAuthApp");
    server
        .post("/identity_/api/ExternalClient/GenerateSecret")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(200);
    server.clock.advance(2 * 86_400);
    let reconciler = server
        .app
        .reconcilers()
        .iter()
        .find(|one| one.name == "identity-secret-expiry")
        .unwrap()
        .clone();
    for _ in 0..2 {
        server.run((reconciler.run)(server.app.clone())).unwrap();
    }
    let count = audit(&server)
        .iter()
        .filter(|record| record.name == "External application secret expired")
        .count();
    assert_eq!(count, 1);
}

#[test]
fn scopes_that_open_nothing_are_found_and_removed() {
    testkit::each_database(|server| {
        let app = server.register(
            "careful",
            true,
            "",
            &[
                "OR.Assets.Read:application",
                "OR.Folders.Read:application",
                "OR.Jobs:application",
            ],
        );
        let (id, secret) = (text(&app, "id"), text(&app, "secret"));
        let (organization, client): (Uuid, Uuid) = (server.organization().parse().unwrap(), id.parse().unwrap());
        let token = server.token_of(&id, &secret, "OR.Assets.Read OR.Folders.Read");
        server.get("/odata/Assets").bearer(&token).folder(1).send();
        server.get("/odata/Folders").bearer(&token).send();
        server.token_of(&id, &secret, "OR.Jobs");
        let identity = server.app.state::<Identity>().unwrap();
        let report = server
            .run(identity.application_usage(organization, client, 30))
            .unwrap();
        assert_eq!(report.tokens, 2);
        assert_eq!(report.per_day.len(), 30);
        assert_eq!(report.per_day.last().unwrap().1, 2);
        assert!(report.last_used_at.is_some());
        assert_eq!(report.secrets.len(), 1);
        let now = server.app.clock().now();
        let unused = report.unused(now);
        assert!(unused.contains(&ScopeRef::application("OR.Jobs")), "{unused:?}");
        assert!(
            !unused.contains(&ScopeRef::application("OR.Folders.Read")),
            "{unused:?}"
        );

        server.clock.advance(40 * 86_400);
        let later = server
            .run(identity.application_usage(organization, client, 30))
            .unwrap();
        assert_eq!(later.unused(server.app.clock().now()).len(), 3);
        let ninety = server
            .run(identity.application_usage(organization, client, 90))
            .unwrap();
        assert_eq!(ninety.unused(server.app.clock().now()), unused);
        let ctx = server.app.system();
        let left = server
            .run(identity.remove_scopes(&ctx, organization, client, unused))
            .unwrap();
        assert!(!left.client.application_scopes.0.contains(&"OR.Jobs".to_owned()));
        let refused = credentials(
            server,
            &[("client_id", &id), ("client_secret", &secret), ("scope", "OR.Jobs")],
        );
        assert_eq!(refused.json()["error"], "invalid_scope");
    });
}

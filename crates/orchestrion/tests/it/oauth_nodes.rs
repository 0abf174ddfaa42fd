//! Two nodes on one database: what ends on one ends on the other, in time; and the work that tidies up.

use std::thread;
use std::time::{Duration, Instant};

use orchestrion::config::Database;
use serde_json::json;
use testkit::Server;

use crate::oauth_support::{
    assert_refused, confidential_app, credentials, is_good, public_app, refresh, sign_in, text,
};

const DAY: i64 = 86_400;

/// Waits until something holds, at most the five seconds that are promised.
#[track_caller]
fn soon(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(5), "not in time: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_ends_on_one_node_ends_on_the_other() {
    let Some(database) = throwaway::postgres::Database::create() else {
        testkit::require::skipped("PostgreSQL", "two nodes need a database that both reach");
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let node = || {
        let (url, data) = (database.url(), data.path().to_owned());
        let builder = Server::builder().configure(move |config| {
            config.database = Database(url.clone());
            config.data.clone_from(&data);
        });
        builder.start().unwrap()
    };
    let (one, two) = (node(), node());
    let on_two = |id: &str, secret: &str| {
        credentials(
            &two,
            &[("client_id", id), ("client_secret", secret), ("scope", "OR.Jobs")],
        )
        .status
            == 200
    };

    let (id, secret) = confidential_app(&one, &["OR.Jobs:application"]);
    let token = one.token_of(&id, &secret, "OR.Jobs");
    // The issuers differ by port; the keys and everything else are the same.
    assert!(is_good(&two, &token), "a token of the other node");
    assert!(on_two(&id, &secret));
    let made = one
        .post("/identity_/api/ExternalClient/GenerateSecret")
        .bearer(&one.token("PM.OAuthApp"))
        .json(&json!({ "clientId": id }))
        .send()
        .expect(200)
        .json();
    soon("a new secret", || on_two(&id, &text(&made, "secret")));
    let base = format!("/identity_/api/ExternalClient/{}", one.organization());
    one.delete(&format!("{base}/secrets/{}", made["id"]))
        .bearer(&one.token("PM.OAuthApp"))
        .send()
        .expect(204);
    soon("a deleted secret", || !on_two(&id, &text(&made, "secret")));
    assert!(on_two(&id, &secret), "the other secret goes on");

    let app = public_app(&one, &["OR.Jobs"]);
    let tokens = sign_in(&one.admin_session(), &app, "offline_access OR.Jobs");
    let (access, first) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    assert!(is_good(&two, &access));
    let form = [("client_id", app.as_str()), ("token", &access)];
    one.post("/identity_/connect/revocation").form(&form).send().expect(200);
    soon("a revoked token", || !is_good(&two, &access));
    let renewed = refresh(&two, &app, &first, &[]).expect(200).json();
    assert!(is_good(&one, &text(&renewed, "access_token")));
    assert_refused(&refresh(&one, &app, &first, &[]), "invalid_grant");
    soon("a replayed family", || !is_good(&two, &text(&renewed, "access_token")));

    one.delete(&format!("{base}/{id}"))
        .bearer(&one.token("PM.OAuthApp"))
        .send()
        .expect(204);
    soon("a deleted application", || {
        !is_good(&two, &token) && !on_two(&id, &secret)
    });
}

#[test]
fn what_has_passed_its_time_is_tidied_away() {
    testkit::each_database(|server| {
        let app = public_app(server, &["OR.Jobs"]);
        let browser = server.admin_session();
        let tokens = sign_in(&browser, &app, "offline_access OR.Jobs");
        sign_in(&browser, &app, "OR.Jobs");
        let form = [
            ("client_id", app.as_str()),
            ("token", tokens["access_token"].as_str().unwrap()),
        ];
        server
            .post("/identity_/connect/revocation")
            .form(&form)
            .send()
            .expect(200);
        let tidy = || {
            for reconciler in server
                .app
                .reconcilers()
                .iter()
                .filter(|one| one.name.starts_with("identity-"))
            {
                server
                    .run((reconciler.run)(server.app.clone()))
                    .unwrap_or_else(|error| panic!("{}: {error}", reconciler.name));
            }
        };
        tidy();
        let refreshed = refresh(server, &app, &text(&tokens, "refresh_token"), &[])
            .expect(200)
            .json();
        assert!(count(server) >= 6);
        server.clock.advance(70 * DAY);
        tidy();
        assert_eq!(count(server), 0);
        assert_refused(
            &refresh(server, &app, &text(&refreshed, "refresh_token"), &[]),
            "invalid_grant",
        );
    });
}

fn count(server: &Server) -> i64 {
    let work = server.app.store().read(move |tx| {
        let mut sum = 0;
        for table in [
            "oauth_grants",
            "oauth_codes",
            "oauth_refresh_tokens",
            "oauth_denied_tokens",
        ] {
            let rows = tx.host().rows(&format!("select count(*) from {table}"), Vec::new())?;
            sum += rows[0].get::<i64>(0)?;
        }
        Ok::<_, context::Error>(sum)
    });
    server.run(work).unwrap()
}

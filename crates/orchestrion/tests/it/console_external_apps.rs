//! The console's pages of external applications and personal access tokens, as forms and redirects.

use serde_json::json;
use testkit::{Answer, Browser, Server, each_database};

use crate::support::create_user;

const LIST: &str = "/console/default/admin/external-apps";
const TOKENS: &str = "/console/default/me/tokens";

/// Values shown in the one-time dialog.
fn shown(answer: &Answer) -> Vec<String> {
    let text = answer.text();
    let dialog = text
        .split("class=\"secrets\"")
        .nth(1)
        .unwrap_or_default()
        .split("</dl>")
        .next()
        .unwrap_or_default();
    dialog
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split("</code>").next())
        .map(str::to_owned)
        .collect()
}

fn applications(server: &Server) -> usize {
    let path = format!("/identity_/api/ExternalClient/{}", server.organization());
    let all = server
        .get(&path)
        .bearer(&server.token("PM.OAuthApp.Read"))
        .send()
        .expect(200)
        .json();
    all.as_array().unwrap().len()
}

#[test]
fn one_form_sent_twice_makes_one_application_and_shows_its_secret_once() {
    each_database(|server| {
        let browser = server.admin_session();
        let before = applications(server);
        let page = browser.get(&format!("{LIST}/add")).expect(200);
        let fields = [
            ("name", "Bot"),
            ("type", "confidential"),
            ("application_scope", "OR.Assets"),
        ];
        let first = browser.submit(&format!("{LIST}/add"), &page, &fields).expect(200);
        assert_eq!(first.header("cache-control"), "no-store");
        let values = shown(&first);
        server.token_of(&values[0], &values[1], "OR.Assets");
        let second = browser.submit(&format!("{LIST}/add"), &page, &fields).expect(303);
        assert_eq!(second.header("location"), format!("{LIST}/{}", values[0]));
        assert_eq!(applications(server), before + 1);
        let page = browser.follow(second).text();
        assert!(page.contains("registered already") && !page.contains(&values[1]));
    });
}

#[test]
fn a_name_that_exists_is_warned_of_and_then_accepted() {
    each_database(|server| {
        server.register("Bot", true, "", &["OR.Assets:application"]);
        let browser = server.admin_session();
        let add = format!("{LIST}/add");
        let warned = browser
            .fill(&add, &add, &[("name", "BOT"), ("type", "confidential")])
            .expect(400);
        assert!(
            warned.text().contains("another application called"),
            "{}",
            warned.text()
        );
        let made = browser
            .submit(&add, &warned, &[("name", "BOT"), ("type", "confidential")])
            .expect(200);
        assert_eq!(shown(&made).len(), 2);
    });
}

#[test]
fn what_is_wrong_stands_beside_its_field_and_nothing_is_lost() {
    let server = Server::start();
    let browser = server.admin_session();
    let add = format!("{LIST}/add");
    let check = |fields: &[(&str, &str)], expected: &str| {
        let answer = browser.fill(&add, &add, fields).expect(400);
        assert!(
            answer.text().contains(expected),
            "{expected} is not in {}",
            answer.text()
        );
        answer.text()
    };
    check(&[("name", ""), ("type", "confidential")], "The Name field is required");
    let kept = check(
        &[
            ("name", "<Bot>"),
            ("type", "confidential"),
            ("user_scope", "OR.Jobs"),
            ("redirect_uri", "javascript:alert(1)"),
        ],
        "scheme that is not allowed",
    );
    assert!(kept.contains("&lt;Bot&gt;") && kept.contains("javascript:alert(1)") && !kept.contains("<Bot>"));
    check(
        &[("name", "a"), ("type", "non-confidential")],
        "A redirect URL is required",
    );
    check(
        &[
            ("name", "a"),
            ("type", "confidential"),
            ("application_scope", "TM.Projects"),
        ],
        "Not all scopes=TM.Projects",
    );
    assert_eq!(applications(&server), 1);
}

#[test]
fn an_edit_replaces_scopes_and_addresses_but_never_the_type() {
    each_database(|server| {
        let app = server.register(
            "Bot",
            true,
            "https://a.example/",
            &["OR.Jobs:user", "OR.Assets:application"],
        );
        let own = format!("{LIST}/{}", app["id"].as_str().unwrap());
        let browser = server.admin_session();
        let fields = [
            ("name", "Robot"),
            ("type", "non-confidential"),
            ("application_scope", "OR.Folders.Read"),
            ("redirect_uri", "https://b.example/"),
            ("lifetime", "600"),
        ];
        browser.fill(&own, &own, &fields).expect(303);
        let path = format!(
            "/identity_/api/ExternalClient/{}/{}",
            server.organization(),
            app["id"].as_str().unwrap()
        );
        let now = server
            .get(&path)
            .bearer(&server.token("PM.OAuthApp.Read"))
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&now["name"], &now["isConfidential"], &now["redirectUri"]),
            (&json!("Robot"), &json!(true), &json!("https://b.example/"))
        );
        let scopes = now["resources"][0]["scopes"].as_array().unwrap();
        assert_eq!(
            (scopes.len(), &scopes[0]["name"], &scopes[0]["type"]),
            (1, &json!("OR.Folders.Read"), &json!(1))
        );
    });
}

#[test]
fn unused_scopes_are_found_and_removed_with_one_click() {
    each_database(|server| {
        let app = server.register(
            "Bot",
            true,
            "",
            &["OR.Assets:application", "OR.Folders.Read:application"],
        );
        let (id, secret) = (app["id"].as_str().unwrap(), app["secret"].as_str().unwrap());
        let token = server.token_of(id, secret, "OR.Assets");
        server
            .get("/odata/Assets")
            .bearer(&token)
            .folder(server.shared_folder())
            .send()
            .expect(200);
        let browser = server.admin_session();
        let activity = format!("{LIST}/{id}/activity");
        let page = browser.get(&activity).expect(200);
        let text = page.text();
        assert!(
            text.contains("Remove 1 unused scope") && text.contains("value=\"application:OR.Folders.Read\""),
            "{text}"
        );
        assert!(!text.contains("value=\"application:OR.Assets\""));
        browser.submit(&format!("{activity}/remove"), &page, &[]).expect(303);
        assert!(browser.get(&activity).text().contains("Nothing to do"));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", "OR.Folders.Read"),
        ];
        let refused = server.post("/identity_/connect/token").form(&form).send().expect(400);
        assert_eq!(refused.json()["error"], "invalid_scope");
        server.clock.advance(31 * 86_400);
        assert!(
            server
                .admin_session()
                .get(&activity)
                .text()
                .contains("Remove 1 unused scope")
        );
        assert!(
            server
                .admin_session()
                .get(&format!("{activity}?days=90"))
                .text()
                .contains("Nothing to do")
        );
    });
}

#[test]
fn a_disabled_application_gets_no_tokens_until_it_is_enabled() {
    let server = Server::start();
    let app = server.register("Bot", true, "", &["OR.Assets:application"]);
    let (id, secret) = (app["id"].as_str().unwrap(), app["secret"].as_str().unwrap());
    let browser = server.admin_session();
    let own = format!("{LIST}/{id}");
    browser.fill(&own, &format!("{own}/disable"), &[]).expect(303);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    assert!(
        server
            .post("/identity_/connect/token")
            .form(&form)
            .send()
            .status
            .is_client_error()
    );
    assert!(browser.get(LIST).text().contains("Disabled"));
    browser.fill(&own, &format!("{own}/enable"), &[]).expect(303);
    server.token_of(id, secret, "OR.Assets");
}

#[test]
fn the_addresses_of_other_products_lead_to_the_console() {
    let server = Server::start();
    for path in [
        "/default/portal_/admin/external-apps/oauth",
        "/default/portal_/externalApps",
    ] {
        assert_eq!(server.get(path).send().expect(302).header("location"), LIST);
    }
    let elsewhere = server.get("/%2Fevil.example%2F/portal_/externalApps").send();
    assert!(
        elsewhere.header("location").starts_with("/console/%2Fevil"),
        "{}",
        elsewhere.header("location")
    );
}

#[test]
fn pages_of_applications_are_closed_to_other_people() {
    let server = Server::start();
    let app = server.register("Bot", true, "", &["OR.Assets:application"]);
    let id = app["id"].as_str().unwrap();
    let pages = ["", "/secrets", "/connection", "/activity"].map(|tab| format!("{LIST}/{id}{tab}"));
    let user = create_user(&server, "ada");
    let session = user.session(&server);
    for page in pages
        .iter()
        .map(String::as_str)
        .chain([LIST, "/console/default/admin/tokens"])
    {
        session.get(page).expect(403);
        let sent_away = server.get(page).send().expect(303);
        assert!(sent_away.header("location").starts_with("/identity/web/login"));
    }
}

fn generate(browser: &Browser<'_>, description: &str) -> String {
    let add = format!("{TOKENS}/add");
    let fields = [
        ("description", description),
        ("scope", "OR.Folders.Read"),
        ("expires", "30"),
    ];
    let made = browser.fill(&add, &add, &fields).expect(200);
    shown(&made).remove(0)
}

#[test]
fn a_personal_access_token_is_shown_once_renewed_and_revoked() {
    each_database(|server| {
        let browser = server.admin_session();
        let value = generate(&browser, "Nightly report");
        assert!(value.starts_with("rt_"));
        server.get("/odata/Folders").bearer(&value).send().expect(200);
        server
            .get("/odata/Assets")
            .bearer(&value)
            .folder(server.shared_folder())
            .send()
            .expect(403);
        let list = browser.get(TOKENS).expect(200).text();
        assert!(list.contains("Nightly report") && !list.contains(&value));

        let own = list
            .split(&format!("{TOKENS}/"))
            .find_map(|rest| rest.get(..36).filter(|id| id.matches('-').count() == 4));
        let own = format!("{TOKENS}/{}", own.unwrap());
        let page = browser.get(&own).expect(200);
        server.clock.advance(60);
        let renewed = browser.submit(&own, &page, &[("expires", "7")]).expect(200);
        let again = browser.submit(&own, &page, &[("expires", "7")]).expect(303);
        assert_eq!(
            again.header("location"),
            TOKENS,
            "the same form sent twice shows no second value"
        );
        let value_now = shown(&renewed).remove(0);
        server.get("/odata/Folders").bearer(&value).send().expect(401);
        server.get("/odata/Folders").bearer(&value_now).send().expect(200);

        browser.fill(TOKENS, &format!("{own}/revoke"), &[]).expect(303);
        server.get("/odata/Folders").bearer(&value_now).send().expect(401);
    });
}

#[test]
fn administrators_see_and_revoke_the_tokens_of_everyone() {
    let server = Server::start();
    let user = create_user(&server, "ada");
    let value = generate(&user.session(&server), "Ada’s laptop");
    let admin = server.admin_session();
    let all = "/console/default/admin/tokens";
    let list = admin.get(all).expect(200).text();
    assert!(list.contains("ada") && list.contains("Ada’s laptop"));
    let id = list
        .split("name=\"id\" value=\"")
        .nth(1)
        .and_then(|rest| rest.get(..36))
        .unwrap()
        .to_owned();
    let stranger = create_user(&server, "bob").session(&server);
    stranger.fill(TOKENS, &format!("{TOKENS}/{id}/revoke"), &[]).expect(404);
    admin.fill(all, &format!("{all}/revoke"), &[("id", &id)]).expect(303);
    server.get("/odata/Folders").bearer(&value).send().expect(401);
}

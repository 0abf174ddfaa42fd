//! External applications in a real browser: registered, used from another process, cut off.

use std::process::Command;

use serde_json::{Value, json};
use testkit::chromium::{Chromium, key, pictures};
use testkit::{Server, require};

use crate::support::create_user;

const LIST: &str = "/console/default/admin/external-apps";

/// curl as another program on the same machine; answers with status and body. `None` where it is not installed.
fn curl(arguments: &[&str]) -> Option<(u16, String)> {
    let Ok(output) = Command::new("curl")
        .args(["-sS", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
    else {
        require::skipped("curl", "it was not found");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    Some((status.parse().unwrap(), body.to_owned()))
}

/// Asks the token endpoint for a token of the application.
fn token(server: &Server, id: &str, secret: &str, scope: &str) -> Option<(u16, Value)> {
    let (status, body) = curl(&[
        &format!("{}/identity_/connect/token", server.base()),
        "-d",
        "grant_type=client_credentials",
        "-d",
        &format!("client_id={id}"),
        "--data-urlencode",
        &format!("client_secret={secret}"),
        "--data-urlencode",
        &format!("scope={scope}"),
    ])?;
    Some((status, serde_json::from_str(&body).unwrap()))
}

/// Calls the Orchestrator API in the folder `Shared`.
fn api(server: &Server, method: &str, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
    let mut arguments = vec![
        "-X".to_owned(),
        method.to_owned(),
        format!("{}/default/Default/orchestrator_{path}", server.base()),
        "-H".to_owned(),
        format!("Authorization: Bearer {token}"),
        "-H".to_owned(),
        "X-UIPATH-FolderPath: Shared".to_owned(),
    ];
    if let Some(body) = body {
        arguments.extend([
            "-H".to_owned(),
            "Content-Type: application/json".to_owned(),
            "-d".to_owned(),
            body.to_string(),
        ]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (status, text) = curl(&arguments).unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Leaves pictures of what is open where they are wanted.
fn picture(browser: &Chromium<'_>, name: &str) {
    let Some(directory) = pictures() else { return };
    for (width, dark) in [(1280, false), (1280, true), (375, false), (375, true)] {
        browser.prefer_dark(dark);
        browser.resize(width, 800);
        let theme = if dark { "dark" } else { "light" };
        browser.screenshot(&directory.join(format!("open-{name}-{width}-{theme}.png")));
    }
    browser.resize(1280, 900);
}

/// Ticks scopes in the open side panel and saves.
fn tick(browser: &Chromium<'_>, tab: &str, name: &str, scopes: &[&str]) {
    browser.find("#scopes-panel[open]");
    browser
        .find_text("[data-group=uipathorchestrator] [role=tab]", tab)
        .click();
    for scope in scopes {
        browser
            .find(&format!("#scopes-panel [name={name}][value='{scope}']"))
            .click();
    }
    picture(browser, "panel");
    browser.find_text("#scopes-panel button", "Save").click();
    browser.wait("!document.querySelector('#scopes-panel[open]')");
}

fn values_of_the_dialog(browser: &Chromium<'_>) -> Vec<String> {
    browser.find("#secret[open]");
    picture(browser, "secret");
    browser
        .all("#secret .secrets code")
        .iter()
        .map(testkit::chromium::Element::text)
        .collect()
}

#[test]
fn an_application_registered_in_the_browser_works_from_another_process_exactly_as_far_as_its_scopes_go() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    browser.sign_in();
    browser.open(LIST);
    browser.find_text("a", "Add application").click();
    browser.find("[name=name]").keys("Billing bot");
    browser.find_text("button", "Add scopes").click();
    tick(
        &browser,
        "Application Scope(s)",
        "application_scope",
        &["OR.Assets", "OR.Folders.Read"],
    );
    let row = browser.find("[data-row=uipathorchestrator]").text();
    assert!(
        row.contains("OR.Assets") && row.contains("OR.Folders.Read") && !row.contains("User Scope"),
        "{row}"
    );
    browser.find_text("main button[type=submit]", "Add").click();

    let values = values_of_the_dialog(&browser);
    let [id, secret] = values.as_slice() else {
        panic!("{values:?}")
    };
    assert!(secret.len() >= 43, "{secret}");
    browser.all("#secret [data-copy]")[1].click();
    browser.wait("document.querySelector('.toast')");
    assert_eq!(browser.clipboard(), *secret);

    // The same form sent again finds the application; the secret is not shown a second time.
    browser.reload();
    browser.wait(&format!("location.pathname.endsWith('{id}')"));
    assert!(
        !browser
            .run("return document.documentElement.outerHTML", &[])
            .to_string()
            .contains(secret.as_str())
    );

    let Some((status, issued)) = token(&server, id, secret, "OR.Assets OR.Folders.Read") else {
        return;
    };
    assert_eq!(
        (status, &issued["scope"]),
        (200, &json!("OR.Assets OR.Folders.Read")),
        "{issued}"
    );
    let bearer = issued["access_token"].as_str().unwrap();
    let asset = json!({ "Name": "greeting", "ValueScope": "Global", "ValueType": "Text", "StringValue": "hello" });
    let (status, made) = api(&server, "POST", "/odata/Assets", bearer, Some(&asset));
    assert_eq!(status, 201, "{made}");
    let (status, read) = api(&server, "GET", &format!("/odata/Assets({})", made["Id"]), bearer, None);
    assert_eq!((status, &read["StringValue"]), (200, &json!("hello")));
    assert_eq!(api(&server, "GET", "/odata/Folders", bearer, None).0, 200);
    // Nothing else was granted.
    let folder = json!({ "DisplayName": "Mine", "ProvisionType": "Automatic", "PermissionModel": "FineGrained" });
    assert_eq!(api(&server, "POST", "/odata/Folders", bearer, Some(&folder)).0, 403);
    assert_eq!(api(&server, "GET", "/odata/Roles", bearer, None).0, 403);
    assert_eq!(
        token(&server, id, secret, "OR.Users").unwrap().1["error"],
        "invalid_scope"
    );
    assert_eq!(
        token(&server, id, "guessed", "OR.Assets").unwrap().1["error"],
        "invalid_client"
    );

    // The ready-made command of the connection details works as it stands.
    browser.open(&format!("{LIST}/{id}/connection"));
    let command = browser.find("#as-application-panel-0 code").text();
    let output = Command::new("sh")
        .arg("-c")
        .arg(&command)
        .env("APP_SECRET", secret)
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        answer.contains("greeting"),
        "{command}\n{answer}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );

    // Its secret removed, it gets no more tokens.
    browser.open(&format!("{LIST}/{id}/secrets"));
    browser.find("#secrets [data-confirm]").click();
    browser.wait("document.querySelector('#confirm[open]')");
    picture(&browser, "confirm");
    browser.confirm();
    browser.wait("document.body.innerText.includes('The secret was deleted')");
    let (status, refused) = token(&server, id, secret, "OR.Assets").unwrap();
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_client")));
}

#[test]
fn a_further_secret_works_beside_the_first_and_is_shown_once() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let app = server.register("rotating", true, "", &["OR.Assets:application"]);
    let (id, first) = (app["id"].as_str().unwrap(), app["secret"].as_str().unwrap());
    browser.sign_in();
    browser.open(&format!("{LIST}/{id}/secrets"));
    browser.find("[name=description]").keys("Second server");
    browser.find_text("main button[type=submit]", "Generate secret").click();
    let second = values_of_the_dialog(&browser).remove(1);
    server.token_of(id, first, "OR.Assets");
    server.token_of(id, &second, "OR.Assets");
    browser.reload();
    browser.wait("document.body.innerText.includes('A secret was generated since')");
    assert_eq!(browser.all("#secrets tbody tr").len(), 2);
}

#[test]
fn an_application_is_deleted_only_after_its_name_was_typed() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let app = server.register("doomed", true, "", &["OR.Assets:application"]);
    let id = app["id"].as_str().unwrap();
    browser.sign_in();
    browser.open(&format!("{LIST}/{id}"));
    browser.find_text("main button", "More").click();
    browser.find_text("#application-more button", "Delete").click();
    browser.wait("document.querySelector('#confirm[open]')");
    assert_eq!(browser.find("#confirm-yes").property("disabled"), true);
    browser.find("#confirm-name").keys("doomed");
    browser.find("#confirm-yes").click();
    browser.wait("document.body.innerText.includes('was deleted')");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", app["secret"].as_str().unwrap()),
    ];
    let refused = server.post("/identity_/connect/token").form(&form).send().expect(400);
    assert_eq!(refused.json()["error"], "invalid_client");
}

/// Presses Tab until the element with the focus is the one wanted.
#[track_caller]
fn tab_to(browser: &Chromium<'_>, wanted: &str) {
    for _ in 0..60 {
        if browser.run(&format!("return document.activeElement.matches(`{wanted}`)"), &[]) == true {
            return;
        }
        browser.press(key::TAB);
    }
    panic!("Tab never came to {wanted}");
}

#[test]
fn the_side_panel_works_with_the_keyboard_alone() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    browser.sign_in();
    browser.open(&format!("{LIST}/add"));
    tab_to(&browser, "[name=name]");
    browser.press("By hand");
    tab_to(&browser, "[commandfor=scopes-panel]:not(.icon-only)");
    browser.press(key::ENTER);
    browser.find("#scopes-panel[open]");
    assert_eq!(
        browser.run("return document.activeElement.closest('#scopes-panel') !== null", &[]),
        true
    );
    tab_to(&browser, "[role=tab]");
    browser.press(key::RIGHT);
    assert_eq!(browser.active().text(), "Application Scope(s)");
    tab_to(&browser, "[type=search]");
    browser.press("assets.read");
    // Enter in the search box must not send the form around the panel.
    browser.press(key::ENTER);
    tab_to(&browser, "[name=application_scope][value='OR.Assets.Read']");
    browser.press(key::SPACE);
    tab_to(&browser, "#scopes-panel .button.primary");
    browser.press(key::ENTER);
    browser.wait("!document.querySelector('#scopes-panel[open]')");
    assert!(
        browser
            .find("[data-row=uipathorchestrator]")
            .text()
            .contains("OR.Assets.Read")
    );
    // Escape closes it as well, and the focus goes back to where it was.
    browser.press(key::ENTER);
    browser.find("#scopes-panel[open]");
    browser.press(key::ESCAPE);
    browser.wait("!document.querySelector('#scopes-panel[open]')");
    assert_eq!(
        browser.run(
            "return document.activeElement.matches('[commandfor=scopes-panel]')",
            &[]
        ),
        true
    );
    tab_to(&browser, ".form-actions .primary");
    browser.press(key::ENTER);
    assert_eq!(values_of_the_dialog(&browser).len(), 2);
}

#[test]
fn a_non_confidential_application_is_offered_user_scopes_only() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    browser.sign_in();
    browser.open(&format!("{LIST}/add"));
    browser.find("[name=name]").keys("Page");
    browser.find("[value=non-confidential]").click();
    browser.find_text("button", "Add scopes").click();
    browser.find("#scopes-panel[open]");
    let tabs = browser.all("[data-group=uipathorchestrator] [role=tab]");
    assert_eq!(
        tabs.iter()
            .map(testkit::chromium::Element::is_visible)
            .collect::<Vec<_>>(),
        [true, false]
    );
    tick(&browser, "User Scope(s)", "user_scope", &["OR.Assets.Read"]);
    // Without a redirect URL there is no way back from sign-in.
    browser.find_text("main button[type=submit]", "Add").click();
    browser.find(".error-summary");
    picture(&browser, "errors");
    assert!(browser.text().contains("A redirect URL is required"));
    assert!(
        browser
            .find("[data-row=uipathorchestrator]")
            .text()
            .contains("OR.Assets.Read"),
        "the choice is kept"
    );
    browser
        .find("[name=redirect_uri]")
        .keys("https://page.example/callback");
    browser.find_text("main button[type=submit]", "Add").click();
    assert_eq!(values_of_the_dialog(&browser).len(), 1, "an App ID and no secret");
}

#[test]
fn people_who_are_no_administrators_do_not_see_the_administration() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let app = server.register("hidden", true, "", &["OR.Assets:application"]);
    let user = create_user(&server, "ada");
    browser.sign_in_as("default", &user.name, &user.password);
    browser.open("/console/default/me/tokens");
    assert!(!browser.text().contains("External applications"), "{}", browser.text());
    for path in [
        "",
        "/add",
        &format!("/{}", app["id"].as_str().unwrap()),
        &format!("/{}/secrets", app["id"].as_str().unwrap()),
    ] {
        browser.open(&format!("{LIST}{path}"));
        let text = browser.text();
        assert!(
            text.contains("Only organization administrators may do this"),
            "{path}: {text}"
        );
        assert!(!text.contains("hidden"), "{path}");
    }
}

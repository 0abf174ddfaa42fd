//! Every page of the console in a real browser: nothing fails, nothing breaks the Content-Security-Policy, nothing is
//! wider than a narrow screen. With `ORCHESTRION_SCREENSHOTS=<directory>` pictures of every page are left there.

use std::collections::BTreeSet;

use testkit::Server;
use testkit::chromium::{Chromium, pictures};

const LIST: &str = "/console/default/admin/external-apps";

/// Addresses that the navigation of a page leads to.
fn navigation(browser: &Chromium<'_>) -> Vec<String> {
    let script = "return [...document.querySelectorAll('nav.rail a, .link-tabs a, main .actions a')].map((link) => link.pathname)";
    let found = browser.run(script, &[]);
    found
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|path| path.as_str().map(str::to_owned))
        .collect()
}

/// Every page that links lead to from `start`, each once.
fn reachable(browser: &Chromium<'_>, start: &[String]) -> BTreeSet<String> {
    let (mut known, mut waiting) = (BTreeSet::new(), start.to_vec());
    while let Some(path) = waiting.pop() {
        if !path.starts_with("/console") || path.ends_with("/download") || !known.insert(path.clone()) {
            continue;
        }
        browser.open(&path);
        waiting.extend(navigation(browser));
    }
    known
}

/// Registers what the pages need to have something to show.
fn fill(server: &Server) -> Vec<String> {
    let scopes = [
        "OR.Assets:application",
        "OR.Folders.Read:application",
        "OR.Jobs:application",
        "OR.Monitoring.Read:application",
        "OR.Assets.Read:user",
    ];
    let bot = server.register("Invoice robot", true, "https://desk.example/callback", &scopes);
    let page = server.register(
        "Desk in the browser",
        false,
        "https://desk.example/spa",
        &["OR.Assets:user", "openid:user"],
    );
    let (id, secret) = (bot["id"].as_str().unwrap(), bot["secret"].as_str().unwrap());
    let token = server.token_of(id, secret, "OR.Assets OR.Folders.Read");
    server
        .get("/odata/Assets")
        .bearer(&token)
        .folder(server.shared_folder())
        .send()
        .expect(200);
    let session = server.admin_session();
    for (path, fields) in [
        (
            "/console/default/me/tokens/add",
            [
                ("description", "Nightly report"),
                ("scope", "OR.Assets.Read"),
                ("expires", "90"),
            ],
        ),
        (
            "/console/default/me/tokens/add",
            [("description", "Laptop"), ("scope", "OR.Default"), ("expires", "7")],
        ),
    ] {
        session.fill(path, path, &fields).expect(200);
        server.clock.advance(60);
    }
    vec![
        "/console/default".to_owned(),
        LIST.to_owned(),
        format!("{LIST}/{id}"),
        format!("{LIST}/{}", page["id"].as_str().unwrap()),
        format!("{LIST}/add"),
        "/console/default/me/tokens".to_owned(),
        "/console/default/me/tokens/add".to_owned(),
        "/console/default/admin/tokens".to_owned(),
    ]
}

#[test]
fn every_page_of_the_navigation_loads_without_complaints_and_fits_a_narrow_screen() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let start = fill(&server);
    browser.sign_in();
    let pages = reachable(&browser, &start);
    assert!(pages.len() >= 15, "{pages:?}");
    let mut wrong: Vec<String> = Vec::new();
    browser.complaints();
    for path in &pages {
        browser.resize(1280, 900);
        browser.open(path);
        let heading = browser.run("return document.querySelector('h1')?.textContent", &[]);
        wrong.extend(
            browser
                .complaints()
                .into_iter()
                .map(|complaint| format!("{path}: {complaint}")),
        );
        if heading.is_null() || browser.text().contains("Status 4") || browser.text().contains("Status 5") {
            wrong.push(format!("{path}: {heading}"));
        }
        browser.resize(320, 640);
        let script = "return document.documentElement.scrollWidth - innerWidth";
        let wider = browser.run(script, &[]).as_i64().unwrap_or_default();
        if wider > 0 {
            wrong.push(format!("{path}: {wider} pixels wider than 320"));
        }
        let Some(directory) = pictures() else { continue };
        for (width, dark) in [(1280, false), (1280, true), (375, false), (375, true)] {
            browser.prefer_dark(dark);
            browser.resize(width, 800);
            let name = path.trim_start_matches("/console/").replace('/', "_");
            let theme = if dark { "dark" } else { "light" };
            browser.screenshot(&directory.join(format!("{name}-{width}-{theme}.png")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

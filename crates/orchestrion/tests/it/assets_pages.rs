//! The console pages of assets, as forms and links.

use serde_json::json;
use testkit::{Browser, Server, each_database};

use crate::assets_support::{Assets, create_folder};

fn pages(folder: i64) -> String {
    format!("/console/default/tenants/Default/folders/{folder}/assets")
}

fn submit(browser: &Browser<'_>, page: &str, fields: &[(&str, &str)]) -> testkit::Answer {
    browser.fill(page, page, fields)
}

fn on_console(test: impl Fn(&Server, &Browser<'_>, &Assets<'_>, &str)) {
    each_database(|server| {
        let assets = Assets::of(server);
        test(server, &server.admin_session(), &assets, &pages(assets.folder));
    });
}

#[test]
fn the_list_shows_searches_and_filters() {
    on_console(|_, browser, assets, list| {
        let empty = browser.get(list).expect(200).text();
        assert!(
            empty.contains("No assets in this folder") && empty.contains("Add asset"),
            "{empty}"
        );
        assets.text("greeting", "hello <world>");
        assets
            .create(&json!({"Name": "token", "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "hunter2"}));
        let page = browser.get(list).expect(200).text();
        assert!(page.contains("greeting") && page.contains("hello &lt;world&gt;") && page.contains("•••••"));
        assert!(!page.contains("hunter2"));
        assert!(page.contains("GetFiltered") && page.contains("1–2 / 2"));
        let searched = browser.get(&format!("{list}?q=GREET")).expect(200).text();
        assert!(searched.contains("greeting") && !searched.contains(">token<"));
        let filtered = browser.get(&format!("{list}?type=Secret")).expect(200).text();
        assert!(!filtered.contains("greeting") && filtered.contains(">token<"));
        let quoted = browser
            .get(&format!("{list}?q=it%27s&size=10&page=2&sort=-Name"))
            .expect(200)
            .text();
        assert!(quoted.contains("No results"));
    });
}

#[test]
fn the_form_adds_an_asset_and_shows_what_is_wrong() {
    on_console(|_, browser, assets, list| {
        let new = format!("{list}/new");
        let refused = submit(
            browser,
            &new,
            &[
                ("name", ""),
                ("type", "Integer"),
                ("global", "true"),
                ("number", "seven"),
            ],
        );
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("whole number"), "{}", refused.text());
        let added = submit(
            browser,
            &new,
            &[
                ("name", "limit"),
                ("type", "Integer"),
                ("global", "true"),
                ("number", "7"),
                ("tags", "env=prod"),
                ("account-0", ""),
            ],
        );
        assert_eq!((added.status.as_u16(), added.header("location")), (303, list));
        assert!(browser.follow(added).text().contains("limit"));
        let rows = assets.get("/odata/Assets").expect(200).json();
        assert_eq!(
            (&rows["value"][0]["IntValue"], &rows["value"][0]["Tags"][0]["Value"]),
            (&json!(7), &json!("prod"))
        );
        let again = submit(
            browser,
            &new,
            &[("name", "LIMIT"), ("type", "Text"), ("global", "true")],
        );
        assert_eq!(again.status, 409);
        assert!(again.text().contains("already used"));
    });
}

#[test]
fn a_secret_is_written_but_never_read_back() {
    on_console(|_, browser, assets, list| {
        let fields = [
            ("name", "db"),
            ("type", "Credential"),
            ("global", "true"),
            ("username", "ann"),
            ("password", "hunter2"),
            ("direct", "true"),
        ];
        assert_eq!(submit(browser, &format!("{list}/new"), &fields).status, 303);
        let id = assets.get("/odata/Assets").json()["value"][0]["Id"].clone();
        let edit = format!("{list}/{id}");
        let page = browser.get(&edit).expect(200).text();
        assert!(page.contains("ann") && !page.contains("hunter2"));
        let kept = [
            ("name", "db"),
            ("type", "Credential"),
            ("global", "true"),
            ("username", "ann"),
            ("password", ""),
            ("direct", "true"),
        ];
        assert_eq!(submit(browser, &edit, &kept).status, 303);
        assert_eq!(assets.value("db").expect(200).json()["CredentialPassword"], "hunter2");
        let renamed = [
            ("name", "db"),
            ("type", "Credential"),
            ("global", "true"),
            ("username", "bob"),
            ("password", ""),
        ];
        let refused = submit(browser, &edit, &renamed);
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("password is required"));
        let other_type = [("name", "db"), ("type", "Text"), ("global", "true")];
        assert_eq!(submit(browser, &edit, &other_type).status, 400);
    });
}

#[test]
fn assets_are_deleted_one_by_one_or_together() {
    on_console(|_, browser, assets, list| {
        let ids: Vec<String> = ["a", "b", "c"]
            .iter()
            .map(|name| assets.text(name, "x")["Id"].to_string())
            .collect();
        assert_eq!(
            browser.fill(list, &format!("{list}/{}/delete", ids[0]), &[]).status,
            303
        );
        assert_eq!(assets.names(), ["b", "c"]);
        assert_eq!(
            browser
                .fill(list, &format!("{list}/delete"), &[("id", &ids[1]), ("id", &ids[2])])
                .status,
            303
        );
        assert_eq!(assets.names(), Vec::<String>::new());
        let forged = browser.send(browser.server().post(&format!("{list}/delete")).form(&[("id", "1")]));
        assert_eq!(forged.status, 400, "a form without its anti-forgery field");
    });
}

#[test]
fn links_are_managed_from_both_sides() {
    on_console(|server, browser, assets, list| {
        let finance = create_folder(server, "Finance");
        let id = assets.text("rate", "7")["Id"].clone();
        let links = format!("{list}/{id}/links");
        let (here, there) = (assets.folder.to_string(), finance.to_string());
        assert!(browser.get(&links).expect(200).text().contains("Finance"));
        let both = [("shown", here.as_str()), ("folders", &here), ("folders", &there)];
        assert_eq!(submit(browser, &links, &both).status, 303);
        assert_eq!(assets.in_folder(finance).names(), ["rate"]);
        assert!(browser.get(list).expect(200).text().contains("2 folders"));

        let other = create_folder(server, "Other");
        let link = format!("{}/link", pages(other));
        assert!(browser.get(&link).expect(200).text().contains("rate"));
        assert_eq!(submit(browser, &link, &[("id", &id.to_string())]).status, 303);
        assert_eq!(assets.in_folder(other).names(), ["rate"]);
    });
}

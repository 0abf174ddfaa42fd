//! The console's pages of tenants, folders, access and audit.

use serde_json::json;
use testkit::Server;

use crate::access_support::{application, eventually, folder, id, names, role};
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const TENANT: &str = "/console/default/tenants/Default";

#[test]
fn every_way_in_leads_to_the_home_of_the_first_tenant() {
    let server = Server::start();
    assert_eq!(server.get("/").send().expect(303).header("location"), "/console");
    let browser = server.admin_session();
    let home = browser.follow(browser.get("/console")).expect(200);
    let text = home.text();
    for words in [
        "First steps",
        "Register an external application",
        "What happened last",
        "Shared",
        "Manage access",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let page = browser.get(TENANT).expect(200);
    let text = page.text();
    let action = text
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.starts_with("/console/theme"));
    let answer = browser.submit(action.unwrap(), &page, &[("theme", "dark")]).expect(303);
    assert!(answer.header("set-cookie").starts_with("theme=dark"));
    assert_eq!(answer.header("location"), TENANT, "back to the page it was chosen on");
    assert!(browser.get(TENANT).expect(200).text().contains("data-theme=\"dark\""));
}

#[test]
fn a_folder_is_made_renamed_moved_and_deleted_by_hand() {
    testkit::each_database(|server| {
        let browser = server.admin_session();
        let new = format!("{TENANT}/folders/new");
        let wrong = browser
            .fill(
                &new,
                &new,
                &[("DisplayName", "a/b"), ("ParentId", ""), ("FeedType", "Processes")],
            )
            .expect(400);
        assert!(wrong.text().contains("must not contain a slash"));
        let made = browser.fill(
            &new,
            &new,
            &[
                ("DisplayName", "Manual"),
                ("Description", "By hand"),
                ("ParentId", ""),
                ("FeedType", "Processes"),
            ],
        );
        let own = made.expect(303).header("location").to_owned();
        let home = browser.get(&own).expect(200).text();
        assert!(
            home.contains("Manual")
                && home.contains("Folder Manual was created.")
                && home.contains("X-UIPATH-FolderPath"),
            "{home}"
        );
        assert!(
            browser
                .get(&format!("{TENANT}/folders"))
                .expect(200)
                .text()
                .contains("Manual")
        );

        let settings = format!("{own}/settings");
        browser
            .fill(&settings, &settings, &[("DisplayName", "Renamed"), ("Description", "")])
            .expect(303);
        browser
            .fill(&settings, &settings, &[("DisplayName", "Shared"), ("Description", "")])
            .expect(400);
        let shared = server.shared_folder().to_string();
        browser
            .fill(&settings, &format!("{own}/move"), &[("target", &shared)])
            .expect(303);
        let token = server.token("OR.Folders.Read");
        let list = server
            .get("/odata/Folders?$orderby=Id")
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(names(&list, "FullyQualifiedName"), ["Shared", "Shared/Renamed"]);
        folder(server, "Below", Some(id(&list["value"][1])));
        browser.fill(&settings, &format!("{own}/delete"), &[]).expect(303);
        let list = server.get("/odata/Folders").bearer(&token).send().expect(200).json();
        assert_eq!(names(&list, "FullyQualifiedName"), ["Shared"]);
        browser.get(&own).expect(404);
    });
}

#[test]
fn accounts_are_assigned_to_a_folder_and_removed_by_hand() {
    let server = Server::start();
    let person = create_user(&server, "maria");
    let browser = server.admin_session();
    let own = format!("{TENANT}/folders/{}", server.shared_folder());
    let assign = format!("{own}/access/assign");
    let found = browser.get(&format!("{assign}?kind=Users&q=mar")).expect(200).text();
    assert!(
        found.contains(&person.id) && !found.contains("Administrators"),
        "{found}"
    );
    let user_role = role(&server, "Automation User").to_string();
    browser.fill(&assign, &assign, &[("RoleIds", &user_role)]).expect(400);
    browser
        .fill(&assign, &assign, &[("account", &person.id), ("RoleIds", &user_role)])
        .expect(303);
    let list = browser.get(&format!("{own}/access")).expect(200).text();
    assert!(list.contains("maria") && list.contains("Automation User"), "{list}");

    let known = server
        .get("/odata/Users?$filter=UserName eq 'maria'")
        .bearer(&server.token("OR.Users.Read"))
        .send()
        .expect(200)
        .json();
    let one = format!("{own}/access/{}", id(&known["value"][0]));
    let developer = role(&server, "Automation Developer").to_string();
    browser
        .fill(&one, &one, &[("RoleIds", &user_role), ("RoleIds", &developer)])
        .expect(303);
    assert!(
        browser
            .get(&format!("{own}/access"))
            .expect(200)
            .text()
            .contains("Automation Developer")
    );
    browser.fill(&one, &format!("{one}/remove"), &[]).expect(303);
    assert!(
        !browser
            .get(&format!("{own}/access"))
            .expect(200)
            .text()
            .contains("maria")
    );
}

#[test]
fn roles_on_the_tenant_are_given_checked_and_taken_by_hand() {
    let server = Server::start();
    let person = create_user(&server, "nora");
    let browser = server.admin_session();
    let path = format!("{TENANT}/access");
    let assign = format!("{path}/assign");
    let administrator = role(&server, "Orchestrator Administrator").to_string();
    let given = browser
        .fill(
            &assign,
            &assign,
            &[("account", &person.id), ("roleIds", &administrator)],
        )
        .expect(303);
    let own = given.header("location").to_owned();
    let page = browser.get(&own).expect(200).text();
    assert!(
        page.contains("nora") && page.contains("Check roles and permissions"),
        "{page}"
    );
    assert!(
        browser
            .get(&format!(
                "{path}?type=DirectoryUser&q=nor&sort=-UserName&role={administrator}"
            ))
            .expect(200)
            .text()
            .contains("nora")
    );
    assert!(
        browser
            .get(&format!("{path}?type=DirectoryGroup"))
            .expect(200)
            .text()
            .contains("Automation Users")
    );
    assert!(nora_sees_users(&server, &person));
    browser.fill(&own, &own, &[("roleIds", &administrator)]).expect(303);
    assert!(!nora_sees_users(&server, &person), "the switch Active was off");
    browser.fill(&own, &format!("{own}/remove"), &[]).expect(303);
    assert!(browser.get(&own).status == 404);
}

fn nora_sees_users(server: &Server, person: &crate::support::User) -> bool {
    person.session(server).get(&format!("{TENANT}/access")).status == 200
}

#[test]
fn a_role_is_duplicated_changed_and_deleted_by_hand() {
    let server = Server::start();
    let browser = server.admin_session();
    let path = format!("{TENANT}/access/roles");
    let list = browser.get(&format!("{path}?type=Folder&q=auto")).expect(200).text();
    assert!(
        list.contains("Automation User") && !list.contains("Orchestrator Administrator"),
        "{list}"
    );
    let built_in = browser
        .get(&format!("{path}/{}", role(&server, "Automation User")))
        .expect(200)
        .text();
    assert!(built_in.contains("Duplicate and customize") && built_in.contains("disabled"));
    let copy = browser
        .get(&format!("{path}/new?from={}", role(&server, "Automation User")))
        .expect(200)
        .text();
    assert!(copy.contains("Copy of Automation User") && copy.contains("Assets.View"));
    let new = format!("{path}/new?type=Folder");
    let wrong = browser
        .fill(
            &new,
            &format!("{path}/new"),
            &[("Name", ""), ("permission", "Assets.View")],
        )
        .expect(400);
    assert!(wrong.text().contains("must have 1 to 64 characters"));
    browser
        .fill(
            &new,
            &format!("{path}/new"),
            &[
                ("Name", "Reader"),
                ("permission", "Assets.View"),
                ("permission", "Jobs.View"),
            ],
        )
        .expect(303);
    let own = format!("{path}/{}", role(&server, "Reader"));
    browser
        .fill(&own, &own, &[("Name", "Reader"), ("permission", "Assets.View")])
        .expect(303);
    let stored = server
        .get("/odata/Roles?$filter=Name eq 'Reader'&$expand=Permissions")
        .bearer(&server.token("OR.Users.Read"))
        .send()
        .expect(200)
        .json();
    assert_eq!(stored["value"][0]["Permissions"].as_array().unwrap().len(), 1);
    assert_eq!(stored["value"][0]["Type"], "Folder");
    browser.fill(&own, &format!("{own}/delete"), &[]).expect(303);
    browser.get(&own).expect(404);
}

#[test]
fn the_audit_log_is_filtered_opened_and_exported() {
    testkit::each_database(|server| {
        folder(server, "<b>bold", None);
        let browser = server.admin_session();
        let path = format!("{TENANT}/audit");
        let list = browser
            .get(&format!("{path}?component=Folders&action=Create&time=hour&q=bold"))
            .expect(200)
            .text();
        assert!(list.contains("&lt;b&gt;bold") && !list.contains("<b>bold"), "{list}");
        assert!(
            !browser
                .get(&format!("{path}?component=Assets"))
                .expect(200)
                .text()
                .contains("created folder")
        );
        let entry = list
            .split(&format!("{path}/"))
            .find_map(|rest| rest.split('"').next()?.parse::<i64>().ok())
            .unwrap();
        let detail = browser.get(&format!("{path}/{entry}")).expect(200).text();
        assert!(
            detail.contains("FullyQualifiedName") && detail.contains("Create Folder"),
            "{detail}"
        );
        let filtered = format!("{path}?component=Folders");
        let asked = browser
            .fill(&filtered, &format!("{path}/export?component=Folders"), &[])
            .expect(303);
        let exports = format!("{TENANT}/exports");
        assert_eq!(asked.header("location"), exports);
        let download = eventually(|| {
            let page = browser.get(&exports).expect(200).text();
            let id = page.split(&format!("{exports}/")).nth(1)?.split('/').next()?.to_owned();
            Some(format!("{exports}/{id}/download"))
        });
        let file = browser.get(&download).expect(200);
        assert!(file.header("content-disposition").contains("audit_logs.csv") && file.text().contains("\"<b>bold\""));
        assert!(!file.text().contains("Monitoring"), "only what the list showed");
    });
}

#[test]
fn an_application_gets_its_roles_on_its_access_tab() {
    let server = Server::start();
    let (app, secret) = application(&server, "tab", &[]);
    let browser = server.admin_session();
    let own = format!("/console/default/admin/external-apps/{app}/access");
    let page = browser.get(&own).expect(200).text();
    assert!(
        page.contains("OR.Default") && page.contains("Tenant Default") && page.contains("Another folder"),
        "{page}"
    );
    let tenant = page
        .split("name=\"tenant\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .to_owned();
    let (allow, user) = (
        role(&server, "Allow to be Automation User").to_string(),
        role(&server, "Automation User").to_string(),
    );
    browser
        .fill(&own, &own, &[("tenant", &tenant), ("roleIds", &allow)])
        .expect(303);
    let shared = server.shared_folder().to_string();
    browser
        .fill(
            &own,
            &format!("{own}/folder"),
            &[("tenant", &tenant), ("folder", &shared), ("roleIds", &user)],
        )
        .expect(303);
    let token = server.token_of(&app, &secret, "OR.Default");
    server
        .get("/odata/Assets")
        .bearer(&token)
        .folder(server.shared_folder())
        .send()
        .expect(200);
    browser
        .fill(&own, &own, &[("tenant", &tenant), ("roleIds", &user)])
        .expect(400);
    browser
        .fill(
            &own,
            &format!("{own}/folder"),
            &[("tenant", &tenant), ("folder", &shared), ("remove", "true")],
        )
        .expect(303);
    server
        .get("/odata/Assets")
        .bearer(&token)
        .folder(server.shared_folder())
        .send()
        .expect(404);
}

#[test]
fn pages_show_and_allow_no_more_than_the_visitors_roles() {
    let server = Server::start();
    let person = create_user(&server, "otto");
    let known = assign_tenant_role(&server, &person.id, "DirectoryUser", "Allow to be Automation User");
    let (own, foreign) = (id(&folder(&server, "Own", None)), id(&folder(&server, "Foreign", None)));
    assign_folder_role(&server, known, own, "Folder Administrator");
    let browser = person.session(&server);
    let home = browser.get(TENANT).expect(200).text();
    assert!(
        home.contains("Own") && !home.contains("Foreign") && !home.contains(">Audit<") && !home.contains(">Roles<"),
        "{home}"
    );
    for page in ["access", "access/roles", "audit", "access/assign"] {
        browser.get(&format!("{TENANT}/{page}")).expect(403);
    }
    browser.get("/console/default/admin/accounts").expect(403);
    browser.get(&format!("{TENANT}/folders/{own}/access")).expect(200);
    for page in ["", "/access", "/settings", "/access/assign"] {
        browser.get(&format!("{TENANT}/folders/{foreign}{page}")).expect(404);
    }
    let settings = format!("{TENANT}/folders/{own}/settings");
    browser
        .fill(&settings, &format!("{TENANT}/folders/{foreign}/delete"), &[])
        .expect(404);
    browser
        .fill(&settings, &format!("{TENANT}/folders/{own}/move"), &[("target", "")])
        .expect(403);
    let forged = browser.send(
        server
            .post(&format!("{TENANT}/folders/{own}/delete"))
            .form(&[("_csrf", "guess")]),
    );
    assert_eq!(forged.status, 400);
    assert_eq!(
        json!(browser.get(&format!("{TENANT}/folders/{own}")).status.as_u16()),
        200
    );
}

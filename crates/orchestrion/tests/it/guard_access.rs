//! The order in which scopes, roles and folders are looked at (six rows: scopes of users, of applications, OR.Default).

use serde_json::json;
use testkit::Server;

use crate::access_support::{admin_token, application, folder, id, names};
use crate::support::{assign_folder_role, assign_tenant_role, code_flow, create_user};

const ALLOW: &str = "Allow to be Automation User";

#[test]
fn a_user_token_opens_what_scope_and_roles_both_allow() {
    let server = Server::start();
    let redirect = "http://localhost:9/callback";
    let app = server.register(
        "desk",
        false,
        redirect,
        &["OR.Folders.Read:user", "OR.Users.Read:user", "OR.Default:user"],
    );
    let client = app["id"].as_str().unwrap();
    let admin = server.admin_session();
    let token = code_flow(&admin, client, redirect, "OR.Folders.Read");
    server.get("/odata/Folders").bearer(&token).send().expect(200);
    let missing = server.get("/odata/Users").bearer(&token).send().expect(403);
    assert!(
        missing.header("www-authenticate").contains("OR.Users.Read"),
        "{}",
        missing.header("www-authenticate")
    );
    server
        .post("/odata/Folders")
        .bearer(&token)
        .json(&json!({ "DisplayName": "x" }))
        .send()
        .expect(403);

    let stranger = create_user(&server, "lena");
    let token = code_flow(
        &stranger.session(&server),
        client,
        redirect,
        "OR.Folders.Read OR.Users.Read",
    );
    server.get("/odata/Folders").bearer(&token).send().expect(403);
    assign_tenant_role(&server, &stranger.id, "DirectoryUser", "Orchestrator Administrator");
    server.get("/odata/Folders").bearer(&token).send().expect(200);
}

#[test]
fn an_application_scope_opens_every_folder_without_any_role() {
    testkit::each_database(|server| {
        let (app, secret) = application(server, "reader", &["OR.Assets.Read", "OR.Folders.Read"]);
        let token = server.token_of(&app, &secret, "OR.Assets.Read OR.Folders.Read");
        let other = folder(server, "Other", None);
        for folder in [server.shared_folder(), id(&other)] {
            server
                .get("/odata/Assets")
                .bearer(&token)
                .folder(folder)
                .send()
                .expect(200);
        }
        server
            .post("/odata/Assets")
            .bearer(&token)
            .folder(id(&other))
            .json(&json!({ "Name": "a" }))
            .send()
            .expect(403);
        let all = server.get("/odata/Folders").bearer(&token).send().expect(200).json();
        assert_eq!(names(&all, "DisplayName").len(), 2, "the scope lists every folder");
        let own = server
            .get("/api/Folders/GetAllForCurrentUser?take=100&skip=0")
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(own["Count"], 0, "the folders of the caller follow its assignments");
    });
}

#[test]
fn or_default_opens_what_roles_give_the_application() {
    testkit::each_database(|server| {
        let (app, secret) = application(server, "clerk", &[]);
        let token = server.token_of(&app, &secret, "OR.Default");
        let (shared, other) = (server.shared_folder(), id(&folder(server, "Other", None)));
        let assets = |folder: i64| server.get("/odata/Assets").bearer(&token).folder(folder).send();
        assets(shared).expect(404);
        let known = assign_tenant_role(server, &app, "DirectoryExternalApplication", ALLOW);
        assign_folder_role(server, known, shared, "Automation User");
        assets(shared).expect(200);
        assets(other).expect(404);
        server
            .post("/odata/Assets")
            .bearer(&token)
            .folder(shared)
            .json(&json!({ "Name": "a" }))
            .send()
            .expect(403);
        let own = server
            .get("/api/Folders/GetAllForCurrentUser?take=100&skip=0")
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (own["Count"].as_i64(), own["PageItems"][0]["DisplayName"].as_str()),
            (Some(1), Some("Shared"))
        );
        server
            .delete(&format!("/odata/Users({known})"))
            .bearer(&server.token("OR.Users"))
            .send()
            .expect(204);
        assets(shared).expect(404);
    });
}

#[test]
fn scopes_and_roles_of_an_application_add_up() {
    let server = Server::start();
    let (app, secret) = application(&server, "both", &["OR.Users.Read"]);
    let token = server.token_of(&app, &secret, "OR.Users.Read OR.Default");
    server.get("/odata/Users").bearer(&token).send().expect(200);
    server.get("/odata/Roles").bearer(&token).send().expect(200);
    server.get("/odata/AuditLogs").bearer(&token).send().expect(403);
    let known = assign_tenant_role(
        &server,
        &app,
        "DirectoryExternalApplication",
        "Orchestrator Administrator",
    );
    server.get("/odata/AuditLogs").bearer(&token).send().expect(200);
    server
        .delete(&format!("/odata/Users({known})"))
        .bearer(&server.token("OR.Users"))
        .send()
        .expect(204);
    server.get("/odata/AuditLogs").bearer(&token).send().expect(403);
}

#[test]
fn the_groups_of_an_application_give_it_nothing_in_a_tenant() {
    let server = Server::start();
    let (app, secret) = application(&server, "grouped", &[]);
    let pm = server.token("PM.Group");
    let organization = server.organization();
    let groups = server
        .get(&format!("/identity_/api/Group/{organization}"))
        .bearer(&pm)
        .send()
        .expect(200)
        .json();
    let administrators = groups
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["name"] == "Administrators")
        .unwrap();
    let change = json!({ "partitionGlobalId": organization, "name": "Administrators", "directoryUserIDsToAdd": [app], "directoryUserIDsToRemove": [] });
    let path = format!("/identity_/api/Group/{}", administrators["id"].as_str().unwrap());
    server.put(&path).bearer(&pm).json(&change).send().expect(200);
    let token = server.token_of(&app, &secret, "OR.Default");
    server.get("/odata/Users").bearer(&token).send().expect(403);
}

#[test]
fn a_token_without_a_useful_scope_gets_the_envelope_older_clients_know() {
    let server = Server::start();
    let refused = server
        .get("/odata/Users")
        .bearer(&server.token("OR.Assets.Read"))
        .send()
        .expect(403)
        .json();
    assert_eq!(
        (
            refused["success"].as_bool(),
            refused["unAuthorizedRequest"].as_bool(),
            refused["__abp"].as_bool()
        ),
        (Some(false), Some(true), Some(true))
    );
    server.get("/odata/Users").bearer("nonsense").send().expect(401);
}

#[test]
fn a_folder_is_named_by_every_kind_of_header() {
    let server = Server::start();
    let token = server.token("OR.Assets.Read");
    let made = folder(
        &server,
        "Größe/x".split('/').next().unwrap(),
        Some(server.shared_folder()),
    );
    let call = |name: &str, value: &str| server.get("/odata/Assets").bearer(&token).header(name, value).send();
    call("x-uipath-organizationunitid", &id(&made).to_string()).expect(200);
    call("x-uipath-folderkey", made["Key"].as_str().unwrap()).expect(200);
    call("x-uipath-folderpath", "shared").expect(200);
    call("x-uipath-folderpath-encoded", "Shared%2FGr%C3%B6%C3%9Fe").expect(200);
    // "Shared/Größe" in UTF-16LE and Base64.
    call("x-uipath-folderpath-encoded", "UwBoAGEAcgBlAGQALwBHAHIA9gDfAGUA").expect(200);
    for (name, value) in [
        ("x-uipath-organizationunitid", "999999"),
        ("x-uipath-folderpath", "Nowhere"),
        ("x-uipath-folderkey", "x"),
    ] {
        assert_eq!(call(name, value).expect(404).error_code(), 1100, "{name}");
    }
    server
        .get("/odata/Users")
        .bearer(&admin_token(&server))
        .folder(999_999)
        .send()
        .expect(200);
}

//! Roles and who holds them on the tenant.

use serde_json::{Value, json};
use testkit::Server;

use crate::access_support::{NAMESPACE, id, names, role};
use crate::support::{assign_tenant_role, create_user};

fn create(server: &Server, body: &Value) -> testkit::Answer {
    server
        .post("/odata/Roles")
        .bearer(&server.token("OR.Users"))
        .json(body)
        .send()
}

#[test]
fn the_built_in_roles_are_there_and_cannot_be_changed() {
    testkit::each_database(|server| {
        let token = server.token("OR.Users");
        let all = server
            .get("/odata/Roles?$expand=Permissions&$orderby=Name")
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        let names = names(&all, "Name");
        for name in [
            "Administrator",
            "Orchestrator Administrator",
            "Folder Administrator",
            "Automation User",
            "Allow to be Automation User",
        ] {
            assert!(names.contains(&name.to_owned()), "{name}");
        }
        let administrator = all["value"]
            .as_array()
            .unwrap()
            .iter()
            .find(|role| role["Name"] == "Administrator")
            .unwrap();
        assert_eq!(
            (administrator["Type"].as_str(), administrator["IsStatic"].as_bool()),
            (Some("Mixed"), Some(true))
        );
        assert!(
            administrator["Permissions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|row| row["Name"] == "Assets.Delete" && row["Scope"] == "Folder")
        );
        let path = format!("/odata/Roles({})", id(administrator));
        server
            .put(&path)
            .bearer(&token)
            .json(&json!({ "Name": "Boss" }))
            .send()
            .expect(403);
        server.delete(&path).bearer(&token).send().expect(403);
        let plain = server
            .get("/odata/Roles?$top=1")
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(plain["value"][0].get("Permissions"), None, "shown only when expanded");
    });
}

#[test]
fn a_custom_role_is_made_changed_held_and_deleted() {
    testkit::each_database(|server| {
        let token = server.token("OR.Users");
        let body = json!({ "Name": "Auditor", "DisplayName": "Auditor", "Type": "Tenant", "Permissions": [
            { "Name": "Audit", "IsGranted": true, "Scope": "Global" }, { "Name": "Audit.View", "IsGranted": true, "Scope": "Global" },
            { "Name": "Users.View", "IsGranted": false, "Scope": "Global" } ] });
        let made = create(server, &body).expect(201).json();
        assert_eq!(made["Permissions"].as_array().unwrap().len(), 1);
        create(server, &body).expect(409);
        let path = format!("/odata/Roles({})", id(&made));
        let changed = json!({ "Name": "Reader", "Permissions": [{ "Name": "Audit.View" }, { "Name": "Users.View" }] });
        let changed = server
            .put(&path)
            .bearer(&token)
            .json(&changed)
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (
                changed["Name"].as_str(),
                changed["Permissions"].as_array().map(Vec::len)
            ),
            (Some("Reader"), Some(2))
        );
        server
            .put(&path)
            .bearer(&token)
            .json(&json!({ "Name": "Reader", "Type": "Folder" }))
            .send()
            .expect(400);

        let user = create_user(server, "gustav");
        let known = assign_tenant_role(server, &user.id, "DirectoryUser", "Allow to be Automation User");
        let set = json!({ "addedUserIds": [known], "removedUserIds": [] });
        server
            .post(&format!("{path}/{NAMESPACE}.SetUsers"))
            .bearer(&token)
            .json(&set)
            .send()
            .expect(204);
        let ids = format!("/odata/Roles/{NAMESPACE}.GetUserIdsForRole(key={})", id(&made));
        assert_eq!(
            server.get(&ids).bearer(&token).send().expect(200).json()["value"],
            json!([known])
        );
        let holders = format!(
            "/odata/Roles/{NAMESPACE}.GetUsersForRole(key={})?$count=true&$top=2",
            id(&made)
        );
        let holders = server.get(&holders).bearer(&token).send().expect(200).json();
        assert_eq!(
            holders["value"][0]["Id"],
            json!(known),
            "those who hold the role come first"
        );
        assert!(holders["@odata.count"].as_i64().unwrap() >= 6);
        assert_eq!(holders["value"].as_array().unwrap().len(), 2);

        server.delete(&path).bearer(&token).send().expect(204);
        let user = server
            .get(&format!("/odata/Users({known})"))
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(user["RolesList"], json!(["Allow to be Automation User"]));
        server.get(&path).bearer(&token).send().expect(404);
    });
}

#[test]
fn permissions_must_exist_and_fit_the_type_of_the_role() {
    let server = Server::start();
    let with = |kind: Value, name: &str, scope: Value| {
        create(
            &server,
            &json!({ "Name": "x", "Type": kind, "Permissions": [{ "Name": name, "IsGranted": true, "Scope": scope }] }),
        )
    };
    with(json!("Tenant"), "Assets.View", Value::Null).expect(400);
    with(json!("Folder"), "Users.View", Value::Null).expect(400);
    with(json!("Mixed"), "Users.View", Value::Null).expect(400);
    with(Value::Null, "Users.Fly", Value::Null).expect(400);
    with(Value::Null, "Users.View", json!("Folder")).expect(400);
    let both = json!({ "Name": "y", "Permissions": [{ "Name": "Users.View" }, { "Name": "Assets.View" }] });
    create(&server, &both).expect(400);
    create(&server, &json!({ "Name": "a".repeat(65), "Permissions": [] })).expect(400);
    assert_eq!(
        with(Value::Null, "Assets.View", json!("Folder")).expect(201).json()["Type"],
        "Folder"
    );
}

#[test]
fn the_catalogue_is_open_and_says_what_the_caller_holds() {
    let server = Server::start();
    let open = server
        .get("/odata/Permissions?$filter=startswith(Name,'Assets')")
        .send()
        .expect(200)
        .json();
    assert_eq!(
        names(&open, "Name"),
        ["Assets", "Assets.View", "Assets.Edit", "Assets.Create", "Assets.Delete"]
    );
    assert_eq!(open["value"][1]["IsGranted"], false);
    let own = server
        .get("/odata/Permissions?$filter=Name eq 'Units.View'")
        .bearer(&crate::access_support::admin_token(&server))
        .send();
    assert_eq!(own.expect(200).json()["value"][0]["IsGranted"], true);
}

#[test]
fn the_last_administrator_cannot_lose_the_role() {
    let server = Server::start();
    let token = server.token("OR.Users");
    let administrator = role(&server, "Administrator");
    let ids = format!("/odata/Roles/{NAMESPACE}.GetUserIdsForRole(key={administrator})");
    let holders = server.get(&ids).bearer(&token).send().expect(200).json()["value"].clone();
    let set = json!({ "addedUserIds": [], "removedUserIds": holders });
    server
        .post(&format!("/odata/Roles({administrator})/{NAMESPACE}.SetUsers"))
        .bearer(&token)
        .json(&set)
        .send()
        .expect(409);
    let group = holders[0].as_i64().unwrap();
    server
        .delete(&format!("/odata/Users({group})"))
        .bearer(&token)
        .send()
        .expect(409);
    let none = json!({ "roleIds": [] });
    server
        .post(&format!("/odata/Users({group})/{NAMESPACE}.AssignRoles"))
        .bearer(&token)
        .json(&none)
        .send()
        .expect(409);
    assert_eq!(
        server.get(&ids).bearer(&token).send().expect(200).json()["value"],
        holders
    );
}

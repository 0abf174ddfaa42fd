//! A GUID alone gives nobody rights: which principal it names, and of which kind, is decided here (reference: access 3, 4).

use access::directory::Principal;
use access::roles::{assignments, service as roles};
use access::users::model::UserType;
use access::users::service as users;
use serde_json::{Value, json};
use testkit::Server;
use uuid::Uuid;

use crate::access_support::{NAMESPACE, application, role, user_token};
use crate::support::{User, assign_folder_role, assign_tenant_role, create_user, group, user};

#[test]
fn nobody_chooses_the_id_of_a_user_or_group() {
    testkit::each_database(|server| {
        let token = server.token("PM.User PM.Group");
        let (app, _) = application(server, "ledger", &["OR.Assets"]);
        let gone = create_user(server, "gone");
        server
            .delete(&format!("/identity_/api/User/{}", gone.id))
            .bearer(&token)
            .send()
            .expect(204);
        let wanted = [group(server, "Administrators"), app, gone.id];
        for (at, id) in wanted.iter().enumerate() {
            let name = format!("mole{at}");
            let body = json!({ "id": id, "userName": name, "password": "a-long-passw0rd" });
            server
                .post("/identity_/api/User")
                .bearer(&token)
                .json(&body)
                .send()
                .expect(200);
            assert_ne!(user(server, &name)["id"].as_str(), Some(id.as_str()));
            let bulk = json!({ "users": [{ "id": id, "userName": format!("bulk{at}") }] });
            let made = server
                .post("/identity_/api/User/BulkCreate")
                .bearer(&token)
                .json(&bulk)
                .send()
                .expect(200)
                .json();
            assert_ne!(made["users"][0]["id"].as_str(), Some(id.as_str()));
            let body = json!({ "id": id, "name": format!("moles {at}"), "partitionGlobalId": server.organization() });
            let made = server
                .post("/identity_/api/Group")
                .bearer(&token)
                .json(&body)
                .send()
                .expect(201)
                .json();
            assert_ne!(made["id"].as_str(), Some(id.as_str()));
        }
    });
}

/// Gives the role Administrator to a record with this GUID and kind.
fn administrator_record(server: &Server, key: &str, kind: UserType) {
    let organization = Uuid::parse_str(&server.organization()).unwrap();
    let (key, ctx) = (Uuid::parse_str(key).unwrap(), server.app.system());
    let made = server.run(server.app.store().write(move |tx| {
        let tenants = access::tenants::service::everywhere(tx)?;
        let (_, tenant) = tenants.into_iter().find(|(of, _)| *of == organization).unwrap();
        let mut scope = tx.tenant(tenant.id);
        let principal = Principal {
            key,
            kind,
            user_name: "mole".to_owned(),
            name: None,
            surname: None,
            display_name: "mole".to_owned(),
            email: None,
        };
        let user = users::import(&mut scope, &ctx, &principal)?;
        let wanted: Vec<i64> = roles::named(&mut scope, &["Administrator".to_owned()])?
            .iter()
            .map(|role| role.id)
            .collect();
        assignments::set_on_tenant(&mut scope, &ctx, &user, &wanted)
    }));
    made.unwrap();
}

#[test]
fn a_record_of_another_kind_with_the_same_id_gives_no_rights() {
    testkit::each_database(|server| {
        for (name, kind) in [
            ("as a group", UserType::DirectoryGroup),
            ("as an application", UserType::DirectoryExternalApplication),
            ("as a robot", UserType::DirectoryRobot),
        ] {
            let person = create_user(server, &name.replace(' ', "-"));
            administrator_record(server, &person.id, kind);
            let token = user_token(server, &person);
            server.get("/odata/Users").bearer(&token).send().expect(403);
            server
                .get(&format!("/odata/Users/{NAMESPACE}.GetCurrentUser"))
                .bearer(&token)
                .send()
                .expect(403);
        }
        let (app, secret) = application(server, "double", &["OR.Default"]);
        administrator_record(server, &app, UserType::DirectoryUser);
        let token = server.token_of(&app, &secret, "OR.Default");
        server.get("/odata/Users").bearer(&token).send().expect(403);
    });
}

#[test]
fn the_last_active_administrator_of_a_tenant_stays() {
    testkit::each_database(|server| {
        let token = server.token("OR.Users");
        let ids = format!(
            "/odata/Roles/{NAMESPACE}.GetUserIdsForRole(key={})",
            role(server, "Administrator")
        );
        let holders = server.get(&ids).bearer(&token).send().expect(200).json()["value"].clone();
        let administrators = format!("/odata/Users({})", holders[0]);
        let switch = |path: &str, active: bool| {
            server
                .patch(path)
                .bearer(&token)
                .json(&json!({ "IsActive": active }))
                .send()
                .status
                .as_u16()
        };
        assert_eq!(switch(&administrators, false), 409);
        let put = json!({ "IsActive": false, "RolesList": ["Administrator"] });
        server.put(&administrators).bearer(&token).json(&put).send().expect(409);

        let person = create_user(server, "second");
        let second = format!(
            "/odata/Users({})",
            assign_tenant_role(server, &person.id, "DirectoryUser", "Administrator")
        );
        assert_eq!(switch(&administrators, false), 200);
        assert_eq!(switch(&second, false), 409);
        server.delete(&second).bearer(&token).send().expect(409);
        assert_eq!((switch(&administrators, true), switch(&second, false)), (200, 200));
        assert_eq!(
            switch(&administrators, false),
            409,
            "one that is not active does not count"
        );

        assert_eq!(switch(&second, true), 200);
        let account = format!("/identity_/api/User/{}", person.id);
        server
            .put(&account)
            .bearer(&server.token("PM.User"))
            .json(&json!({ "isActive": false }))
            .send()
            .expect(200);
        assert_eq!(
            switch(&administrators, false),
            409,
            "one that cannot sign in does not count"
        );
        server
            .delete(&account)
            .bearer(&server.token("PM.User"))
            .send()
            .expect(204);
        assert_eq!(switch(&administrators, false), 409, "one that is gone does not count");
        // What is no administrator's can be changed all the same.
        let other = create_user(server, "third");
        let other = format!(
            "/odata/Users({})",
            assign_tenant_role(server, &other.id, "DirectoryUser", "Allow to be Automation User")
        );
        assert_eq!(switch(&other, false), 200);
        server.delete(&other).bearer(&token).send().expect(204);
    });
}

#[test]
fn people_see_themselves_those_of_their_folders_and_with_users_view_everybody() {
    testkit::each_database(|server| {
        let member = |name: &str| -> (User, i64) {
            let person = create_user(server, name);
            let known = assign_tenant_role(server, &person.id, "DirectoryUser", "Allow to be Automation User");
            (person, known)
        };
        let (nosy, own) = member("nosy");
        let (_, stranger) = member("stranger");
        let (_, colleague) = member("colleague");
        assign_folder_role(server, colleague, server.shared_folder(), "Automation User");
        let token = user_token(server, &nosy);
        let look = |id: i64| {
            server
                .get(&format!("/odata/Users({id})"))
                .bearer(&token)
                .send()
                .status
                .as_u16()
        };
        assert_eq!(
            (look(own), look(stranger), look(colleague), look(999_999)),
            (200, 403, 403, 403)
        );
        assign_folder_role(server, own, server.shared_folder(), "Folder Administrator");
        assert_eq!(
            (look(own), look(stranger), look(colleague), look(999_999)),
            (200, 403, 200, 403)
        );
        assign_tenant_role(
            server,
            &create_user(server, "any").id,
            "DirectoryUser",
            "Orchestrator Administrator",
        );
        let toggle = json!({ "role": "Orchestrator Administrator", "toggle": true });
        let path = format!("/odata/Users({own})/{NAMESPACE}.ToggleRole");
        server
            .post(&path)
            .bearer(&server.token("OR.Users"))
            .json(&toggle)
            .send()
            .expect(200);
        assert_eq!((look(stranger), look(999_999)), (200, 404));
    });
}

#[test]
fn lists_in_requests_have_an_end() {
    let server = Server::start();
    let token = server.token("OR.Users OR.Folders PM.User PM.Group");
    let person = create_user(&server, "many");
    let known = assign_tenant_role(&server, &person.id, "DirectoryUser", "Allow to be Automation User");
    let many = |value: Value| Value::Array(vec![value; 1001]);
    let refuse = |method: http::Method, path: &str, body: &Value| {
        server.call(method, path).bearer(&token).json(body).send().expect(400);
    };
    let own = format!("/odata/Users({known})");
    let named = json!("Allow to be Automation User");
    refuse(http::Method::PUT, &own, &json!({ "RolesList": many(named.clone()) }));
    refuse(
        http::Method::POST,
        &format!("{own}/{NAMESPACE}.AssignRoles"),
        &json!({ "roleIds": many(json!(1)) }),
    );
    let holders = format!(
        "/odata/Roles({})/{NAMESPACE}.SetUsers",
        role(&server, "Allow to be Automation User")
    );
    refuse(
        http::Method::POST,
        &holders,
        &json!({ "addedUserIds": many(json!(known)) }),
    );
    refuse(
        http::Method::POST,
        &holders,
        &json!({ "removedUserIds": many(json!(known)) }),
    );
    let assign = format!("/odata/Folders/{NAMESPACE}.AssignUsers");
    let place = json!({ "FolderId": server.shared_folder(), "RoleIds": [] });
    let body = |users: Value, places: Value| json!({ "assignments": { "UserIds": users, "RolesPerFolder": places } });
    refuse(
        http::Method::POST,
        &assign,
        &body(many(json!(known)), json!([place.clone()])),
    );
    refuse(http::Method::POST, &assign, &body(json!([known]), many(place)));
    let roles = json!([{ "FolderId": server.shared_folder(), "RoleIds": many(json!(1)) }]);
    refuse(http::Method::POST, &assign, &body(json!([known]), roles));
    let permissions = many(json!({ "Name": "Audit.View" }));
    refuse(
        http::Method::POST,
        "/odata/Roles",
        &json!({ "Name": "wide", "Type": "Tenant", "Permissions": permissions }),
    );
    let users: Vec<Value> = (0..101)
        .map(|at| json!({ "userName": format!("u{at}"), "password": "a-long-passw0rd" }))
        .collect();
    refuse(
        http::Method::POST,
        "/identity_/api/User/BulkCreate",
        &json!({ "users": users }),
    );
    let groups = many(json!(group(&server, "Automation Users")));
    refuse(
        http::Method::POST,
        "/identity_/api/User/BulkCreate",
        &json!({ "users": [], "groupIDs": groups }),
    );
    // A name that comes twice is one name.
    let twice = json!({ "RolesList": [named.clone(), "ALLOW to be automation user"] });
    let changed = server.put(&own).bearer(&token).json(&twice).send().expect(200).json();
    assert_eq!(changed["RolesList"], json!([named]));
}

#[test]
fn names_hold_no_hidden_characters() {
    let server = Server::start();
    let token = server.token("OR.Users OR.Folders OR.Assets PM.Group PM.OAuthApp");
    let hidden = "a\u{202e}b";
    let refuse = |path: &str, body: &Value| {
        let call = server.post(path).bearer(&token).folder(server.shared_folder());
        call.json(body).send().expect(400);
    };
    refuse("/odata/Folders", &json!({ "DisplayName": hidden }));
    refuse(
        "/odata/Roles",
        &json!({ "Name": hidden, "Type": "Tenant", "Permissions": [] }),
    );
    refuse(
        "/odata/Assets",
        &json!({ "Name": hidden, "ValueScope": "Global", "StringValue": "" }),
    );
    refuse("/identity_/api/Group", &json!({ "name": hidden }));
    let app = json!({ "partitionGlobalId": server.organization(), "name": hidden, "isConfidential": true, "redirectUri": "", "scopes": [] });
    refuse("/identity_/api/ExternalClient", &app);
}

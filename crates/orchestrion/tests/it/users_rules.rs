//! Users of a tenant: references to principals of the directory.

use serde_json::{Value, json};
use testkit::Server;

use crate::access_support::{NAMESPACE, admin_token, application, id, names, role, user_token};
use crate::support::{assign_tenant_role, create_user};

const ALLOW: &str = "Allow to be Automation User";

#[test]
fn a_user_is_taken_in_found_changed_and_taken_out() {
    testkit::each_database(|server| {
        let token = server.token("OR.Users");
        let person = create_user(server, "hanna");
        let body = json!({ "Type": "DirectoryUser", "UserName": "hanna", "Domain": "autogen", "RolesList": [ALLOW],
            "MayHaveUnattendedSession": true, "UpdatePolicy": { "Type": "LatestVersion" }, "UnattendedRobot": null });
        let made = server
            .post("/odata/Users")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(201)
            .json();
        assert_eq!(made["Key"], json!(person.id));
        assert_eq!(made["DirectoryIdentifier"], json!(person.id));
        assert_eq!(
            (made["Type"].as_str(), made["MayHaveUnattendedSession"].as_bool()),
            (Some("DirectoryUser"), Some(true))
        );
        assert_eq!(made["UpdatePolicy"]["Type"], "LatestVersion");
        assert_eq!(
            (made["RolesList"].clone(), made["UserRoles"][0]["RoleName"].clone()),
            (json!([ALLOW]), json!(ALLOW))
        );
        assert_eq!(made["TenancyName"], "Default");
        // Whoever may have unattended sessions has a robot for them.
        assert!(made["UnattendedRobot"]["RobotId"].is_i64(), "{made}");
        server
            .post("/odata/Users")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(409);

        let own = format!("/odata/Users({})", id(&made));
        let by_key = format!("/odata/Users/{NAMESPACE}.GetByKey(identifier={})", person.id);
        assert_eq!(
            server.get(&by_key).bearer(&token).send().expect(200).json()["Id"],
            made["Id"]
        );
        let number = format!("/odata/Users/{NAMESPACE}.GetUserId(userKey={})", person.id);
        assert_eq!(
            server.get(&number).bearer(&token).send().expect(200).json()["value"],
            made["Id"]
        );
        let busy = format!("/odata/Users/{NAMESPACE}.Validate(userIds=[{}])", id(&made));
        assert_eq!(
            server.get(&busy).bearer(&token).send().expect(200).json()["value"][id(&made).to_string()],
            false
        );

        let mut back = made.clone();
        back["RolesList"] = json!(["Orchestrator Administrator"]);
        back["MayHaveRobotSession"] = json!(false);
        let changed = server.put(&own).bearer(&token).json(&back).send().expect(200).json();
        assert_eq!(
            (changed["RolesList"].clone(), changed["MayHaveRobotSession"].as_bool()),
            (json!(["Orchestrator Administrator"]), Some(false))
        );
        server
            .patch(&own)
            .bearer(&token)
            .json(&json!({ "MayHaveRobotSession": true }))
            .send()
            .expect(200);
        let assign = json!({ "roleIds": [role(server, ALLOW)] });
        server
            .post(&format!("{own}/{NAMESPACE}.AssignRoles"))
            .bearer(&token)
            .json(&assign)
            .send()
            .expect(200);
        let toggle = |on: bool| {
            let body = json!({ "role": "Allow to be Automation Publisher", "toggle": on });
            server
                .post(&format!("{own}/{NAMESPACE}.ToggleRole"))
                .bearer(&token)
                .json(&body)
                .send()
                .expect(200);
            server.get(&own).bearer(&token).send().expect(200).json()["RolesList"]
                .as_array()
                .unwrap()
                .len()
        };
        assert_eq!((toggle(true), toggle(true), toggle(false)), (2, 2, 1));
        server
            .post(&format!("{own}/{NAMESPACE}.ChangeUserCulture"))
            .bearer(&token)
            .json(&json!({ "culture": "de" }))
            .send()
            .expect(200);
        server
            .post(&format!("{own}/{NAMESPACE}.ChangeUserCulture"))
            .bearer(&token)
            .json(&json!({ "culture": "<x>" }))
            .send()
            .expect(400);

        let listed = server
            .get("/odata/Users?$filter=contains(UserName,'HANN')&$expand=UserRoles,OrganizationUnits&$count=true")
            .bearer(&token);
        let listed = listed.send().expect(200).json();
        assert_eq!(
            (
                listed["@odata.count"].as_i64(),
                listed["value"][0]["UserRoles"][0]["RoleName"].as_str()
            ),
            (Some(1), Some(ALLOW))
        );
        server
            .get("/odata/Users?$expand=UnattendedRobot")
            .bearer(&token)
            .send()
            .expect(400);
        server.delete(&own).bearer(&token).send().expect(204);
        server.get(&own).bearer(&token).send().expect(404);
    });
}

#[test]
fn a_member_of_a_known_group_gets_a_record_when_it_first_comes() {
    testkit::each_database(|server| {
        let token = admin_token(server);
        let path = format!("/odata/Users/{NAMESPACE}.GetCurrentUser");
        let own = server.get(&path).bearer(&token).send().expect(200).json();
        assert_eq!(
            (own["UserName"].as_str(), own["HasOnlyInheritedPrivileges"].as_bool()),
            (Some("admin"), Some(true))
        );
        assert!(own["LastLoginTime"].is_string());
        let held = server
            .get(&format!("/odata/Users/{NAMESPACE}.GetCurrentPermissions"))
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(held["UserId"], own["Id"]);
        assert!(held["Permissions"].as_array().unwrap().contains(&json!("Units.Delete")));
        let extended = format!("/odata/Users/{NAMESPACE}.GetCurrentUserExtended?$expand=PersonalWorkspace");
        let extended = server.get(&extended).bearer(&token).send().expect(200).json();
        assert_eq!(
            (extended["PersonalWorkspace"].clone(), extended["Id"].clone()),
            (Value::Null, own["Id"].clone())
        );
        server
            .post(&format!("/odata/Users/{NAMESPACE}.ChangeCulture"))
            .bearer(&token)
            .json(&json!({ "culture": "en-US" }))
            .send()
            .expect(200);
        server
            .patch(&format!("/odata/Users({})", id(&own)))
            .bearer(&token)
            .json(&json!({ "IsActive": false }))
            .send()
            .expect(409);
    });
}

#[test]
fn the_current_user_is_nobody_without_a_token_and_no_application() {
    let server = Server::start();
    let path = format!("/odata/Users/{NAMESPACE}.GetCurrentUser");
    server.get(&path).send().expect(204);
    server
        .get(&path)
        .bearer(&server.token("OR.Users.Read"))
        .send()
        .expect(401);
    let stranger = create_user(&server, "igor");
    let token = user_token(&server, &stranger);
    server.get(&path).bearer(&token).send().expect(403);
}

#[test]
fn an_inactive_user_has_no_rights() {
    let server = Server::start();
    let person = create_user(&server, "jana");
    let known = assign_tenant_role(&server, &person.id, "DirectoryUser", "Orchestrator Administrator");
    let token = user_token(&server, &person);
    server.get("/odata/Users").bearer(&token).send().expect(200);
    let own = format!("/odata/Users({known})");
    server
        .patch(&own)
        .bearer(&server.token("OR.Users"))
        .json(&json!({ "IsActive": false }))
        .send()
        .expect(200);
    server.get("/odata/Users").bearer(&token).send().expect(403);
}

#[test]
fn the_directory_is_searched_by_the_beginning_of_a_name() {
    let server = Server::start();
    let token = server.token("OR.Users.Read");
    let person = create_user(&server, "karla");
    application(&server, "karl bot", &["OR.Assets.Read"]);
    let get = |path: &str| server.get(path).bearer(&token).send();
    let found = get("/api/DirectoryService/SearchForUsersAndGroups?searchContext=All&domain=autogen&prefix=Karl")
        .expect(200)
        .json();
    let kinds: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|object| object["type"].as_str())
        .collect();
    assert_eq!(kinds, ["User", "ExternalApplication"]);
    let only = get("/api/DirectoryService/SearchForUsersAndGroups?searchContext=ExternalApplications&prefix=karl")
        .expect(200)
        .json();
    assert_eq!(only[0]["identityName"], "karl bot");
    assert_eq!(
        get("/api/DirectoryService/GetDomains").expect(200).json()[0]["name"],
        "autogen"
    );
    let unknown = format!(
        "/api/DirectoryService/GetDomainUserId?domain=autogen&directoryIdentifier={}&userType=DirectoryUser",
        person.id
    );
    get(&unknown).expect(404);
    let known = assign_tenant_role(&server, &person.id, "DirectoryUser", ALLOW);
    assert_eq!(get(&unknown).expect(200).json(), json!(known));
    let through = get("/api/DirectoryService/GetDirectoryPermissions?username=admin&domain=autogen")
        .expect(200)
        .json();
    assert_eq!(through[0]["directoryGroup"], "Administrators");
    assert_eq!(through[0]["roles"][0]["name"], "Administrator");
}

#[test]
fn applications_need_their_identifier_and_hold_roles_like_everyone() {
    let server = Server::start();
    let token = server.token("OR.Users");
    let (app, _) = application(&server, "ledger", &["OR.Assets.Read"]);
    let by_name = json!({ "Type": "DirectoryExternalApplication", "UserName": "ledger" });
    server
        .post("/odata/Users")
        .bearer(&token)
        .json(&by_name)
        .send()
        .expect(400);
    let known = assign_tenant_role(&server, &app, "DirectoryExternalApplication", ALLOW);
    let listed = server
        .get("/odata/Users?$filter=Type eq 'DirectoryExternalApplication'")
        .bearer(&token)
        .send()
        .expect(200)
        .json();
    assert_eq!(names(&listed, "UserName"), ["ledger"]);
    assert_eq!(id(&listed["value"][0]), known);
    let group = json!({ "Type": "DirectoryUser", "DirectoryIdentifier": app });
    server
        .post("/odata/Users")
        .bearer(&token)
        .json(&group)
        .send()
        .expect(404);
}

#[test]
fn a_deleted_application_leaves_the_tenant_it_had_roles_in() {
    let server = Server::start();
    let (app, _) = application(&server, "short-lived", &[]);
    let known = assign_tenant_role(&server, &app, "DirectoryExternalApplication", ALLOW);
    let path = format!("/identity_/api/ExternalClient/{}/{app}", server.organization());
    server
        .delete(&path)
        .bearer(&server.token("PM.OAuthApp"))
        .send()
        .expect(204);
    let token = server.token("OR.Users.Read");
    let gone = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        server
            .get(&format!("/odata/Users({known})"))
            .bearer(&token)
            .send()
            .status
            == 404
    });
    assert!(gone, "background work takes it out");
}

#[test]
fn a_record_made_for_a_groups_member_stands_for_itself_once_it_has_a_role() {
    let server = Server::start();
    let token = admin_token(&server);
    let path = format!("/odata/Users/{NAMESPACE}.GetCurrentUser");
    let own = server.get(&path).bearer(&token).send().expect(200).json();
    let body = json!({ "roleIds": [role(&server, ALLOW)] });
    server
        .post(&format!("/odata/Users({})/{NAMESPACE}.AssignRoles", id(&own)))
        .bearer(&token)
        .json(&body)
        .send()
        .expect(200);
    assert_eq!(
        server.get(&path).bearer(&token).send().expect(200).json()["HasOnlyInheritedPrivileges"],
        false
    );
}

//! Who is assigned to folders, and what comes down from above.

use serde_json::json;
use testkit::Server;

use crate::access_support::{NAMESPACE, admin_token, folder, id, names, role, user_token};
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const USER_ROLE: &str = "Automation User";
const ALLOW: &str = "Allow to be Automation User";

fn members(server: &Server, folder: i64, inherited: bool) -> serde_json::Value {
    let path = format!(
        "/odata/Folders/{NAMESPACE}.GetUsersForFolder(key={folder},includeInherited={inherited})?$expand=UserEntity,Roles"
    );
    server
        .get(&path)
        .bearer(&server.token("OR.Folders.Read"))
        .send()
        .expect(200)
        .json()
}

#[test]
fn a_role_on_a_folder_holds_in_everything_below_and_nowhere_else() {
    testkit::each_database(|server| {
        let user = create_user(server, "berta");
        let known = assign_tenant_role(server, &user.id, "DirectoryUser", ALLOW);
        let token = user_token(server, &user);
        let (top, beside) = (folder(server, "Top", None), folder(server, "Beside", None));
        let below = folder(server, "Below", Some(id(&top)));
        let permissions = |folder: i64| {
            let path = format!("/odata/Users/{NAMESPACE}.GetCurrentPermissions");
            server.get(&path).bearer(&token).folder(folder).send()
        };
        permissions(id(&below)).expect(404);
        assign_folder_role(server, known, id(&top), "Folder Administrator");
        let held = permissions(id(&below)).expect(200).json();
        assert!(
            held["Permissions"]
                .as_array()
                .unwrap()
                .contains(&json!("Assets.Create"))
        );
        permissions(id(&beside)).expect(404);

        let rows = members(server, id(&below), true);
        assert_eq!(rows["value"][0]["UserEntity"]["IsInherited"], true);
        assert_eq!(rows["value"][0]["Roles"][0]["Origin"], "Inherited");
        assert_eq!(
            rows["value"][0]["Roles"][0]["InheritedFromFolder"]["FullyQualifiedName"],
            "Top"
        );
        assert_eq!(members(server, id(&below), false)["value"], json!([]));
        assert_eq!(
            members(server, id(&top), true)["value"][0]["Roles"][0]["Origin"],
            "Assigned"
        );

        let path = format!("/odata/Folders({})/{NAMESPACE}.RemoveUserFromFolder", id(&top));
        server
            .post(&path)
            .bearer(&server.token("OR.Folders"))
            .json(&json!({ "userId": known }))
            .send()
            .expect(204);
        permissions(id(&below)).expect(404);
    });
}

#[test]
fn assigning_replaces_the_roles_in_the_listed_folders() {
    let server = Server::start();
    let user = create_user(&server, "carl");
    let known = assign_tenant_role(&server, &user.id, "DirectoryUser", ALLOW);
    let shared = server.shared_folder();
    assign_folder_role(&server, known, shared, USER_ROLE);
    assign_folder_role(&server, known, shared, "Automation Developer");
    let rows = members(&server, shared, false);
    let own = rows["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["Id"] == json!(known))
        .unwrap()
        .clone();
    assert_eq!(own["Roles"].as_array().unwrap().len(), 1);
    assert_eq!(own["Roles"][0]["Name"], "Automation Developer");

    let tenant_role = json!({ "assignments": { "UserIds": [known], "RolesPerFolder": [{ "FolderId": shared, "RoleIds": [role(&server, ALLOW)] }] } });
    let path = format!("/odata/Folders/{NAMESPACE}.AssignUsers");
    server
        .post(&path)
        .bearer(&server.token("OR.Folders"))
        .json(&tenant_role)
        .send()
        .expect(400);
}

#[test]
fn a_directory_principal_is_taken_in_and_assigned_in_one_call() {
    let server = Server::start();
    let user = create_user(&server, "dora");
    let shared = server.shared_folder();
    let token = server.token("OR.Folders OR.Users.Read");
    for (operation, name) in [("AssignDomainUser", "dora"), ("AssignDirectoryUser", "AUTOGEN\\Dora")] {
        let body = json!({ "assignment": { "Domain": "autogen", "UserName": name, "UserType": "DirectoryUser",
            "RolesPerFolder": [{ "FolderId": shared, "RoleIds": [role(&server, USER_ROLE)] }] } });
        server
            .post(&format!("/odata/Folders/{NAMESPACE}.{operation}"))
            .bearer(&token)
            .json(&body)
            .send()
            .expect(204);
    }
    let users = server
        .get("/odata/Users?$filter=UserName eq 'dora'")
        .bearer(&token)
        .send()
        .expect(200)
        .json();
    assert_eq!(users["value"][0]["Key"], json!(user.id));
    let path = format!("/odata/Folders/{NAMESPACE}.GetUsersToAssign(folderId={shared})");
    let others = server
        .get(&path)
        .bearer(&admin_token(&server))
        .send()
        .expect(200)
        .json();
    assert!(!names(&others, "UserName").contains(&"dora".to_owned()));

    let path = format!("/odata/Folders({shared})/{NAMESPACE}.RemoveUserFromFolderByKey");
    server
        .post(&path)
        .bearer(&token)
        .json(&json!({ "userKey": user.id }))
        .send()
        .expect(204);
    server
        .post(&path)
        .bearer(&token)
        .json(&json!({ "userKey": user.id }))
        .send()
        .expect(404);
}

#[test]
fn someone_with_rights_below_a_folder_cannot_reach_above_or_beside_it() {
    let server = Server::start();
    let user = create_user(&server, "emil");
    let known = assign_tenant_role(&server, &user.id, "DirectoryUser", ALLOW);
    let (own, foreign) = (folder(&server, "Own", None), folder(&server, "Foreign", None));
    assign_folder_role(&server, known, id(&own), "Folder Administrator");
    let token = user_token(&server, &user);
    let create = |parent: Option<i64>| {
        server
            .post("/odata/Folders")
            .bearer(&token)
            .json(&json!({ "DisplayName": "New", "ParentId": parent }))
            .send()
    };
    create(None).expect(403);
    create(Some(id(&foreign))).expect(404);
    let made = create(Some(id(&own))).expect(201).json();
    let list = server.get("/odata/Folders").bearer(&token).send().expect(200).json();
    assert_eq!(names(&list, "DisplayName"), ["Own", "New"]);
    let target = format!(
        "/odata/Folders({})/{NAMESPACE}.MoveFolder?targetParentId={}",
        id(&made),
        id(&foreign)
    );
    server.put(&target).bearer(&token).send().expect(404);
    server
        .put(&format!("/odata/Folders({})/{NAMESPACE}.MoveFolder", id(&made)))
        .bearer(&token)
        .send()
        .expect(403);
    server
        .delete(&format!("/odata/Folders({})", id(&foreign)))
        .bearer(&token)
        .send()
        .expect(404);
    server
        .delete(&format!("/odata/Folders({})", id(&made)))
        .bearer(&token)
        .send()
        .expect(204);
    let tree = server
        .get("/api/FoldersNavigation/GetAllFoldersForCurrentUser")
        .bearer(&token)
        .send()
        .expect(200)
        .json();
    assert_eq!(tree.as_array().unwrap().len(), 1);
}

#[test]
fn somebody_assigned_without_a_role_sees_the_folder_and_can_do_nothing_in_it() {
    let server = Server::start();
    let user = create_user(&server, "frida");
    let known = assign_tenant_role(&server, &user.id, "DirectoryUser", ALLOW);
    let shared = server.shared_folder();
    let body =
        json!({ "assignments": { "UserIds": [known], "RolesPerFolder": [{ "FolderId": shared, "RoleIds": [] }] } });
    server
        .post(&format!("/odata/Folders/{NAMESPACE}.AssignUsers"))
        .bearer(&server.token("OR.Folders"))
        .json(&body)
        .send()
        .expect(204);
    let token = user_token(&server, &user);
    server
        .get(&format!("/odata/Folders({shared})"))
        .bearer(&token)
        .send()
        .expect(200);
    server
        .get("/odata/Assets")
        .bearer(&token)
        .folder(shared)
        .send()
        .expect(403);
    let mine = server
        .get("/api/Folders/GetAllForCurrentUser?take=10&skip=0")
        .bearer(&token)
        .send()
        .expect(200)
        .json();
    assert_eq!(
        (
            mine["Count"].as_i64(),
            mine["PageItems"][0]["FullyQualifiedName"].as_str()
        ),
        (Some(1), Some("Shared"))
    );
    server
        .get("/api/Folders/GetAllForCurrentUser?take=1001")
        .bearer(&token)
        .send()
        .expect(400);
}

#[test]
fn the_roles_of_a_user_are_told_with_those_of_its_groups() {
    let server = Server::start();
    let token = server.token("OR.Folders.Read");
    let path = format!(
        "/odata/Folders/{NAMESPACE}.GetAllRolesForUser(username='Automation%20Users',skip=0,take=10)?type=Group"
    );
    let told = server.get(&path).bearer(&token).send().expect(200).json();
    assert_eq!(told["TenantRoles"][0]["Name"], ALLOW);
    assert_eq!(told["PageItems"][0]["Folder"]["FullyQualifiedName"], "Shared");
    assert_eq!(
        told["PageItems"][0]["Roles"][0]["Users"][0]["UserName"],
        "Automation Users"
    );
    let unknown = format!("/odata/Folders/{NAMESPACE}.GetAllRolesForUser(username='nobody',skip=0,take=10)");
    server.get(&unknown).bearer(&token).send().expect(404);
}

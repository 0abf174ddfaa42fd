//! What can happen to folders.

use serde_json::json;

use crate::access_support::{NAMESPACE, admin_token, folder, id, names};

#[test]
fn a_folder_is_created_found_renamed_and_deleted() {
    testkit::each_database(|server| {
        let token = server.token("OR.Folders");
        let made = folder(server, "Accounting", None);
        assert_eq!(made["FullyQualifiedName"], "Accounting");
        assert_eq!(made["FeedType"], "Processes");
        assert_eq!(made["ParentKey"], serde_json::Value::Null);
        let below = folder(server, "Payables", Some(id(&made)));
        assert_eq!(below["ParentKey"], made["Key"]);

        let by_path =
            "/odata/Folders?$filter=FullyQualifiedName eq 'accounting/payables'&$count=true&$select=Id,DisplayName";
        let found = server.get(by_path).bearer(&token).send().expect(200).json();
        assert_eq!(found["@odata.count"], 1);
        assert_eq!(
            found["value"][0],
            json!({ "Id": below["Id"], "DisplayName": "Payables" })
        );

        let key = made["Key"].as_str().unwrap();
        let by_key = format!("/odata/Folders/{NAMESPACE}.GetByKey(identifier={key})");
        assert_eq!(
            server.get(&by_key).bearer(&token).send().expect(200).json()["Id"],
            made["Id"]
        );

        let renamed = json!({ "Id": made["Id"], "DisplayName": "Finance", "Description": "Money" });
        let path = format!("/odata/Folders({})", id(&made));
        assert_eq!(
            server
                .put(&path)
                .bearer(&token)
                .json(&renamed)
                .send()
                .expect(200)
                .json()["Description"],
            "Money"
        );
        let path_below = format!("/odata/Folders({})", id(&below));
        let moved_along = server.get(&path_below).bearer(&token).send().expect(200).json();
        assert_eq!(moved_along["FullyQualifiedName"], "Finance/Payables");

        let patch = format!("/api/Folders/PatchNameDescription?key={key}");
        server
            .patch(&patch)
            .bearer(&token)
            .json(&json!({ "description": "Cash" }))
            .send()
            .expect(200);
        let patched = server.get(&path).bearer(&token).send().expect(200).json();
        assert_eq!(
            (patched["Description"].as_str(), patched["DisplayName"].as_str()),
            (Some("Cash"), Some("Finance"))
        );

        assert_eq!(
            server.delete(&path).bearer(&token).send().expect(409).error_code(),
            1012
        );
        let below_key = below["Key"].as_str().unwrap();
        server
            .delete(&format!("/api/Folders/DeleteByKey?key={below_key}"))
            .bearer(&token)
            .send()
            .expect(204);
        server.delete(&path).bearer(&token).send().expect(204);
        assert_eq!(server.get(&path).bearer(&token).send().expect(404).error_code(), 1100);
    });
}

#[test]
fn names_are_checked_and_unique_among_siblings() {
    let server = testkit::Server::start();
    let token = server.token("OR.Folders");
    let create = |body| server.post("/odata/Folders").bearer(&token).json(&body).send();
    folder(&server, "Größe", None);
    assert_eq!(
        create(json!({ "DisplayName": "GRÖSSE" })).status,
        201,
        "ß and SS are different letters"
    );
    assert_eq!(
        create(json!({ "DisplayName": "gröẞe" })).status,
        409,
        "the letter case does not matter"
    );
    for name in ["", "  ", "a/b", "line\nbreak", &"a".repeat(116)] {
        assert_eq!(create(json!({ "DisplayName": name })).status, 400, "{name}");
    }
    create(json!({ "DisplayName": "b", "Description": "d".repeat(501) })).expect(400);
    create(json!({})).expect(400);
    create(json!({ "DisplayName": "c", "ParentId": 999_999 })).expect(404);
}

#[test]
fn folders_are_nested_at_most_six_levels_deep() {
    let server = testkit::Server::start();
    let mut parent = id(&folder(&server, "0", None));
    for level in 1..=6 {
        parent = id(&folder(&server, &level.to_string(), Some(parent)));
    }
    let body = json!({ "DisplayName": "7", "ParentId": parent });
    server
        .post("/odata/Folders")
        .bearer(&server.token("OR.Folders"))
        .json(&body)
        .send()
        .expect(400);
}

#[test]
fn a_subtree_moves_with_its_paths_and_never_into_itself() {
    testkit::each_database(|server| {
        let token = server.token("OR.Folders");
        let (one, other) = (folder(server, "One", None), folder(server, "Other", None));
        let child = folder(server, "Child", Some(id(&one)));
        let grandchild = folder(server, "Grandchild", Some(id(&child)));
        let relocate = |folder: i64, target: Option<i64>| {
            let target = target
                .map(|target| format!("?targetParentId={target}"))
                .unwrap_or_default();
            server
                .put(&format!("/odata/Folders({folder})/{NAMESPACE}.MoveFolder{target}"))
                .bearer(&token)
                .send()
        };
        relocate(id(&child), Some(id(&grandchild))).expect(400);
        relocate(id(&child), Some(id(&other))).expect(204);
        let path = format!("/odata/Folders({})", id(&grandchild));
        let moved = server.get(&path).bearer(&token).send().expect(200).json();
        assert_eq!(moved["FullyQualifiedName"], "Other/Child/Grandchild");
        relocate(id(&child), None).expect(204);
        let moved = server.get(&path).bearer(&token).send().expect(200).json();
        assert_eq!(moved["FullyQualifiedName"], "Child/Grandchild");
        folder(server, "Grandchild", None);
        relocate(id(&grandchild), None).expect(409);
    });
}

#[test]
fn a_feed_of_its_own_is_passed_on_and_known_by_the_root() {
    let server = testkit::Server::start();
    let token = server.token("OR.Folders OR.Execution.Read");
    let body = json!({ "DisplayName": "Feed", "FeedType": "FolderHierarchy", "ProvisionType": "Automatic", "PermissionModel": "FineGrained" });
    let root = server
        .post("/odata/Folders")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(201)
        .json();
    let below = folder(&server, "Below", Some(id(&root)));
    assert_eq!(below["FeedType"], "FolderHierarchy");
    let feed = |folder: i64| {
        server
            .get(&format!("/api/PackageFeeds/GetFolderFeed?folderId={folder}"))
            .bearer(&token)
            .send()
            .expect(200)
            .json()
    };
    assert_eq!(feed(id(&below)), root["Key"]);
    assert_eq!(feed(server.shared_folder()), serde_json::Value::Null);
}

#[test]
fn navigation_shows_a_person_the_tree_and_no_application() {
    let server = testkit::Server::start();
    let token = admin_token(&server);
    let finance = folder(&server, "Finance", Some(server.shared_folder()));
    let get = |path: &str| server.get(path).bearer(&token).send().expect(200).json();

    let all = get("/api/FoldersNavigation/GetAllFoldersForCurrentUser");
    assert_eq!(all[0]["DisplayName"], "Shared");
    assert_eq!(
        (all[0]["HasChildren"].as_bool(), all[1]["Level"].as_i64()),
        (Some(true), Some(1))
    );

    let level = get(&format!(
        "/api/FoldersNavigation/GetFolderNavigationContextForCurrentUser?folderId={}&take=10&skip=0",
        server.shared_folder()
    ));
    assert_eq!(
        (level["ChildrenCount"].as_i64(), level["ChildrenPage"][0]["Id"].clone()),
        (Some(1), finance["Id"].clone())
    );

    let found =
        get("/api/FoldersNavigation/GetFoldersForCurrentUser?searchText=fin&take=20&skip=0&folderTypes=Standard");
    assert_eq!(found["PageItems"][0]["FolderPath"], "Shared/Finance");
    assert_eq!(found["Count"], 1);

    let path = "/api/FoldersNavigation/GetFoldersForCurrentUser?take=101";
    assert_eq!(server.get(path).bearer(&token).send().expect(400).error_code(), 1009);
    server.get(path).bearer(&server.token("OR.Folders")).send().expect(403);

    let roles = get("/api/FoldersNavigation/GetAllRolesForUser?username=admin&skip=0&take=10");
    assert_eq!(roles["TenantRoles"][0]["Name"], "Administrator");
}

#[test]
fn the_summary_counts_what_is_in_a_folder() {
    let server = testkit::Server::start();
    folder(&server, "Finance", Some(server.shared_folder()));
    let path = format!(
        "/odata/Folders/{NAMESPACE}.GetEntitiesSummary(folderId={})",
        server.shared_folder()
    );
    let summary = server
        .get(&path)
        .bearer(&server.token("OR.Folders.Read"))
        .send()
        .expect(200)
        .json();
    assert_eq!(
        (summary["FoldersCount"].as_i64(), summary["UsersCount"].as_i64()),
        (Some(1), Some(2))
    );
    let list = server
        .get("/odata/Folders?$orderby=FullyQualifiedName desc")
        .bearer(&server.token("OR.Folders.Read"))
        .send()
        .expect(200)
        .json();
    assert_eq!(names(&list, "FullyQualifiedName"), ["Shared/Finance", "Shared"]);
}

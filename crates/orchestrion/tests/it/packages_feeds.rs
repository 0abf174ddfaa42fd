//! Feeds: lists in the order of versions, what may be deleted, feeds of folders, and the protocol of NuGet.

use serde_json::{Value, json};
use testkit::{Server, each_database};

use crate::jobs_support::Place;
use crate::packages_support::{Feed, Package, form, publish, python_package};

#[test]
fn versions_are_in_the_order_of_nuget() {
    each_database(|server| {
        let feed = Feed::of(server);
        for version in ["1.9.0", "1.10.0", "1.10.0-beta.2", "1.10.0-beta.11", "1.2.0"] {
            feed.publish(&python_package("calc", version));
        }
        feed.publish(&python_package("abacus", "3.0.0"));
        assert_eq!(feed.keys("", "$orderby=Id"), ["abacus:3.0.0", "calc:1.10.0"]);
        assert_eq!(feed.keys("", "searchTerm=CAL"), ["calc:1.10.0"]);
        assert_eq!(feed.keys("", "$filter=startswith(Id,'aba')"), ["abacus:3.0.0"]);
        assert_eq!(feed.keys("", "$orderby=Id&$top=1&$skip=1"), ["calc:1.10.0"]);
        assert_eq!(feed.get("", "$top=0&$count=true").expect(200).json()["@odata.count"], 2);
        let versions = "GetProcessVersions(processId='calc')";
        assert_eq!(
            feed.keys(versions, ""),
            [
                "calc:1.10.0",
                "calc:1.10.0-beta.11",
                "calc:1.10.0-beta.2",
                "calc:1.9.0",
                "calc:1.2.0"
            ]
        );
        feed.get("", "$filter=Nothing eq 1").expect(400);
        feed.delete("calc:1.10.0").expect(204);
        assert_eq!(feed.keys("", "searchTerm=calc"), ["calc:1.10.0-beta.11"]);
        feed.delete("calc:1.10.0").expect(404);
    });
}

#[test]
fn versions_that_processes_use_stay() {
    each_database(|server| {
        let place = Place::calc(server);
        let feed = Feed::of(server);
        publish(server, &python_package("calc", "1.1.0"));
        let refused = feed.delete("calc:1.0.0").expect(409);
        assert!(refused.text().contains("calc:1.0.0"), "{}", refused.text());
        let told = feed.delete("calc").expect(200).json();
        let mut states: Vec<_> = told["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["Key"].clone(), item["Status"].clone()))
            .collect();
        states.sort_by_key(|(key, _)| key.to_string());
        assert_eq!(
            states,
            [
                (json!("calc:1.0.0"), json!("Conflict")),
                (json!("calc:1.1.0"), json!("OK"))
            ]
        );
        assert_eq!(feed.keys("GetProcessVersions(processId='calc')", ""), ["calc:1.0.0"]);
        let path = format!("/odata/Releases?$filter=Key eq {}", place.release);
        let call = server
            .get(&path)
            .bearer(&server.token("OR.Execution"))
            .folder(place.folder);
        let release = call.send().expect(200).json()["value"][0]["Id"].clone();
        server
            .delete(&format!("/odata/Releases({release})"))
            .bearer(&server.token("OR.Execution"))
            .folder(place.folder)
            .send()
            .expect(204);
        feed.delete("calc").expect(204);
        assert_eq!(feed.keys("", ""), Vec::<String>::new());
    });
}

/// A folder at the top that has a feed of its own.
fn folder_with_feed(server: &Server) -> (i64, String) {
    let body = json!({ "DisplayName": "Finance", "ProvisionType": "Automatic", "PermissionModel": "FineGrained",
        "FeedType": "FolderHierarchy" });
    let call = server.post("/odata/Folders").bearer(&server.token("OR.Folders"));
    let made = call.json(&body).send().expect(201).json();
    (made["Id"].as_i64().unwrap(), made["Key"].as_str().unwrap().to_owned())
}

#[test]
fn a_folder_may_have_a_feed_of_its_own() {
    each_database(|server| {
        let (folder, key) = folder_with_feed(server);
        let feed = Feed::of(server);
        let feeds = server
            .get("/api/PackageFeeds/GetFeeds")
            .bearer(&feed.token)
            .send()
            .expect(200)
            .json();
        let own = feeds.as_array().unwrap().iter().find(|feed| feed["id"] == key.as_str());
        assert_eq!(own.unwrap()["name"], "Orchestrator Finance Feed", "{feeds}");
        let package = python_package("calc", "1.0.0");
        let (content_type, body) = form(&[(&package.file_name(), &package.build())]);
        let upload = |feed_id: &str| {
            server
                .post(&format!(
                    "/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage?feedId={feed_id}"
                ))
                .bearer(&feed.token)
                .bytes(&content_type, body.clone())
                .send()
        };
        upload(&key).expect(200);
        upload("00000000-0000-0000-0000-000000000001").expect(404);
        upload("nonsense").expect(400);
        assert_eq!(feed.keys("", ""), Vec::<String>::new());
        assert_eq!(feed.keys("", &format!("feedId={key}")), ["calc:1.0.0"]);
        // Processes of the folder come from its feed, those of others do not.
        let create = |folder: i64| {
            let body = json!({ "Name": "Calc", "ProcessKey": "calc", "ProcessVersion": "1.0.0" });
            let call = server.post("/odata/Releases").bearer(&feed.token).folder(folder);
            call.json(&body).send()
        };
        create(folder).expect(201);
        create(server.shared_folder()).expect(404);
    });
}

const NUGET: &str = "/default/Default/orchestrator_/nuget/v3";

fn nuget(server: &Server, path: &str, token: &str) -> Value {
    let call = server.get(&format!("{NUGET}/{path}")).basic("any", token);
    call.send().expect(200).json()
}

#[test]
fn feeds_are_read_by_nuget_clients() {
    each_database(|server| {
        let feed = Feed::of(server);
        for version in ["1.0.0", "1.10.0", "2.0.0-beta"] {
            feed.publish(&Package::new("Acme.Tools", version).json(
                "content/operate.json",
                &json!({ "main": "m", "targetRuntime": "command" }),
            ));
        }
        let refused = server.get(&format!("{NUGET}/processes/index.json")).send().expect(401);
        assert!(refused.header("www-authenticate").contains("Basic"));
        let wrong = server
            .get(&format!("{NUGET}/processes/index.json"))
            .basic("any", "wrong")
            .send();
        wrong.expect(401);
        let token = &feed.token;
        let index = nuget(server, "processes/index.json", token);
        assert_eq!(index["version"], "3.0.0");
        // Every address that the index gives is one of ours, and answers.
        let address = |kind: &str| {
            let resources = index["resources"].as_array().unwrap();
            let found = resources
                .iter()
                .find(|resource| resource["@type"].as_str().unwrap().starts_with(kind));
            let full = found.unwrap()["@id"].as_str().unwrap().to_owned();
            full.split_once("/nuget/v3/").unwrap().1.to_owned()
        };
        let query = address("SearchQueryService");
        let found = nuget(server, &format!("{query}?q=tools"), token);
        assert_eq!(found["data"][0]["id"], "Acme.Tools");
        assert_eq!(found["data"][0]["version"], "1.10.0");
        let all = nuget(server, &format!("{query}?q=tools&prerelease=true"), token);
        assert_eq!(all["data"][0]["version"], "2.0.0-beta");
        assert_eq!(nuget(server, &format!("{query}?q=nothing"), token)["totalHits"], 0);
        let flat = address("PackageBaseAddress");
        let flat = flat.trim_end_matches('/');
        let versions = nuget(server, &format!("{flat}/acme.tools/index.json"), token);
        assert_eq!(versions["versions"], json!(["1.0.0", "1.10.0", "2.0.0-beta"]));
        let registrations = address("RegistrationsBaseUrl");
        let registrations = registrations.trim_end_matches('/');
        let leafs = nuget(server, &format!("{registrations}/acme.tools/index.json"), token);
        let page = &leafs["items"][0]["items"];
        assert_eq!(page[0]["catalogEntry"]["version"], "1.0.0", "{leafs}");
        let content = page[1]["packageContent"].as_str().unwrap();
        let content = content.split_once("/nuget/v3/").unwrap().1;
        let file = server
            .get(&format!("{NUGET}/{content}"))
            .basic("any", token)
            .send()
            .expect(200);
        assert_eq!(&file.bytes[..2], b"PK");
        let nuspec = format!("{NUGET}/{flat}/acme.tools/1.0.0/acme.tools.nuspec");
        let nuspec = server.get(&nuspec).bearer(token).send().expect(200);
        assert!(nuspec.text().contains("<id>Acme.Tools</id>"));
        for missing in [
            "processes/flat/other/index.json",
            "processes/registrations/other/index.json",
            "processes/flat/acme.tools/9.0.0/acme.tools.9.0.0.nupkg",
            "processes/flat/acme.tools/1.0.0/other.txt",
            "nowhere/index.json",
        ] {
            let call = server.get(&format!("{NUGET}/{missing}")).bearer(token);
            call.send().expect(404);
        }
        // Libraries are another feed, and rights to processes do not open it.
        assert_eq!(nuget(server, "libraries/query", token)["totalHits"], 0);
        let other = server.token("OR.Assets");
        server
            .get(&format!("{NUGET}/processes/index.json"))
            .bearer(&other)
            .send()
            .expect(403);
    });
}

//! Making, reading, changing and deleting assets.

use serde_json::{Value, json};
use testkit::{Server, each_database};

use crate::assets_support::{Assets, Member, bound, create_folder};

#[test]
fn a_new_asset_is_answered_with_every_member_of_its_type() {
    each_database(|server| {
        let asset = Assets::of(server).create(&json!({
            "@odata.context": "ignored", "name": "greeting", "valueScope": "Global", "ValueType": "text", "StringValue": "hello",
            "Description": "said first", "Tags": [{"Name": "red"}], "Unknown": 1
        }));
        let context = asset["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("/odata/$metadata#Assets/$entity"), "{context}");
        let expected = json!({
            "Name": "greeting", "ValueScope": "Global", "ValueType": "Text", "Value": "hello", "StringValue": "hello",
            "BoolValue": false, "IntValue": 0, "CredentialUsername": "", "CredentialPassword": "", "SecretValue": "",
            "ExternalName": null, "CredentialStoreId": null, "KeyValueList": [], "HasDefaultValue": true,
            "Description": "said first", "FoldersCount": 1, "CanBeDeleted": true, "AllowDirectApiAccess": false,
            "LastModificationTime": null, "LastModifierUserId": null
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&asset[member], value, "{member}");
        }
        assert_eq!(asset["Tags"][0]["DisplayName"], "red");
        assert!(
            asset["Id"].is_i64() && asset["Key"].as_str().unwrap().len() == 36 && asset["CreationTime"].is_string()
        );
        assert!(
            asset.get("UserValues").is_none() && asset.get("RobotValues").is_none(),
            "they need $expand"
        );
    });
}

#[test]
fn every_type_shows_its_value_as_text() {
    each_database(|server| {
        let assets = Assets::of(server);
        let cases = [
            (json!({"ValueType": "Text", "StringValue": "a\nb"}), json!("a\nb")),
            (json!({"ValueType": "Bool", "BoolValue": true}), json!("True")),
            (json!({"ValueType": "Bool"}), json!("False")),
            (json!({"ValueType": "Integer", "IntValue": -7}), json!("-7")),
            (
                json!({"ValueType": "Credential", "CredentialUsername": "ann", "CredentialPassword": "pw"}),
                json!("username: ann"),
            ),
            (
                json!({"ValueType": "WindowsCredential", "CredentialUsername": "d\\ann", "CredentialPassword": "pw"}),
                json!("username: d\\ann"),
            ),
            (json!({"ValueType": "Secret", "SecretValue": "s"}), Value::Null),
            (
                json!({"ValueType": "DBConnectionString", "StringValue": "server=x"}),
                json!("server=x"),
            ),
            (
                json!({"ValueType": "HttpConnectionString", "StringValue": "http://x"}),
                json!("http://x"),
            ),
            (
                json!({"ValueType": "KeyValueList", "KeyValueList": [{"Key": "k", "Value": "v"}]}),
                json!(""),
            ),
        ];
        for (number, (mut body, shown)) in cases.into_iter().enumerate() {
            body["Name"] = json!(format!("asset {number}"));
            body["ValueScope"] = json!("Global");
            let asset = assets.create(&body);
            assert_eq!(asset["Value"], shown, "{body}");
            assert_eq!(assets.read(&asset["Id"]).expect(200).json()["Value"], shown, "{body}");
        }
    });
}

#[test]
fn an_asset_is_found_by_id_and_by_key_in_its_own_folder_only() {
    each_database(|server| {
        let assets = Assets::of(server);
        let asset = assets.text("here", "x");
        let by_key = bound(&format!("GetByKey(identifier={})", asset["Key"].as_str().unwrap()));
        assert_eq!(assets.get(&by_key).expect(200).json()["Id"], asset["Id"]);
        let elsewhere = assets.in_folder(create_folder(server, "Elsewhere"));
        assert_eq!(elsewhere.read(&asset["Id"]).expect(404).error_code(), 1002);
        elsewhere.get(&by_key).expect(404);
        elsewhere
            .put(&asset["Id"], &json!({"Name": "there", "ValueScope": "Global"}))
            .expect(404);
        elsewhere.delete(&asset["Id"]).expect(404);
        assert_eq!(assets.read(&json!(999_999)).expect(404).error_code(), 1002);
        let without_folder = server.get("/odata/Assets").bearer(&assets.token).send().expect(400);
        assert_eq!(without_folder.error_code(), 1101);
    });
}

#[test]
fn what_is_wrong_is_refused_with_the_reason() {
    each_database(|server| {
        let assets = Assets::of(server);
        let cases = [
            (json!({"ValueScope": "Global"}), "Name"),
            (json!({"Name": "", "ValueScope": "Global"}), "Name"),
            (json!({"Name": "x".repeat(257), "ValueScope": "Global"}), "Name"),
            (json!({"Name": "a"}), "ValueScope"),
            (json!({"Name": "a", "ValueScope": "Everywhere"}), "ValueScope"),
            (
                json!({"Name": "a", "ValueScope": "Global", "ValueType": "Number"}),
                "ValueType",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "Description": "x".repeat(251)}),
                "Description",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "StringValue": "x".repeat(1_000_001)}),
                "StringValue",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "StringValue": 7}),
                "StringValue",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "ValueType": "Integer", "IntValue": 2_147_483_648_i64}),
                "IntValue",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "ValueType": "Credential", "CredentialUsername": "x".repeat(513),
                "CredentialPassword": "p"}),
                "CredentialUsername",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "x".repeat(25_001)}),
                "SecretValue",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "s", "CredentialStoreId": 7}),
                "Credential store with id 7",
            ),
            (
                json!({"Name": "a", "ValueScope": "Global", "Tags": [{"Name": "x".repeat(257)}]}),
                "Tags[0].Name",
            ),
        ];
        for (body, reason) in cases {
            let answer = assets.try_create(&body).expect(400);
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains(reason), "{reason}: {message}");
        }
        assets
            .server
            .post("/odata/Assets")
            .bearer(&assets.token)
            .folder(assets.folder)
            .bytes("application/json", b"{\"Name\":".to_vec())
            .send()
            .expect(400);
        assert_eq!(assets.names(), Vec::<String>::new(), "nothing was written");
    });
}

#[test]
fn the_longest_text_is_kept() {
    each_database(|server| {
        let assets = Assets::of(server);
        let longest = "ä".repeat(1_000_000);
        let asset = assets.text("long", &longest);
        assert_eq!(
            assets.read(&asset["Id"]).expect(200).json()["StringValue"],
            longest.as_str()
        );
    });
}

#[test]
fn a_name_is_taken_once_per_folder_whatever_its_case() {
    each_database(|server| {
        let assets = Assets::of(server);
        let first = assets.text("Übung", "x");
        let second = json!({"Name": "übung", "ValueScope": "Global"});
        assert_eq!(assets.try_create(&second).expect(409).error_code(), 1001);
        assets.in_folder(create_folder(server, "Finance")).create(&second);
        let other = assets.text("other", "x");
        let renamed = assets.put(&other["Id"], &second).expect(409);
        assert_eq!(renamed.error_code(), 1001);
        let same = json!({"Name": "ÜBUNG", "ValueScope": "Global", "StringValue": "x"});
        assert_eq!(assets.put(&first["Id"], &same).expect(200).json()["Name"], "ÜBUNG");
    });
}

#[test]
fn putting_replaces_but_the_type_stays() {
    each_database(|server| {
        let assets = Assets::of(server);
        let mut asset = assets.create(&json!({
            "Name": "a", "ValueScope": "Global", "StringValue": "one", "Description": "old", "Tags": [{"Name": "t"}],
            "AllowDirectApiAccess": true
        }));
        let id = asset["Id"].clone();
        asset["StringValue"] = json!("two");
        let answer = assets.put(&id, &asset).expect(200).json();
        assert_eq!(
            (&answer["StringValue"], &answer["Description"]),
            (&json!("two"), &json!("old"))
        );
        assert!(answer["LastModificationTime"].is_string());
        let short = json!({"Id": id, "Name": "b", "ValueScope": "Global", "ValueType": "Text", "StringValue": "three"});
        let answer = assets.put(&id, &short).expect(200).json();
        assert_eq!((&answer["Name"], &answer["Description"]), (&json!("b"), &Value::Null));
        assert_eq!(answer["Tags"][0]["Name"], "t", "tags that are not mentioned stay");
        assert_eq!(answer["AllowDirectApiAccess"], true);
        assert_eq!(assets.names(), ["b"], "lists know the new name");

        let other_type = json!({"Name": "b", "ValueScope": "Global", "ValueType": "Bool"});
        assert!(
            assets
                .put(&id, &other_type)
                .expect(400)
                .text()
                .contains("cannot be changed")
        );
        let other_id = json!({"Id": 7777, "Name": "b", "ValueScope": "Global"});
        assets.put(&id, &other_id).expect(400);
        assets.put(&json!(999_999), &short).expect(404);
    });
}

#[test]
fn a_deleted_asset_is_gone_and_its_name_is_free() {
    each_database(|server| {
        let assets = Assets::of(server);
        let asset = assets.text("a", "x");
        assets.delete(&asset["Id"]).expect(204);
        assets.read(&asset["Id"]).expect(404);
        assets.delete(&asset["Id"]).expect(404);
        assets.text("a", "y");
    });
}

#[test]
fn scopes_and_permissions_decide_who_may_what() {
    each_database(|server| {
        let assets = Assets::of(server);
        let asset = assets.text("a", "x");
        let id = &asset["Id"];
        let body = json!({"Name": "b", "ValueScope": "Global"});
        let reader = assets.as_caller(&server.token("OR.Assets.Read"));
        reader.read(id).expect(200);
        reader.try_create(&body).expect(403);
        reader.put(id, &body).expect(403);
        reader.delete(id).expect(403);
        let writer = assets.as_caller(&server.token("OR.Assets.Write"));
        writer.read(id).expect(403);
        writer.put(id, &body).expect(200);
        let member = Member::new(server, "by roles");
        member.allow(server, assets.folder, &["Assets.View"]);
        let member = assets.as_caller(&member.token(server));
        member.read(id).expect(200);
        member.put(id, &body).expect(403);
        member.try_create(&body).expect(403);
        member.delete(id).expect(403);
        server.get("/odata/Assets").folder(assets.folder).send().expect(401);
    });
}

#[test]
fn every_change_is_audited_without_values() {
    each_database(|server| {
        let assets = Assets::of(server);
        let body = json!({"Name": "db", "ValueScope": "Global", "ValueType": "Credential", "CredentialUsername": "ann",
            "CredentialPassword": "hunter2-password"});
        let asset = assets.create(&body);
        assets.put(&asset["Id"], &body).expect(200);
        assets.delete(&asset["Id"]).expect(204);
        let log = audit(server);
        let rows = log["value"].as_array().unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row["Action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["Delete", "Update", "Create"]);
        assert_eq!(
            (&rows[0]["DisplayName"], &rows[0]["EntityId"]),
            (&json!("db"), &asset["Id"])
        );
        assert!(!log.to_string().contains("hunter2"), "{log}");
    });
}

fn audit(server: &Server) -> Value {
    let path = "/odata/AuditLogs?$filter=Component eq 'Assets'&$expand=Entities";
    server
        .get(path)
        .bearer(&server.token("OR.Audit.Read"))
        .send()
        .expect(200)
        .json()
}

//! Secret values, values for single accounts, and reading them in clear.

use serde_json::{Value, json};
use testkit::each_database;

use crate::assets_support::{Assets, Member, bound, secret};

fn credential(name: &str) -> Value {
    json!({"Name": name, "ValueScope": "Global", "ValueType": "Credential", "CredentialUsername": "ann",
        "CredentialPassword": "hunter2", "AllowDirectApiAccess": true})
}

#[test]
fn passwords_and_secrets_are_never_answered() {
    each_database(|server| {
        let assets = Assets::of(server);
        let member = Member::new(server, "one account");
        let mut own = credential("per account");
        own["ValueScope"] = json!("PerRobot");
        own["HasDefaultValue"] = json!(true);
        own["UserValues"] =
            json!([{"UserId": member.user, "CredentialUsername": "bob", "CredentialPassword": "hunter4"}]);
        let mut seen = String::new();
        for body in [credential("c"), secret("s"), own] {
            let asset = assets.create(&body);
            seen += &asset.to_string();
            seen += &assets.read_with_values(&asset["Id"]).to_string();
            seen += &assets.put(&asset["Id"], &asset).expect(200).text();
        }
        for list in [
            "/odata/Assets".to_owned(),
            bound("GetFiltered"),
            bound("GetAssetsAcrossFolders"),
        ] {
            seen += &assets.get(&format!("{list}?$expand=UserValues")).expect(200).text();
        }
        assert!(
            seen.contains("ann") && seen.contains("bob") && !seen.contains("hunter"),
            "{seen}"
        );
    });
}

#[test]
fn a_credential_needs_a_password_and_a_secret_a_value() {
    each_database(|server| {
        let assets = Assets::of(server);
        let mut body = credential("c");
        body["CredentialPassword"] = json!("");
        assert!(assets.try_create(&body).expect(400).text().contains("password"));
        body["ExternalName"] = json!("vault/key");
        assert_eq!(assets.create(&body)["ExternalName"], "vault/key");
        let mut body = secret("s");
        body["SecretValue"] = Value::Null;
        assert!(
            assets
                .try_create(&body)
                .expect(400)
                .text()
                .contains("secret value cannot be null")
        );
    });
}

#[test]
fn a_password_that_is_left_out_stays_and_another_user_name_needs_one() {
    each_database(|server| {
        let assets = Assets::of(server);
        let asset = assets.create(&credential("c"));
        let id = &asset["Id"];
        assets.put(id, &asset).expect(200);
        assert_eq!(assets.value("c").expect(200).json()["CredentialPassword"], "hunter2");
        let mut other = asset.clone();
        other["CredentialUsername"] = json!("bob");
        assert_eq!(assets.put(id, &other).expect(400).error_code(), 1500);
        other["CredentialPassword"] = json!("fresh");
        assets.put(id, &other).expect(200);
        let value = assets.value("c").expect(200).json();
        assert_eq!(
            (&value["CredentialUsername"], &value["CredentialPassword"]),
            (&json!("bob"), &json!("fresh"))
        );

        let asset = assets.create(&secret("s"));
        assets.put(&asset["Id"], &asset).expect(200);
        assert_eq!(assets.value("s").expect(200).json()["SecretValue"], "hunter3");
    });
}

#[test]
fn who_opens_an_asset_to_the_api_gives_its_secrets_anew() {
    each_database(|server| {
        let assets = Assets::of(server);
        let member = Member::new(server, "holder");
        let mut own = secret("own");
        own["ValueScope"] = json!("PerRobot");
        own["HasDefaultValue"] = json!(false);
        own["SecretValue"] = Value::Null;
        own["UserValues"] = json!([{"UserId": member.user, "SecretValue": "hunter4"}]);
        for mut body in [credential("c"), secret("s"), own] {
            body["AllowDirectApiAccess"] = json!(false);
            let asset = assets.create(&body);
            let mut opened = assets.read_with_values(&asset["Id"]);
            opened["AllowDirectApiAccess"] = json!(true);
            assert_eq!(
                assets.put(&asset["Id"], &opened).expect(400).error_code(),
                1500,
                "{body}"
            );
            opened.as_object_mut().unwrap().remove("UserValues");
            assert_eq!(
                assets.put(&asset["Id"], &opened).expect(400).error_code(),
                1500,
                "{body}"
            );
            body["AllowDirectApiAccess"] = json!(true);
            body["Id"] = asset["Id"].clone();
            assets.put(&asset["Id"], &body).expect(200);
            // Open already: what is left out stays.
            let same = assets.read_with_values(&asset["Id"]);
            assets.put(&asset["Id"], &same).expect(200);
        }
        assert_eq!(assets.value("s").expect(200).json()["SecretValue"], "hunter3");
    });
}

#[test]
fn a_value_in_clear_needs_the_assets_consent() {
    each_database(|server| {
        let assets = Assets::of(server);
        let mut closed = secret("closed");
        closed["AllowDirectApiAccess"] = json!(false);
        assets.create(&closed);
        assert_eq!(assets.value("closed").expect(403).error_code(), 1017);
        assets.create(&secret("open"));
        let value = assets.value("OPEN").expect(200).json();
        assert_eq!(
            (&value["Name"], &value["SecretValue"], &value["ConnectionData"]),
            (&json!("open"), &json!("hunter3"), &Value::Null)
        );
        assets.text("text", "visible anyway");
        assert_eq!(assets.value("text").expect(200).json()["StringValue"], "visible anyway");
        assert_eq!(assets.value("nothing").expect(404).error_code(), 1002);
        let path = bound("GetRobotAssetByNameForRobotKey");
        assets
            .post(
                &path,
                &json!({"assetName": "open", "robotKey": "11111111-2222-3333-4444-555555555555"}),
            )
            .expect(404);
        assets.post(&path, &json!({})).expect(400);
        assets
            .as_caller(&server.token("OR.Assets.Read"))
            .value("open")
            .expect(403);
    });
}

#[test]
fn an_account_gets_its_own_value_and_others_the_default() {
    each_database(|server| {
        let assets = Assets::of(server);
        let (ann, bob) = (Member::new(server, "ann"), Member::new(server, "bob"));
        for member in [&ann, &bob] {
            member.allow(server, assets.folder, &["Assets.View"]);
        }
        let asset = assets.create(&json!({
            "Name": "colour", "ValueScope": "PerRobot", "ValueType": "Text", "HasDefaultValue": true, "StringValue": "grey",
            "UserValues": [{"UserId": ann.user, "StringValue": "red"}]
        }));
        let read = |member: &Member| assets.as_caller(&member.token(server)).value("colour");
        assert_eq!(read(&ann).expect(200).json()["StringValue"], "red");
        assert_eq!(read(&bob).expect(200).json()["StringValue"], "grey");

        let full = assets.read_with_values(&asset["Id"]);
        let value = &full["UserValues"][0];
        assert_eq!(
            (&value["UserId"], &value["Value"], &value["Name"]),
            (&json!(ann.user), &json!("red"), &json!("colour"))
        );
        assert_eq!(
            (&value["MachineId"], &value["ValueType"]),
            (&Value::Null, &json!("Text"))
        );
        assert!(value["UserName"].is_string());

        let without_default = json!({"Name": "colour", "ValueScope": "PerRobot", "HasDefaultValue": false});
        let answer = assets.put(&asset["Id"], &without_default).expect(200).json();
        assert_eq!(
            (&answer["HasDefaultValue"], &answer["StringValue"], &answer["Value"]),
            (&json!(false), &json!(""), &json!(""))
        );
        assert_eq!(
            read(&ann).expect(200).json()["StringValue"],
            "red",
            "values that are not mentioned stay"
        );
        read(&bob).expect(404);
    });
}

#[test]
fn an_asset_keeps_at_least_one_value() {
    each_database(|server| {
        let assets = Assets::of(server);
        let nothing = json!({"Name": "a", "ValueScope": "PerRobot", "HasDefaultValue": false});
        assert!(
            assets
                .try_create(&nothing)
                .expect(400)
                .text()
                .contains("at least one account")
        );
        let member = Member::new(server, "one");
        let mut one = nothing.clone();
        one["UserValues"] = json!([{"UserId": member.user, "StringValue": "x"}]);
        let asset = assets.create(&one);
        let mut cleared = one.clone();
        cleared["UserValues"] = json!([]);
        assets.put(&asset["Id"], &cleared).expect(400);
        assert_eq!(
            assets.read_with_values(&asset["Id"])["UserValues"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    });
}

#[test]
fn an_unknown_account_or_machine_leaves_everything_as_it_was() {
    each_database(|server| {
        let assets = Assets::of(server);
        let member = Member::new(server, "known");
        let asset = assets.create(&json!({
            "Name": "a", "ValueScope": "PerRobot", "HasDefaultValue": true, "StringValue": "default",
            "UserValues": [{"UserId": member.user, "StringValue": "own"}]
        }));
        let before = assets.read_with_values(&asset["Id"]);
        let wrong = [
            json!([{"UserId": 999_999, "StringValue": "x"}]),
            json!([{"UserId": member.user, "StringValue": "x"}, {"UserId": 999_999, "StringValue": "y"}]),
            json!([{"UserId": member.user, "MachineId": 3, "StringValue": "x"}]),
            json!([{"UserId": member.user, "StringValue": "x"}, {"UserId": member.user, "StringValue": "y"}]),
            json!([{"StringValue": "x"}]),
        ];
        for values in wrong {
            let mut body = before.clone();
            body["StringValue"] = json!("changed");
            body["UserValues"] = values.clone();
            let answer = assets.put(&asset["Id"], &body).expect(400);
            assert!(
                answer.text().contains("does not exist")
                    || answer.text().contains("UserId")
                    || answer.text().contains("more than one")
            );
            assert_eq!(assets.read_with_values(&asset["Id"]), before, "{values}");
            body["Name"] = json!("b");
            assets.try_create(&body).expect(400);
        }
        assert_eq!(assets.names(), ["a"]);
    });
}

#[test]
fn values_go_with_their_account() {
    each_database(|server| {
        let assets = Assets::of(server);
        let member = Member::new(server, "leaving");
        let asset = assets.create(&json!({
            "Name": "a", "ValueScope": "PerRobot", "HasDefaultValue": true,
            "UserValues": [{"UserId": member.user, "StringValue": "own"}]
        }));
        server
            .delete(&format!("/odata/Users({})", member.user))
            .bearer(&server.token("OR.Users"))
            .send()
            .expect(204);
        assert_eq!(assets.read_with_values(&asset["Id"])["UserValues"], json!([]));
    });
}

//! What robots, and the jobs they run, read and write of assets.

use serde_json::{Value, json};
use testkit::{Answer, each_database};

use crate::assets_support::{Assets, bound, secret};
use crate::fleet_support::Fleet;
use crate::jobs_support::Place;
use crate::support::assign_folder_role;

#[test]
fn a_job_reads_what_is_kept_for_its_account_and_nobody_else_does() {
    each_database(|server| {
        let (assets, place, fleet) = (Assets::of(server), Place::calc(server), Fleet::of(server));
        let keys = |name: &str| {
            let robots = server.token("OR.Robots.Read");
            let found = server
                .get(&format!("/odata/Robots?$filter=contains(Name,'{name}')"))
                .bearer(&robots)
                .send();
            let found = found.expect(200).json()["value"][0].clone();
            (found["Id"].clone(), found["UserId"].as_i64().unwrap())
        };
        let (robot, user) = keys("worker");
        assign_folder_role(server, user, place.folder, "Automation User");
        let mut closed = secret("closed");
        closed["AllowDirectApiAccess"] = json!(false);
        assets.create(&closed);
        assets.create(&json!({
            "Name": "colour", "ValueScope": "PerRobot", "ValueType": "Text", "HasDefaultValue": true, "StringValue": "grey",
            "UserValues": [{ "UserId": user, "StringValue": "red" }]
        }));

        let agent = place.connect("one");
        place.start(&json!({ "a": 1 }));
        let (_, order) = agent.start();
        let (token, key) = (
            order["token"].as_str().unwrap(),
            order["robot"]["key"].as_str().unwrap(),
        );
        let read = |by: &str, key: &str, name: &str| -> Answer {
            let body = json!({ "robotKey": key, "assetName": name });
            assets
                .as_caller(by)
                .post(&bound("GetRobotAssetByNameForRobotKey"), &body)
        };
        assert_eq!(read(token, key, "closed").expect(200).json()["SecretValue"], "hunter3");
        assert_eq!(read(token, key, "COLOUR").expect(200).json()["StringValue"], "red");
        assert_eq!(read(token, key, "nothing").expect(404).error_code(), 1002);

        // Who is no job reads for a robot what everybody may read.
        let admin = &assets.token;
        assert_eq!(read(admin, key, "colour").expect(200).json()["StringValue"], "red");
        assert_eq!(read(admin, key, "closed").expect(403).error_code(), 1017);
        // A job is not another account's.
        let other = fleet.robot("other", place.folder);
        let of_other = order_key(&fleet, other.id);
        assert_eq!(read(token, &of_other, "closed").expect(403).error_code(), 1017);
        assert_eq!(
            read(token, &of_other, "colour").expect(200).json()["StringValue"],
            "grey"
        );
        let elsewhere = fleet.robot("elsewhere", crate::assets_support::create_folder(server, "Elsewhere"));
        let elsewhere = order_key(&fleet, elsewhere.id);
        read(token, &elsewhere, "colour").expect(400);
        read(token, "11111111-2222-4333-8444-555555555555", "colour").expect(404);
        read(token, "no key", "colour").expect(400);

        // The forms of old clients.
        for address in [
            format!("GetRobotAssetByRobotId(robotId={robot},assetName='colour')"),
            format!("GetRobotAsset(robotId='{key}',assetName='colour')"),
        ] {
            assert_eq!(assets.get(&bound(&address)).expect(200).json()["StringValue"], "red");
        }

        let write = |by: &str, key: &str, asset: Value| -> Answer {
            let body = json!({ "robotKey": key, "robotAsset": asset });
            assets.as_caller(by).post(&bound("SetRobotAssetByRobotKey"), &body)
        };
        let blue = json!({ "Name": "colour", "ValueType": "Text", "StringValue": "blue" });
        write(token, key, blue.clone()).expect(403);
        write(admin, key, blue.clone()).expect(200);
        write(admin, &of_other, json!({ "Name": "colour", "StringValue": "white" })).expect(200);
        assert_eq!(read(token, key, "colour").expect(200).json()["StringValue"], "blue");
        assert_eq!(
            read(token, &of_other, "colour").expect(200).json()["StringValue"],
            "white"
        );
        write(
            admin,
            key,
            json!({ "Name": "colour", "ValueType": "Integer", "IntValue": 3 }),
        )
        .expect(400);
        write(admin, key, json!({ "Name": "nothing", "StringValue": "x" })).expect(404);
        write(admin, &elsewhere, blue).expect(400);
        let changed = write(admin, key, json!({ "Name": "closed", "SecretValue": "hunter4" })).expect(200);
        assert!(!changed.text().contains("hunter"), "{}", changed.text());
        assert_eq!(read(token, key, "closed").expect(200).json()["SecretValue"], "hunter4");
    });
}

/// What jobs know a robot by.
fn order_key(fleet: &Fleet<'_>, robot: i64) -> String {
    let found =
        fleet.server.run(
            fleet.server.app.store().read(move |tx| {
                access::users::robots::by_id(&mut tx.tenant(1), robot).map(|robot| robot.key.to_string())
            }),
        );
    found.unwrap()
}

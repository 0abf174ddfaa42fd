//! Machine objects: making, changing, reading and deleting them, and the secrets of their hosts.

use serde_json::{Value, json};
use testkit::Server;

use crate::agent_support::{Agent, machine_token};
use crate::fleet_support::{Fleet, bound, members};

const SET: &str = "/odata/Machines";

#[test]
fn a_machine_is_made_with_a_client_whose_secret_is_shown_once() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let body = json!({
            "Name": "Floor 3", "Type": "Template", "Description": "left", "UnattendedSlots": 2, "HeadlessSlots": 1,
            "AutomationType": "Background", "TargetFramework": "Portable", "UpdatePolicy": {"Type": "LatestVersion"},
            "Tags": [{"Name": "site", "Value": "Bern"}]
        });
        let made = fleet.post(SET, &body).expect(201).json();
        let read = fleet.read(&format!("{SET}({})", made["Id"]));
        for (name, value) in body.as_object().unwrap() {
            match name.as_str() {
                "Tags" => assert_eq!(read["Tags"][0]["Value"], json!("Bern")),
                "UpdatePolicy" => assert_eq!(read["UpdatePolicy"]["Type"], json!("LatestVersion")),
                _ => assert_eq!(&read[name], value, "{name}"),
            }
        }
        assert_eq!(read["LicenseKey"], made["LicenseKey"]);
        assert_eq!(read["Scope"], json!("Default"));
        assert!(made["ClientSecret"].as_str().unwrap().len() > 40 && read["ClientSecret"].is_null());
        machine_token(
            server,
            made["LicenseKey"].as_str().unwrap(),
            made["ClientSecret"].as_str().unwrap(),
        );
        let log = fleet.read("/odata/AuditLogs?$orderby=Id desc&$top=1");
        assert_eq!(log["value"][0]["Component"], json!("Machines"), "{log}");
        assert!(
            !fleet
                .get("/odata/AuditLogs?$expand=Entities")
                .text()
                .contains(made["ClientSecret"].as_str().unwrap())
        );
    });
}

#[test]
fn what_is_wrong_with_a_machine_is_told() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let kept = fleet.make(&json!({"Name": "Kept"}));
        for (body, status, code) in [
            (json!({"Name": "kEPT"}), 409, 1001),
            (json!({"Name": ""}), 400, 1009),
            (json!({"Name": "a", "UnattendedSlots": -1}), 400, 1239),
            (json!({"Name": "a", "AutomationCloudSlots": 1}), 400, 1239),
            (json!({"Name": "a", "Scope": "Serverless"}), 409, 1227),
            (json!({"Name": "a", "RobotUsers": [{"RobotId": 4711}]}), 400, 1009),
            (json!({"Name": "a", "Type": "Mainframe"}), 400, 1009),
        ] {
            let answer = fleet.post(SET, &body).expect(status);
            assert_eq!(answer.error_code(), code, "{body} {}", answer.text());
        }
        let path = format!("{SET}({})", kept.id);
        let other = fleet.make(&json!({"Name": "Other"}));
        assert_eq!(
            fleet
                .put(&path, &json!({"Name": "Kept", "Type": "Standard"}))
                .expect(409)
                .error_code(),
            1211
        );
        assert_eq!(
            fleet.patch(&path, &json!({"Name": "OTHER"})).expect(409).error_code(),
            1001
        );
        assert_eq!(
            fleet
                .put(&path, &json!({"Name": "Kept", "Id": other.id}))
                .expect(400)
                .error_code(),
            1009
        );
        fleet.get(&format!("{SET}(4711)")).expect(404);
        fleet.put(&format!("{SET}(4711)"), &json!({"Name": "x"})).expect(404);
        fleet.delete(&format!("{SET}(4711)")).expect(404);
        // The name it has already is its own.
        fleet.put(&path, &json!({"Name": "KEPT"})).expect(200);
    });
}

#[test]
fn put_replaces_and_patch_changes_what_it_names() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let robot = fleet.robot("rita", server.shared_folder());
        let body = json!({
            "Name": "A", "Description": "d", "UnattendedSlots": 3, "HeadlessSlots": 1, "RobotUsers": [{"RobotId": robot.id}],
            "Tags": [{"Name": "t"}]
        });
        let machine = fleet.make(&body);
        let path = format!("{SET}({})", machine.id);
        fleet
            .patch(&path, &json!({"unattendedSlots": 5, "Description": null}))
            .expect(200);
        let read = fleet.read(&path);
        assert_eq!(
            (&read["UnattendedSlots"], &read["HeadlessSlots"]),
            (&json!(5), &json!(1))
        );
        assert_eq!((&read["Name"], &read["Description"]), (&json!("A"), &Value::Null));
        assert_eq!(
            read["RobotUsers"][0],
            json!({"UserName": "HOST\\rita", "RobotId": robot.id, "HasTriggers": false})
        );
        fleet.put(&path, &json!({"Name": "B", "Description": "e"})).expect(200);
        let read = fleet.read(&path);
        assert_eq!((&read["Name"], &read["UnattendedSlots"]), (&json!("B"), &json!(0)));
        // What only newer clients know stays: nobody is let in by an older one.
        assert_eq!(read["RobotUsers"][0]["RobotId"], json!(robot.id));
        assert_eq!(read["Tags"][0]["Name"], json!("t"));
        assert_eq!(
            (&read["Type"], &read["LicenseKey"]),
            (&json!("Template"), &json!(machine.client))
        );
        fleet.patch(&path, &json!({"RobotUsers": []})).expect(200);
        assert_eq!(fleet.read(&path)["RobotUsers"], json!([]));
    });
}

#[test]
fn machines_are_listed_with_the_usual_options() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        for (name, kind) in [("b", "Standard"), ("a", "Template"), ("c", "Template")] {
            fleet.make(&json!({"Name": name, "Type": kind, "UnattendedSlots": 1}));
        }
        let list = |options: &str| fleet.read(&format!("{SET}?{options}"));
        assert_eq!(members(&list("$orderby=Name"), "Name"), ["a", "b", "c"]);
        assert_eq!(
            members(&list("$filter=Type eq 'Template'&$orderby=Name desc"), "Name"),
            ["c", "a"]
        );
        assert_eq!(list("$count=true&$top=1")["@odata.count"], json!(3));
        assert_eq!(members(&list("$filter=contains(Name,'B')&$select=Name"), "Name"), ["b"]);
        fleet.get(&format!("{SET}?$filter=Nope eq 1")).expect(400);
        let keys = fleet.read(&bound("Robots", "GetMachineNameToLicenseKeyMappings"));
        assert_eq!(members(&keys, "Key"), ["a", "b", "c"]);
    });
}

#[test]
fn secrets_are_added_and_taken_away_one_by_one() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let (machine, other) = (fleet.make(&json!({"Name": "A"})), fleet.make(&json!({"Name": "B"})));
        let path = format!("/api/clientsecrets/{}", machine.client);
        let added = fleet.post(&path, &json!({})).expect(201).json();
        let secret = added["secret"].as_str().unwrap().to_owned();
        let token = machine_token(server, &machine.client, &secret);
        let listed = fleet.read(&path);
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.len(), 2);
        assert!(
            listed
                .iter()
                .all(|known| known["secret"].is_null() && known["creationTime"].is_string())
        );
        assert_eq!(
            fleet
                .read(&format!("/api/clientsecrets/{}", other.client))
                .as_array()
                .unwrap()
                .len(),
            1
        );

        fleet.delete(&format!("/api/clientsecrets/{}", added["id"])).expect(204);
        fleet.delete(&format!("/api/clientsecrets/{}", added["id"])).expect(404);
        assert_eq!(server.get("/odata/Machines").bearer(&token).send().status.as_u16(), 401);
        machine_token(server, &machine.client, &machine.secret);
        fleet
            .get("/api/clientsecrets/11111111-1111-4111-8111-111111111111")
            .expect(404);
        fleet.get("/api/clientsecrets/x").expect(400);
        for _ in 0..9 {
            fleet.post(&path, &json!({})).expect(201);
        }
        fleet.post(&path, &json!({})).expect(400);
        let reader = server.token("OR.Machines.Read");
        server.post(&path).bearer(&reader).json(&json!({})).send().expect(403);
    });
}

#[test]
fn a_deleted_machine_lets_nobody_in() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let machine = fleet.machine("A", 1, shared);
        let agent = Agent::connect(server, &machine.client, &machine.secret, "host-a");
        fleet.delete(&format!("{SET}({})", machine.id)).expect(204);
        assert_eq!(
            agent
                .call("Poll", json!({"waitSeconds": 0, "known": []}))
                .status
                .as_u16(),
            401
        );
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", machine.client.as_str()),
            ("client_secret", machine.secret.as_str()),
        ];
        server.post("/identity_/connect/token").form(&form).send().expect(400);
        let (b, c) = (fleet.make(&json!({"Name": "B"})), fleet.make(&json!({"Name": "C"})));
        let bulk = bound("Machines", "DeleteBulk");
        fleet.post(&bulk, &json!({"machineIds": [b.id, 4711]})).expect(404);
        fleet.get(&format!("{SET}({})", b.id)).expect(200);
        fleet.post(&bulk, &json!({"machineIds": [b.id, c.id]})).expect(204);
        assert!(members(&fleet.read(SET), "Name").is_empty());
        // The name is free again.
        fleet.make(&json!({"Name": "A"}));
    });
}

#[test]
fn a_standard_machine_takes_the_host_of_its_name_only() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let machine = fleet.make(&json!({"Name": "HOST-1", "Type": "Standard", "UnattendedSlots": 1}));
        Agent::connect(server, &machine.client, &machine.secret, "host-1");
        let token = machine_token(server, &machine.client, &machine.secret);
        let body = json!({
            "installationId": "22222222-2222-4222-8222-222222222222", "hostName": "host-2", "serviceUserName": "robot",
            "version": "1", "platform": "Linux", "runtimes": []
        });
        let answer = server.post("/api/RobotAgent/Connect").bearer(&token).json(&body).send();
        assert_eq!(answer.expect(409).error_code(), 1204);
        let read = fleet.read(&format!("{SET}({})", machine.id));
        assert_eq!(
            read["RobotVersions"],
            json!([{"Count": 1, "Version": "1.0.0", "MachineId": machine.id}])
        );
    });
}

#[test]
fn runtimes_are_switched_off_and_on() {
    testkit::each_database(|server: &Server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let machine = fleet.machine("A", 2, shared);
        Agent::connect(server, &machine.client, &machine.secret, "host-a");
        let list = || {
            let path = bound("LicensesRuntime", "GetLicensesRuntime(robotType='Unattended')");
            fleet.read(&path)["value"][0].clone()
        };
        let row = list();
        assert_eq!(
            (&row["HostMachineName"], &row["Runtimes"]),
            (&json!("host-a"), &json!(2))
        );
        assert_eq!(
            (&row["IsOnline"], &row["IsLicensed"], &row["Enabled"]),
            (&json!(true), &json!(true), &json!(true))
        );
        let path = "/odata/LicensesRuntime('A')/UiPath.Server.Configuration.OData.ToggleEnabled";
        let body = |enabled: bool| json!({"key": "A", "robotType": "Unattended", "enabled": enabled});
        let runtimes = bound("Machines", &format!("GetRuntimesForFolder(folderId={shared})"));
        assert_eq!(fleet.read(&runtimes)["value"][0]["Available"], json!(2));
        fleet.post(path, &body(false)).expect(200);
        let row = list();
        assert_eq!((&row["IsLicensed"], &row["Enabled"]), (&json!(false), &json!(false)));
        assert_eq!(fleet.read(&runtimes)["value"], json!([]));
        let sessions = bound("Sessions", "GetMachineSessionRuntimes");
        assert_eq!(fleet.read(&sessions)["value"], json!([]));
        fleet.post(path, &body(true)).expect(200);
        assert_eq!(fleet.read(&sessions)["value"][0]["Runtimes"], json!(2));
        fleet
            .post(path, &json!({"key": "A", "robotType": "Attended", "enabled": false}))
            .expect(400);
        let nobody = "/odata/LicensesRuntime('B')/UiPath.Server.Configuration.OData.ToggleEnabled";
        fleet
            .post(
                nobody,
                &json!({"key": "B", "robotType": "Unattended", "enabled": false}),
            )
            .expect(404);
        let units = json!({"reference": "r", "type": "RU", "count": 2});
        assert_eq!(
            fleet.post("/api/Licensing/Acquire", &units).expect(200).json()["isSuccess"],
            json!(true)
        );
        assert_eq!(
            fleet.put("/api/Licensing/Release", &units).expect(200).json()["isSuccess"],
            json!(true)
        );
        fleet.post("/api/Licensing/Acquire", &json!({"count": 0})).expect(400);
    });
}

//! The robots of accounts, and how the contract shows them.

use serde_json::{Value, json};

use crate::assets_support::create_folder;
use crate::fleet_support::{Fleet, bound, members};
use crate::support::{User, create_user};

fn body(account: &User, more: &Value) -> Value {
    let mut body =
        json!({"DirectoryIdentifier": account.id, "Domain": "autogen", "Type": "DirectoryUser", "RolesList": []});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn an_account_gets_a_robot_whose_password_nobody_sees_again() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let account = create_user(server, "nora");
        let robot = json!({
            "UserName": "CORP\\nora", "Password": "s3cret-of-nora", "CredentialType": "Default",
            "ExecutionSettings": {"TracingLevel": "Verbose", "ResolutionWidth": 800}, "LimitConcurrentExecution": true
        });
        let made = fleet
            .post("/odata/Users", &body(&account, &json!({"UnattendedRobot": robot})))
            .expect(201);
        assert!(!made.text().contains("s3cret-of-nora"));
        let made = made.json();
        assert_eq!(made["MayHaveUnattendedSession"], json!(true));
        let path = format!("/odata/Users({})", made["Id"]);
        let read = fleet.read(&path);
        let shown = &read["UnattendedRobot"];
        assert_eq!(
            (&shown["UserName"], &shown["Password"]),
            (&json!("CORP\\nora"), &Value::Null)
        );
        assert_eq!(
            shown["ExecutionSettings"],
            json!({"TracingLevel": "Verbose", "ResolutionWidth": 800})
        );
        assert_eq!(shown["LimitConcurrentExecution"], json!(true));
        assert!(
            !fleet
                .get("/odata/AuditLogs?$expand=Entities")
                .text()
                .contains("s3cret-of-nora")
        );

        // Written back as it was read, it stays what it is.
        fleet.put(&path, &read).expect(200);
        assert_eq!(&fleet.read(&path)["UnattendedRobot"], shown);
        let configured = bound("Robots", "GetConfiguredRobots?$expand=User");
        assert_eq!(fleet.read(&configured)["value"][0]["User"]["UserName"], json!("nora"));
        // Another name needs its password.
        let renamed = json!({"UnattendedRobot": {"UserName": "CORP\\other"}});
        assert_eq!(fleet.patch(&path, &renamed).expect(400).error_code(), 1500);
        let renamed = json!({"UnattendedRobot": {"UserName": "CORP\\other", "Password": "x"}});
        fleet.patch(&path, &renamed).expect(200);
        assert_eq!(members(&fleet.read(&bound("Sessions", "GetUsernames")), "x").len(), 1);
        assert_eq!(
            fleet.read(&bound("Robots", "GetUsernames"))["value"],
            json!(["CORP\\other"])
        );

        fleet
            .patch(&path, &json!({"MayHaveUnattendedSession": false}))
            .expect(200);
        assert!(fleet.read(&path)["UnattendedRobot"].is_null());
        assert_eq!(fleet.read("/odata/Robots")["value"], json!([]));
        fleet
            .patch(&path, &json!({"MayHaveUnattendedSession": true}))
            .expect(200);
        assert_eq!(fleet.read(&path)["UnattendedRobot"]["RobotId"], shown["RobotId"]);
        fleet.delete(&path).expect(204);
        assert_eq!(fleet.read("/odata/Robots")["value"], json!([]));
    });
}

#[test]
fn what_is_wrong_with_a_robot_is_told() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let account = create_user(server, "otto");
        for robot in [
            json!({"UserName": "x".repeat(101)}),
            json!({"Password": "x".repeat(101)}),
            json!({"CredentialType": "Guess"}),
            json!({"ExecutionSettings": {"TracingLevel": "Loud"}}),
            json!({"ExecutionSettings": {"A": []}}),
        ] {
            fleet
                .post("/odata/Users", &body(&account, &json!({"UnattendedRobot": robot})))
                .expect(400);
        }
        // Nothing was half done.
        assert_eq!(
            fleet.read("/odata/Users?$filter=UserName eq 'otto'")["value"],
            json!([])
        );
        let attended = json!({"RobotProvision": {"UserName": "otto", "RobotType": "Development"}});
        let made = fleet
            .post("/odata/Users", &body(&account, &attended))
            .expect(201)
            .json();
        assert_eq!(made["RobotProvision"]["RobotType"], json!("Development"));
        assert!(made["UnattendedRobot"].is_null());
        let named = bound("LicensesNamedUser", "GetLicensesNamedUser(robotType='Development')");
        assert_eq!(members(&fleet.read(&named), "UserName"), ["otto"]);
    });
}

#[test]
fn people_change_their_own_password_and_nothing_else() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let robot = fleet.robot("pia", server.shared_folder());
        let user = User {
            id: robot.account.clone(),
            name: robot.name.clone(),
            password: robot.password.clone(),
        };
        let app = server.register(
            "own",
            false,
            "https://own.example/cb",
            &["OR.Users:user", "offline_access:user"],
        );
        let session = user.session(server);
        let token = crate::support::code_flow(
            &session,
            app["id"].as_str().unwrap(),
            "https://own.example/cb",
            "OR.Users",
        );
        let path = format!("/odata/Users({})", robot.user);
        let patch = |body: &Value| server.patch(&path).bearer(&token).json(body).send();
        patch(&json!({"UnattendedRobot": {"Password": "new", "UserName": "ROOT", "LimitConcurrentExecution": true}}))
            .expect(200);
        let shown = fleet.read(&path)["UnattendedRobot"].clone();
        assert_eq!(
            (&shown["UserName"], &shown["LimitConcurrentExecution"]),
            (&json!("HOST\\pia"), &json!(false))
        );
        let other = fleet.robot("quin", server.shared_folder());
        let path = format!("/odata/Users({})", other.user);
        server
            .patch(&path)
            .bearer(&token)
            .json(&json!({"UnattendedRobot": {"Password": "x"}}))
            .send()
            .expect(403);
    });
}

#[test]
fn robots_count_where_their_account_is_assigned() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let (shared, other) = (server.shared_folder(), create_folder(server, "Other"));
        let (anna, bert) = (fleet.robot("anna", shared), fleet.robot("bert", other));
        let machine = fleet.make(&json!({"Name": "M", "RobotUsers": [{"RobotId": anna.id}]}));
        fleet.assign(&[machine.id], &[shared, other]).expect(204);
        let from = |folder: i64| fleet.read(&bound("Robots", &format!("GetRobotsFromFolder(folderId={folder})")));
        assert_eq!(members(&from(shared), "Id"), [&json!(anna.id)]);
        assert_eq!(members(&from(other), "UserKey"), [&json!(bert.account)]);
        let on = |folder: i64| {
            let path = format!("GetFolderRobots(folderId={folder},machineId={})", machine.id);
            fleet.read(&bound("Robots", &path))
        };
        assert_eq!(members(&on(shared), "Id"), [&json!(anna.id)]);
        assert_eq!(on(other)["value"], json!([]));
        let all = fleet.read(&bound(
            "Robots",
            &format!("FindAllAcrossFolders?$filter=User/Id eq {}&$expand=User", bert.user),
        ));
        assert_eq!(members(&all, "Name"), ["bert-unattended"]);
        let listed = server
            .get("/odata/Robots")
            .bearer(&fleet.token)
            .folder(shared)
            .send()
            .expect(200)
            .json();
        assert_eq!(members(&listed, "Username"), ["HOST\\anna"]);
        let one = fleet.read(&format!("/odata/Robots({})", anna.id));
        assert_eq!(
            (&one["Type"], &one["HostingType"]),
            (&json!("Unattended"), &json!("Floating"))
        );
        let assigned = |robot: i64| {
            let path = format!("GetAssignedMachines(folderId={shared})?robotId={robot}");
            fleet.read(&bound("Machines", &path))["value"].as_array().unwrap().len()
        };
        assert_eq!((assigned(anna.id), assigned(bert.id)), (1, 0));
        // An account that is closed has no robot.
        fleet
            .patch(&format!("/odata/Users({})", anna.user), &json!({"IsActive": false}))
            .expect(200);
        assert_eq!(from(shared)["value"], json!([]));
    });
}

#[test]
fn robots_are_switched_off_and_classic_ones_are_not_made() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let robot = fleet.robot("rosa", server.shared_folder());
        let toggle = |ids: &[i64], enabled: bool| {
            let body = json!({"robotIds": ids, "enabled": enabled});
            fleet.post(&bound("Robots", "ToggleEnabledStatus"), &body)
        };
        toggle(&[robot.id, 4711], false).expect(404);
        assert_eq!(fleet.read("/odata/Robots")["value"][0]["Enabled"], json!(true));
        toggle(&[robot.id], false).expect(200);
        assert_eq!(fleet.read("/odata/Robots")["value"][0]["Enabled"], json!(false));
        toggle(&[robot.id], true).expect(200);
        let classic = json!({"Name": "c", "Type": "Unattended", "HostingType": "Standard"});
        assert_eq!(fleet.post("/odata/Robots", &classic).expect(409).error_code(), 1106);
        let path = format!("/odata/Robots({})", robot.id);
        for answer in [
            fleet.put(&path, &classic),
            fleet.patch(&path, &classic),
            fleet.delete(&path),
            fleet.post(&bound("Robots", "DeleteBulk"), &json!({"robotIds": [robot.id]})),
            fleet.post(&bound("Robots", "ConvertToFloating"), &json!({"robotId": robot.id})),
        ] {
            assert_eq!(answer.expect(409).error_code(), 1107);
        }
        fleet.get(&path).expect(200);
        fleet.get("/odata/Robots(4711)").expect(404);
    });
}

#[test]
fn the_console_says_whether_jobs_run_in_the_name_of_an_account() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let account = create_user(server, "ann");
        let body =
            json!({ "DirectoryIdentifier": account.id, "Domain": "autogen", "Type": "DirectoryUser", "RolesList": [] });
        let user = fleet.post("/odata/Users", &body).expect(201).json()["Id"].clone();
        let browser = server.admin_session();
        let page = format!("/console/default/tenants/Default/access/{user}");
        let action = format!("{page}/robot");
        let long = "x".repeat(101);
        let fields = [
            ("MayHaveUnattendedSession", "true"),
            ("CredentialType", "Default"),
            ("UserName", &long),
            ("Password", "p4ss"),
        ];
        let refused = browser.fill(&page, &action, &fields);
        assert_eq!(refused.status, 400);
        assert!(
            refused.text().contains("UserName") || refused.text().contains("characters"),
            "{}",
            refused.text()
        );
        assert!(!refused.text().contains("p4ss"), "a password is not sent back");
        let fields = [
            ("MayHaveUnattendedSession", "true"),
            ("CredentialType", "Default"),
            ("UserName", "HOST\\ann"),
            ("Password", "p4ss"),
        ];
        browser.fill(&page, &action, &fields).expect(303);
        let read = fleet.read(&format!("/odata/Users({user})"));
        assert_eq!(
            (&read["UnattendedRobot"]["UserName"], &read["MayHaveUnattendedSession"]),
            (&json!("HOST\\ann"), &json!(true)),
            "{read}"
        );
        // Without a password the stored one stays, and a renamed account needs its own.
        let renamed = [
            ("MayHaveUnattendedSession", "true"),
            ("CredentialType", "Default"),
            ("UserName", "HOST\\bob"),
        ];
        assert_eq!(browser.fill(&page, &action, &renamed).status, 400);
        browser
            .fill(&page, &action, &[("CredentialType", "NoCredential")])
            .expect(303);
        let read = fleet.read(&format!("/odata/Users({user})"));
        assert_eq!(read["MayHaveUnattendedSession"], false, "{read}");
    });
}

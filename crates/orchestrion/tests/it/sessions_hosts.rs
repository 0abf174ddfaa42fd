//! Hosts that connect, go silent, are looked after and forgotten.

use serde_json::{Value, json};
use testkit::Server;

use crate::agent_support::Agent;
use crate::fleet_support::{Fleet, bound, members};

fn sessions(fleet: &Fleet<'_>) -> Value {
    fleet.read(&bound("Sessions", "GetGlobalSessions"))
}

fn events(server: &Server, work: impl FnOnce()) -> Vec<Value> {
    let access = server.app.state::<access::Access>().unwrap();
    let organization = server.organization().parse().unwrap();
    let tenant = server.run(access.tenant(organization, None)).unwrap().unwrap().id;
    let subscribe = move |tx: &mut store::Tx| access::outbox::subscribe(&mut tx.tenant(tenant), "test", "robot.status");
    server.run(server.app.store().write(subscribe)).unwrap();
    work();
    let read = move |tx: &mut store::Tx| {
        Ok::<_, context::Error>(
            tx.tenant(tenant)
                .find::<access::outbox::Entry>("true order by id", Vec::new())?,
        )
    };
    let entries = server.run(server.app.store().read(read)).unwrap();
    entries
        .into_iter()
        .map(|entry| entry.body.0["Sessions"][0].clone())
        .collect()
}

#[test]
fn a_host_is_listed_with_what_it_told() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let machine = fleet.machine("A", 2, server.shared_folder());
        Agent::connect(server, &machine.client, &machine.secret, "host-a");
        let row = sessions(&fleet)["value"][0].clone();
        for (name, value) in [
            ("HostMachineName", json!("host-a")),
            ("MachineName", json!("A")),
            ("MachineId", json!(machine.id)),
            ("State", json!("Available")),
            ("Platform", json!("Linux")),
            ("Version", json!("1.0.0")),
            ("ServiceUserName", json!("robot")),
            ("IsUnresponsive", json!(false)),
        ] {
            assert_eq!(row[name], value, "{name}");
        }
        let found = |options: &str| {
            let path = bound("Sessions", &format!("GetGlobalSessions?$filter={options}"));
            fleet.read(&path)["value"].as_array().unwrap().len()
        };
        assert_eq!(found("State eq 'Available' and MachineName eq 'A'"), 1);
        assert_eq!(found("contains(HostMachineName,'HOST') and State ne 'Busy'"), 1);
        assert_eq!(found("State eq '2'"), 0);
        let of_machine = |id: i64| {
            let path = bound(
                "Sessions",
                &format!("GetMachineSessions(key={id})?$orderby=ReportingTime desc"),
            );
            fleet.read(&path)["value"].as_array().unwrap().len()
        };
        assert_eq!((of_machine(machine.id), of_machine(4711)), (1, 0));
        let runtimes = fleet.read(&bound("Sessions", "GetMachineSessionRuntimes?$orderby=MachineName"));
        let row = &runtimes["value"][0];
        assert_eq!(
            (&row["RuntimeType"], &row["Runtimes"]),
            (&json!("Unattended"), &json!(2))
        );
        assert_eq!((&row["UsedRuntimes"], &row["Status"]), (&json!(0), &json!("Available")));
        assert_eq!(row["SessionId"], sessions(&fleet)["value"][0]["Id"]);
        let other = bound("Sessions", "GetMachineSessionRuntimes?runtimeType=Headless");
        assert_eq!(fleet.read(&other)["value"], json!([]));
        fleet
            .get(&bound("Sessions", "GetMachineSessionRuntimes?runtimeType=Nope"))
            .expect(400);
    });
}

#[test]
fn sessions_of_a_folder_are_those_of_its_machines() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let (a, b) = (
            fleet.machine("A", 1, shared),
            fleet.make(&json!({"Name": "B", "UnattendedSlots": 1})),
        );
        Agent::connect(server, &a.client, &a.secret, "a");
        Agent::connect(server, &b.client, &b.secret, "b");
        let path = bound(
            "Sessions",
            &format!("GetMachineSessionRuntimesByFolderId(folderId={shared})"),
        );
        assert_eq!(members(&fleet.read(&path), "MachineName"), ["A"]);
        let listed = server
            .get("/odata/Sessions")
            .bearer(&fleet.token)
            .folder(shared)
            .send()
            .expect(200)
            .json();
        assert_eq!(members(&listed, "MachineName"), ["A"]);
        assert_eq!(fleet.read("/odata/Sessions")["value"].as_array().unwrap().len(), 2);
        let robot = fleet.robot("anna", shared);
        fleet
            .patch(
                &format!("/odata/Machines({})", a.id),
                &json!({"RobotUsers": [{"RobotId": robot.id}]}),
            )
            .expect(200);
        let with = |robot: i64| {
            fleet.read(&format!("{path}?robotId={robot}"))["value"]
                .as_array()
                .unwrap()
                .len()
        };
        assert_eq!((with(robot.id), with(4711)), (1, 0));
    });
}

#[test]
fn a_second_connection_of_an_installation_takes_the_place_of_the_first() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let machine = fleet.machine("A", 1, server.shared_folder());
        let first = Agent::connect(server, &machine.client, &machine.secret, "host-a");
        let second = Agent::connect(server, &machine.client, &machine.secret, "host-a");
        assert_eq!(first.session, second.session);
        assert!(second.epoch.as_i64() > first.epoch.as_i64());
        first.call("Poll", json!({"waitSeconds": 0, "known": []})).expect(409);
        // The end of the first is not the end of the second.
        first.call("Disconnect", json!({})).expect(409);
        assert_eq!(sessions(&fleet)["value"][0]["State"], json!("Available"));
        second.call("Disconnect", json!({})).expect(204);
        assert_eq!(sessions(&fleet)["value"][0]["State"], json!("Disconnected"));
    });
}

#[test]
fn a_silent_host_is_noticed_once() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let machine = fleet.machine("A", 1, server.shared_folder());
        let told = events(server, || {
            Agent::connect(server, &machine.client, &machine.secret, "host-a");
            server.clock.advance(60);
            assert_eq!(sessions(&fleet)["value"][0]["IsUnresponsive"], json!(false));
            server.clock.advance(61);
            let row = sessions(&fleet)["value"][0].clone();
            assert_eq!(
                (&row["IsUnresponsive"], &row["State"]),
                (&json!(true), &json!("Available"))
            );
            for _ in 0..2 {
                let ctx = server.app.system();
                let notice = move |tx: &mut store::Tx| execution::sessions::service::notice_silent(tx, &ctx);
                server.run(server.app.store().write(notice)).unwrap();
            }
        });
        let silent: Vec<&Value> = told.iter().map(|row| &row["IsUnresponsive"]).collect();
        assert_eq!(silent, [&json!(false), &json!(true)], "{told:?}");
    });
}

#[test]
fn maintenance_and_verbose_logs_are_asked_for_and_ended() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let machine = fleet.machine("A", 1, shared);
        Agent::connect(server, &machine.client, &machine.secret, "host-a");
        let id = sessions(&fleet)["value"][0]["Id"].clone();
        let available = || {
            let path = bound("Machines", &format!("GetRuntimesForFolder(folderId={shared})"));
            fleet.read(&path)["value"][0]["Available"].clone()
        };
        let mode = |mode: &str| {
            let body = json!({"sessionId": id, "maintenanceMode": mode, "stopJobsStrategy": null});
            fleet.post(&bound("Sessions", "SetMaintenanceMode"), &body)
        };
        assert_eq!(available(), json!(1));
        mode("Enabled").expect(204);
        assert_eq!(available(), json!(0));
        let runtimes = bound("Sessions", "GetMachineSessionRuntimes");
        assert_eq!(fleet.read(&runtimes)["value"][0]["MaintenanceMode"], json!("Enabled"));
        mode("Default").expect(204);
        assert_eq!(available(), json!(1));
        mode("Perhaps").expect(400);
        let nobody = json!({"sessionId": 4711, "maintenanceMode": "Enabled"});
        assert_eq!(
            fleet
                .post(&bound("Sessions", "SetMaintenanceMode"), &nobody)
                .expect(404)
                .error_code(),
            1242
        );

        let debug = format!("/odata/Sessions({id})/UiPath.Server.Configuration.OData.ToggleMachineSessionDebugMode");
        let until = || fleet.read(&runtimes)["value"][0]["DebugModeExpirationDate"].clone();
        fleet.post(&debug, &json!({"enabled": true, "minutes": 1})).expect(204);
        assert!(until().is_string());
        server.clock.advance(61);
        assert!(until().is_null());
        fleet.post(&debug, &json!({"enabled": true})).expect(204);
        fleet.post(&debug, &json!({"enabled": false})).expect(204);
        assert!(until().is_null());
        fleet
            .post(&debug, &json!({"enabled": true, "minutes": 1441}))
            .expect(400);
    });
}

#[test]
fn hosts_that_are_gone_are_forgotten_and_others_are_not() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let machine = fleet.machine("A", 1, server.shared_folder());
        let agent = Agent::connect(server, &machine.client, &machine.secret, "host-a");
        let id = sessions(&fleet)["value"][0]["Id"].clone();
        let forget = |ids: Value| {
            fleet.post(
                &bound("Sessions", "DeleteInactiveUnattendedSessions"),
                &json!({"sessionIds": ids}),
            )
        };
        assert_eq!(forget(json!([id])).expect(409).error_code(), 1217);
        agent.call("Disconnect", json!({})).expect(204);
        forget(json!([id, 4711])).expect(404);
        forget(json!([id])).expect(204);
        assert_eq!(sessions(&fleet)["value"], json!([]));
        // Back as another.
        Agent::connect(server, &machine.client, &machine.secret, "host-a");
        assert_ne!(sessions(&fleet)["value"][0]["Id"], id);
    });
}

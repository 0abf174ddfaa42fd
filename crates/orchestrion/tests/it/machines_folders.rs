//! Which machines folders use: assigned, inherited, moved.

use serde_json::{Value, json};

use crate::agent_support::Agent;
use crate::assets_support::{Member, create_folder};
use crate::fleet_support::{Fleet, bound, members};

impl Fleet<'_> {
    fn folder_below(&self, parent: i64, name: &str) -> i64 {
        let body = json!({"DisplayName": name, "ParentId": parent});
        self.post("/odata/Folders", &body).expect(201).json()["Id"]
            .as_i64()
            .unwrap()
    }

    fn hand_down(&self, machine: i64, folder: i64, enabled: bool) -> testkit::Answer {
        let body = json!({"MachineId": machine, "FolderId": folder, "InheritEnabled": enabled});
        self.post(&bound("Folders", "ToggleFolderMachineInherit"), &body)
    }

    fn usable(&self, folder: i64) -> Value {
        self.read(&bound(
            "Machines",
            &format!("GetAssignedMachines(folderId={folder})?$orderby=Name"),
        ))
    }
}

#[test]
fn machines_count_in_their_folder_and_below_where_they_are_handed_down() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let (below, beside) = (fleet.folder_below(shared, "Below"), create_folder(server, "Beside"));
        let machine = fleet.machine("A", 1, shared);
        fleet.make(&json!({"Name": "B"}));
        assert_eq!(members(&fleet.usable(shared), "Name"), ["A"]);
        assert!(members(&fleet.usable(below), "Name").is_empty());
        fleet.hand_down(machine.id, shared, true).expect(200);
        assert_eq!(members(&fleet.usable(below), "Name"), ["A"]);
        assert!(members(&fleet.usable(beside), "Name").is_empty());

        let seen = |folder: i64, name: &str| {
            let path = bound(
                "Folders",
                &format!("GetMachinesForFolder(key={folder})?$filter=Name eq '{name}'"),
            );
            fleet.read(&path)["value"][0].clone()
        };
        let row = seen(below, "A");
        assert_eq!(
            (&row["IsAssignedToFolder"], &row["IsInherited"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(row["InheritedFromFolderName"], json!("Shared"));
        let row = seen(shared, "A");
        assert_eq!(
            (&row["IsAssignedToFolder"], &row["PropagateToSubFolders"]),
            (&json!(true), &json!(true))
        );
        let row = seen(shared, "B");
        assert_eq!(
            (&row["IsAssignedToFolder"], &row["IsInherited"]),
            (&json!(false), &json!(false))
        );
        let only = bound(
            "Folders",
            &format!("GetMachinesForFolder(key={below})?$filter=IsInherited eq true&$count=true"),
        );
        assert_eq!(fleet.read(&only)["@odata.count"], json!(1));

        fleet.hand_down(machine.id, shared, false).expect(200);
        assert!(members(&fleet.usable(below), "Name").is_empty());
        fleet.hand_down(machine.id, below, true).expect(404);
        fleet
            .get(&bound("Folders", "GetMachinesForFolder(key=4711)"))
            .expect(404);
    });
}

#[test]
fn assignments_change_together_or_not_at_all() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let (shared, other) = (server.shared_folder(), create_folder(server, "Other"));
        let (a, b) = (fleet.make(&json!({"Name": "A"})), fleet.make(&json!({"Name": "B"})));
        fleet.assign(&[a.id, 4711], &[shared]).expect(404);
        fleet.assign(&[a.id], &[shared, 4711]).expect(404);
        assert!(members(&fleet.usable(shared), "Name").is_empty());
        fleet.assign(&[a.id, b.id], &[shared, other]).expect(204);
        fleet.assign(&[a.id], &[shared]).expect(204);
        assert_eq!(members(&fleet.usable(other), "Name"), ["A", "B"]);
        let update =
            json!({"associations": {"FolderId": shared, "AddedMachineIds": [b.id], "RemovedMachineIds": [a.id]}});
        fleet
            .post(&bound("Folders", "UpdateMachinesToFolderAssociations"), &update)
            .expect(204);
        assert_eq!(members(&fleet.usable(shared), "Name"), ["B"]);
        let remove = format!("/odata/Folders({other})/UiPath.Server.Configuration.OData.RemoveMachinesFromFolder");
        fleet.post(&remove, &json!({"machineIds": [a.id, b.id]})).expect(204);
        assert!(members(&fleet.usable(other), "Name").is_empty());
        fleet.post(&remove, &json!({})).expect(400);
        // A folder may go although machines are assigned to it; they are the tenant's.
        fleet.assign(&[a.id], &[other]).expect(204);
        fleet.delete(&format!("/odata/Folders({other})")).expect(204);
        fleet.get(&format!("/odata/Machines({})", a.id)).expect(200);
    });
}

#[test]
fn who_may_edit_one_folder_assigns_there_and_nowhere_else() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let (shared, other) = (server.shared_folder(), create_folder(server, "Other"));
        let machine = fleet.make(&json!({"Name": "A"}));
        let member = Member::new(server, "deputy");
        member.allow(server, shared, &["SubFolders.View", "SubFolders.Edit", "Jobs.Create"]);
        let token = member.token(server);
        let assign = |folders: &[i64]| {
            let body = json!({"assignments": {"MachineIds": [machine.id], "FolderIds": folders}});
            server
                .post(&bound("Folders", "AssignMachines"))
                .bearer(&token)
                .json(&body)
                .send()
        };
        assign(&[shared]).expect(204);
        assign(&[shared, other]).expect(404);
        let get = |path: &str| server.get(path).bearer(&token).send();
        let listed = get(&bound("Machines", &format!("GetAssignedMachines(folderId={shared})")))
            .expect(200)
            .json();
        assert_eq!(members(&listed, "Name"), ["A"]);
        get(&bound("Machines", &format!("GetAssignedMachines(folderId={other})"))).expect(404);
        get(&bound("Folders", &format!("GetMachinesForFolder(key={shared})"))).expect(200);
        get("/odata/Machines").expect(403);
    });
}

#[test]
fn a_move_is_previewed_and_brings_what_the_new_parents_hand_down() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let (from, to) = (create_folder(server, "From"), create_folder(server, "To"));
        let moved = fleet.folder_below(from, "Moved");
        let (old, new, own) = (
            fleet.machine("Old", 1, from),
            fleet.machine("New", 1, to),
            fleet.machine("Own", 1, moved),
        );
        fleet.hand_down(old.id, from, true).expect(200);
        fleet.hand_down(new.id, to, true).expect(200);
        let preview = bound(
            "Folders",
            &format!("GetMoveFolderMachinesChanges?folderId={moved}&targetParentId={to}"),
        );
        let changes = fleet.read(&preview);
        assert_eq!(members(&changes, "MachineName"), ["New", "Old"]);
        assert_eq!(members(&changes, "OldMachineFolderState"), ["NotAssigned", "Inherited"]);
        assert_eq!(members(&changes, "NewMachineFolderState"), ["Inherited", "NotAssigned"]);
        let path = format!("/odata/Folders({moved})/UiPath.Server.Configuration.OData.MoveFolder?targetParentId={to}");
        fleet.put(&path, &json!({})).expect(204);
        assert_eq!(members(&fleet.usable(moved), "Name"), ["New", "Own"]);
        let below = bound(
            "Folders",
            &format!(
                "GetSubfoldersWithAssignedMachine?rootFolderId={to}&machineId={}",
                own.id
            ),
        );
        assert_eq!(members(&fleet.read(&below), "Id"), [&json!(moved)]);
        fleet
            .get(&bound("Folders", "GetSubfoldersWithAssignedMachine?rootFolderId=1"))
            .expect(400);
    });
}

#[test]
fn runtimes_are_counted_from_slots_hosts_and_jobs() {
    testkit::each_database(|server| {
        let fleet = Fleet::of(server);
        let shared = server.shared_folder();
        let machine = fleet.machine("A", 2, shared);
        let count = || {
            let path = bound("Machines", &format!("GetRuntimesForFolder(folderId={shared})"));
            let row = fleet.read(&path)["value"][0].clone();
            [row["Total"].clone(), row["Connected"].clone(), row["Available"].clone()]
        };
        assert_eq!(count(), [2, 0, 0]);
        let agent = Agent::connect(server, &machine.client, &machine.secret, "one");
        Agent::connect(server, &machine.client, &machine.secret, "two");
        assert_eq!(count(), [4, 4, 4]);
        agent.call("Disconnect", json!({})).expect(204);
        assert_eq!(count(), [4, 2, 2]);
        server.clock.advance(121);
        assert_eq!(count(), [4, 0, 0]);
    });
}

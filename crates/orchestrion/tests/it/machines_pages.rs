//! The console pages of machines, of the tenant and of a folder.

use serde_json::json;
use testkit::{Browser, Server, each_database};

use crate::agent_support::{Agent, machine_token};
use crate::fleet_support::{Fleet, bound, members};
use crate::support::create_user;

const LIST: &str = "/console/default/tenants/Default/machines";

/// What a page shows to copy: the values of a dialog with a secret.
fn shown(html: &str) -> Vec<String> {
    let dialog = html.split("<dl class=\"secrets\">").nth(1).unwrap();
    let parts = dialog.split("data-copy=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

fn on_console(test: impl Fn(&Server, &Browser<'_>, &Fleet<'_>)) {
    each_database(|server| test(server, &server.admin_session(), &Fleet::of(server)));
}

#[test]
fn a_machine_is_added_with_a_secret_that_is_shown_once_and_is_good() {
    on_console(|server, browser, fleet| {
        assert!(browser.get(LIST).expect(200).text().contains("No machines yet"));
        let new = format!("{LIST}/new");
        for (fields, said) in [
            ([("Name", ""), ("UnattendedSlots", "1")], "Name"),
            ([("Name", "Floor"), ("UnattendedSlots", "many")], "whole number"),
            ([("Name", "Floor"), ("UnattendedSlots", "10001")], "lots"),
        ] {
            let refused = browser.fill(&new, &new, &fields);
            assert_eq!(refused.status, 400, "{fields:?}");
            assert!(refused.text().contains(said), "{said}: {}", refused.text());
        }
        let fields = [("Name", "Floor"), ("Type", "Template"), ("UnattendedSlots", "2")];
        let made = browser.fill(&new, &new, &fields).expect(200).text();
        let values = shown(&made);
        let agent = Agent::connect(server, &values[0], &values[1], "host-one");
        assert_eq!(browser.fill(&new, &new, &fields).status, 409, "the name is taken");
        let machine = fleet.read("/odata/Machines")["value"][0].clone();
        let one = format!("{LIST}/{}", machine["Id"]);
        let page = browser.get(&one).expect(200).text();
        assert!(page.contains("host-one") && page.contains("Available"), "{page}");
        assert!(!page.contains(&values[1]), "the secret is not shown again");
        assert!(browser.get(LIST).expect(200).text().contains("1 of 1"));

        // Another secret is as good, and the first one no longer once it is deleted.
        let second = shown(&browser.fill(&one, &format!("{one}/secrets"), &[]).expect(200).text());
        machine_token(server, &second[0], &second[1]);
        let page = browser.get(&one).expect(200).text();
        let first = page.split(&format!("{one}/secrets/")).nth(1).unwrap();
        let first = first.split('/').next().unwrap().to_owned();
        browser
            .fill(&one, &format!("{one}/secrets/{first}/delete"), &[])
            .expect(303);
        server
            .post("/identity_/connect/token")
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &values[0]),
                ("client_secret", &values[1]),
            ])
            .send()
            .expect(400);
        agent
            .call("Poll", json!({ "waitSeconds": 0, "known": [], "stopping": [] }))
            .expect(401);
    });
}

#[test]
fn hosts_are_maintained_and_forgotten() {
    on_console(|server, browser, fleet| {
        let machine = fleet.machine("Floor", 1, server.shared_folder());
        let _agent = Agent::connect(server, &machine.client, &machine.secret, "host-one");
        let one = format!("{LIST}/{}", machine.id);
        let sessions = fleet.read("/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes");
        let host = members(&sessions, "SessionId")[0].to_string();
        browser
            .fill(&one, &format!("{one}/hosts/{host}/maintain"), &[])
            .expect(303);
        assert!(browser.get(&one).expect(200).text().contains("End maintenance"));
        browser
            .fill(&one, &format!("{one}/hosts/{host}/resume"), &[])
            .expect(303);
        // It is online: nothing is forgotten.
        let refused = browser.fill(&one, &format!("{one}/hosts/{host}/forget"), &[]);
        assert!(refused.status.is_client_error());
        let other = fleet.machine("Other", 1, server.shared_folder());
        let wrong = format!("{LIST}/{}", other.id);
        browser
            .fill(&wrong, &format!("{wrong}/hosts/{host}/maintain"), &[])
            .expect(404);
        server.clock.advance(3_600);
        let browser = server.admin_session();
        assert!(browser.get(&one).expect(200).text().contains("Forget"));
        browser
            .fill(&one, &format!("{one}/hosts/{host}/forget"), &[])
            .expect(303);
        assert!(
            browser
                .get(&one)
                .expect(200)
                .text()
                .contains("No robot has connected yet")
        );
        browser.fill(LIST, &format!("{one}/delete"), &[]).expect(303);
        browser.get(&one).expect(404);
    });
}

#[test]
fn what_the_form_does_not_show_stays() {
    on_console(|server, browser, fleet| {
        let robot = fleet.robot("worker", server.shared_folder());
        let machine = fleet.make(&json!({
            "Name": "Floor", "Type": "Template", "UnattendedSlots": 1, "RobotUsers": [{ "RobotId": robot.id }],
            "AutomationType": "Background",
        }));
        let edit = format!("{LIST}/{}/edit", machine.id);
        let fields = [("Name", "Hall"), ("UnattendedSlots", "3"), ("Tags", "env=prod")];
        browser.fill(&edit, &edit, &fields).expect(303);
        let read = fleet.read(&format!("/odata/Machines({})", machine.id));
        assert_eq!(
            (
                &read["Name"],
                &read["UnattendedSlots"],
                &read["AutomationType"],
                &read["LicenseKey"]
            ),
            (&json!("Hall"), &json!(3), &json!("Background"), &json!(machine.client))
        );
        assert_eq!(read["RobotUsers"][0]["RobotId"], robot.id, "{read}");
        assert_eq!(read["Tags"][0]["Value"], "prod");
    });
}

#[test]
fn a_folder_is_given_machines_and_hands_them_down() {
    on_console(|server, browser, fleet| {
        let folder = server.shared_folder();
        let machine = fleet.make(&json!({ "Name": "Floor", "Type": "Template", "UnattendedSlots": 1 }));
        let page = format!("/console/default/tenants/Default/folders/{folder}/machines");
        assert!(
            browser
                .get(&page)
                .expect(200)
                .text()
                .contains("No machines in this folder")
        );
        let id = machine.id.to_string();
        browser
            .fill(&page, &format!("{page}/assign"), &[("id", &id)])
            .expect(303);
        let of_folder = bound("Folders", &format!("GetMachinesForFolder(key={folder})"));
        let standing = || fleet.read(&of_folder)["value"][0].clone();
        assert_eq!(standing()["IsAssignedToFolder"], true);
        browser.fill(&page, &format!("{page}/{id}/hand-down"), &[]).expect(303);
        assert_eq!(standing()["PropagateToSubFolders"], true);
        browser.fill(&page, &format!("{page}/{id}/keep"), &[]).expect(303);
        assert_eq!(standing()["PropagateToSubFolders"], false);
        browser.fill(&page, &format!("{page}/{id}/remove"), &[]).expect(303);
        assert_eq!(standing()["IsAssignedToFolder"], false);
    });
}

#[test]
fn strangers_see_no_machines() {
    on_console(|server, _, fleet| {
        fleet.machine("Floor", 1, server.shared_folder());
        let stranger = create_user(server, "sam");
        let session = stranger.session(server);
        let page = session.get(LIST);
        assert!([403, 404].contains(&page.status.as_u16()), "{}", page.status);
        assert!([403, 404].contains(&session.get(&format!("{LIST}/new")).status.as_u16()));
    });
}

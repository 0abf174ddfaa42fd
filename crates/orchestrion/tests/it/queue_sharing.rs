//! Queues that several folders share.

use serde_json::{Value, json};
use testkit::{Answer, each_database};

use crate::assets_support::{Member, create_folder};
use crate::queues_support::Queues;

fn bound(name: &str) -> String {
    format!("/odata/QueueDefinitions/UiPath.Server.Configuration.OData.{name}")
}

fn share(queues: &Queues<'_>, ids: &[i64], add: &[i64], remove: &[i64]) -> Answer {
    let body = json!({ "QueueIds": ids, "ToAddFolderIds": add, "ToRemoveFolderIds": remove });
    queues.post(&bound("ShareToFolders"), &body)
}

fn names(collection: &Value) -> Vec<&str> {
    let rows = collection["value"].as_array().unwrap();
    rows.iter().filter_map(|row| row["Name"].as_str()).collect()
}

#[test]
fn a_shared_queue_is_one_queue_with_the_same_items() {
    each_database(|server| {
        let queues = Queues::of(server);
        let finance = queues.in_folder(create_folder(server, "Finance"));
        let id = queues.queue("Invoices");
        finance.try_add(&json!({ "Name": "Invoices" })).expect(404);
        share(&queues, &[id], &[finance.folder], &[]).expect(204);
        let item = finance.add(&json!({ "Name": "Invoices" }));
        assert_eq!(queues.start("Invoices")["Id"], item["Id"]);

        let places = queues
            .get(&bound(&format!("GetFoldersForQueue(id={id})")))
            .expect(200)
            .json();
        assert_eq!(places["TotalFoldersCount"], 2);
        assert_eq!(places["AccessibleFolders"][1]["FullyQualifiedName"], "Finance");

        share(&queues, &[id], &[], &[queues.folder]).expect(204);
        queues.try_add(&json!({ "Name": "Invoices" })).expect(404);
        let refused = share(&queues, &[id], &[], &[finance.folder]).expect(409);
        assert_eq!(refused.error_code(), 1017);
        finance.add(&json!({ "Name": "Invoices" }));
    });
}

#[test]
fn queues_across_folders_are_listed_once_and_without_those_of_one_folder() {
    each_database(|server| {
        let queues = Queues::of(server);
        let finance = queues.in_folder(create_folder(server, "Finance"));
        let both = queues.queue("both");
        queues.queue("here");
        let gone = finance.queue("gone");
        finance.queue("there");
        finance.delete(&format!("/odata/QueueDefinitions({gone})")).expect(204);
        share(&queues, &[both], &[finance.folder], &[]).expect(204);
        let list = |options: &str| {
            queues
                .get(&bound(&format!("GetQueuesAcrossFolders?$orderby=Name{options}")))
                .expect(200)
                .json()
        };
        assert_eq!(names(&list("")), ["both", "here", "there"]);
        let excluded = list(&format!("&excludeFolderId={}", queues.folder));
        assert_eq!(names(&excluded), ["there"]);
    });
}

#[test]
fn sharing_a_queue_needs_rights_on_both_sides() {
    each_database(|server| {
        let queues = Queues::of(server);
        let (open, closed) = (create_folder(server, "Open"), create_folder(server, "Closed"));
        let id = queues.queue("q");
        let member = Member::new(server, "may link");
        member.allow(server, queues.folder, &["Queues.View"]);
        member.allow(server, open, &["Queues.View", "Queues.Create"]);
        member.allow(server, closed, &["Queues.View", "Assets.Create"]);
        let linking = queues.as_caller(&member.token(server));
        assert_eq!(
            share(&linking, &[id], &[open, closed], &[]).expect(403).error_code(),
            1017
        );
        share(&linking, &[id], &[open], &[]).expect(204);
        assert_eq!(share(&linking, &[id], &[], &[open]).expect(403).error_code(), 1017);
    });
}

//! Editing, erasing and deleting items, comments, and lists.

use serde_json::{Value, json};
use testkit::each_database;

use crate::access_support::{ended_export, id};
use crate::assets_support::{Member, create_folder};
use crate::queues_support::Queues;

#[test]
fn an_item_that_waits_can_be_edited() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let item = queues.add(&json!({"Name": "Q", "Reference": "r", "SpecificContent": {"a": 1}}));
        let path = format!("/odata/QueueItems({})", item["Id"]);
        let edit = json!({"Name": "Q", "Priority": "High", "Reference": "other", "SpecificContent": {"b": 2}, "Progress": "p",
            "DueDate": "2101-01-01T00:00:00Z", "RowVersion": item["RowVersion"]});
        queues.put(&path, &edit).expect(200);
        let read = queues.item(&item["Id"]);
        assert_eq!(read["Priority"], "High");
        assert_eq!(read["Reference"], "r");
        assert_eq!(read["SpecificContent"], json!({"b": 2}));
        assert_eq!(read["DueDate"], "2101-01-01T00:00:00Z");
        assert_eq!(queues.put(&path, &edit).expect(409).error_code(), 1020);
        queues
            .put(&path, &json!({"Name": "Q", "DueDate": "2001-01-01"}))
            .expect(400);
        queues.put("/odata/QueueItems(424242)", &edit).expect(404);
        queues.start("Q");
        assert_eq!(queues.put(&path, &json!({"Name": "Q"})).expect(409).error_code(), 1020);
    });
}

#[test]
fn of_a_finished_item_the_content_can_be_erased_and_nothing_else() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q", "Priority": "Low", "SpecificContent": {"name": "personal"}}));
        let taken = queues.start("Q");
        queues.succeed(&taken["Id"]);
        let path = format!("/odata/QueueItems({})", taken["Id"]);
        queues
            .put(&path, &json!({"Name": "Q", "Priority": "High", "SpecificContent": {}}))
            .expect(409);
        queues
            .put(&path, &json!({"Name": "Q", "SpecificContent": {"name": "other"}}))
            .expect(409);
        queues
            .put(&path, &json!({"Name": "Q", "Priority": "Low", "SpecificContent": null}))
            .expect(200);
        let read = queues.item(&taken["Id"]);
        assert_eq!(read["SpecificContent"], json!({}));
        assert_eq!(read["Status"], "Successful");
    });
}

#[test]
fn bulk_deletion_names_those_that_it_left() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let first = queues.add(&json!({"Name": "Q"}));
        let second = queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        assert_eq!(taken["Id"], first["Id"]);
        let entry = |item: &Value, version: &Value| json!({"Id": item["Id"], "RowVersion": version});
        let body = json!({"queueItems": [
            entry(&taken, &taken["RowVersion"]), entry(&second, &json!("AAAAAAAAAAk=")), {"Id": 424_242}
        ]});
        let path = "/odata/QueueItems/UiPathODataSvc.DeleteBulk";
        let answer = queues.post(path, &body).expect(200).json();
        assert_eq!(answer["FailedItems"], json!([taken["Id"], second["Id"], 424_242]));
        let body = json!({"queueItems": [entry(&second, &second["RowVersion"])]});
        assert_eq!(queues.post(path, &body).expect(200).json()["Success"], true);
        assert_eq!(queues.item(&second["Id"])["Status"], "Deleted");
        let many: Vec<Value> = (0..1_001).map(|id| json!({"Id": id})).collect();
        queues.post(path, &json!({"queueItems": many})).expect(400);
        queues.delete(&format!("/api/QueueItems/{}", second["Id"])).expect(409);
    });
}

#[test]
fn comments_belong_to_their_author() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let item = queues.add(&json!({"Name": "Q"}));
        let comment = queues
            .post(
                "/odata/QueueItemComments",
                &json!({"Text": "hm", "QueueItemId": item["Id"]}),
            )
            .expect(201)
            .json();
        assert_eq!(comment["Text"], "hm");
        let path = format!("/odata/QueueItemComments({})", comment["Id"]);
        let changed = queues
            .put(&path, &json!({"Text": "ah", "QueueItemId": item["Id"]}))
            .expect(200)
            .json();
        assert_eq!(changed["Text"], "ah");
        let member = Member::new(server, "reviewer");
        member.allow(
            server,
            queues.folder,
            &["Queues.View", "Transactions.View", "Transactions.Edit"],
        );
        let other = queues.as_caller(&member.token(server));
        assert_eq!(other.put(&path, &json!({"Text": "no"})).expect(400).error_code(), 1007);
        assert_eq!(other.delete(&path).expect(400).error_code(), 1007);
        other.get(&path).expect(200);
        let list = queues.get("/odata/QueueItemComments?$count=true").expect(200).json();
        assert_eq!(list["@odata.count"], 1);
        let history = format!(
            "/odata/QueueItemComments/UiPath.Server.Configuration.OData.GetQueueItemCommentsHistory(queueItemId={})",
            item["Id"]
        );
        assert_eq!(queues.get(&history).expect(200).json()["value"][0]["Text"], "ah");
        queues
            .post(
                "/odata/QueueItemComments",
                &json!({"Text": "x".repeat(513), "QueueItemId": item["Id"]}),
            )
            .expect(400);
        queues
            .post(
                "/odata/QueueItemComments",
                &json!({"Text": "x", "QueueItemId": 424_242}),
            )
            .expect(404);
        queues.delete(&path).expect(204);
        queues.get(&path).expect(404);
    });
}

#[test]
fn lists_filter_sort_count_and_leave_content_out_when_told() {
    each_database(|server| {
        let queues = Queues::of(server);
        let (one, two) = (queues.queue("One"), queues.queue("Two"));
        for (name, reference) in [("One", "a"), ("Two", "b"), ("One", "c"), ("Two", "d")] {
            queues.add(&json!({"Name": name, "Reference": reference, "SpecificContent": {"r": reference}}));
        }
        queues.start("One");
        assert_eq!(queues.list("", "Reference"), ["d", "c", "b", "a"]);
        assert_eq!(
            queues.list("$orderby=Reference&$skip=1&$top=2", "Reference"),
            ["b", "c"]
        );
        assert_eq!(
            queues.list(&format!("$filter=QueueDefinitionId eq {two}"), "Reference"),
            ["d", "b"]
        );
        assert_eq!(queues.list("$filter=Status eq 'InProgress'", "Reference"), ["a"]);
        assert_eq!(
            queues.list("$filter=startswith(Reference,'C') or Reference eq 'B'", "Reference"),
            ["c", "b"]
        );
        let count = |options: &str| {
            let page = queues
                .get(&format!("/odata/QueueItems?$count=true&$top=1&{options}"))
                .expect(200)
                .json();
            page["@odata.count"].as_i64().unwrap()
        };
        assert_eq!(count(""), 4);
        assert_eq!(count("$filter=Status eq 'New'"), 3);
        assert_eq!(
            count(&format!("$filter=Status eq 'New' and QueueDefinitionId eq {one}")),
            1
        );
        assert_eq!(
            count(&format!(
                "$filter=QueueDefinitionId in ({one},{two}) and Reference ne 'a'"
            )),
            3
        );
        assert_eq!(
            count(&format!(
                "$filter=QueueDefinitionId eq {one} and QueueDefinitionId eq {two}"
            )),
            0
        );
        let page = queues.get("/odata/QueueItems?$select=Id,Reference").expect(200).json();
        assert_eq!(page["value"][0].as_object().unwrap().len(), 2);
        queues
            .get("/odata/QueueItems?$filter=SpecificContent eq 'x'")
            .expect(400);
        let other = queues.in_folder(create_folder(server, "Other"));
        assert!(other.list("", "Reference").is_empty());
        let everywhere = server
            .get("/odata/QueueItems?$count=true")
            .bearer(&queues.token)
            .send()
            .expect(200)
            .json();
        assert_eq!(everywhere["@odata.count"], 4);
        let events = queues
            .get("/odata/QueueItemEvents?$filter=Status eq 'InProgress'&$count=true")
            .expect(200)
            .json();
        assert_eq!(events["@odata.count"], 1);
        let event = format!("/odata/QueueItemEvents({})", events["value"][0]["Id"]);
        assert_eq!(queues.get(&event).expect(200).json()["Action"], "Status");
        other.get(&event).expect(404);
    });
}

#[test]
fn items_are_exported_with_what_they_carry() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"Name": "Q \"ü\"", "Encrypted": true}));
        let name = &queue["Name"];
        queues.add(&json!({"Name": name, "Reference": "=1+1", "SpecificContent": {"word": "sesame"}}));
        queues.add(&json!({"Name": name, "Reference": "other", "Priority": "High"}));
        let export = |filter: &str| {
            let path = format!(
                "/odata/QueueDefinitions({})/UiPathODataSvc.Export?{filter}",
                queue["Id"]
            );
            queues.post(&path, &json!({}))
        };
        let asked = export("$filter=Priority eq 'Normal'").expect(200).json();
        assert_eq!(asked["Type"], "Queues");
        let done = ended_export(server, &queues.token, id(&asked));
        assert_eq!(done["Status"], "Completed", "{done}");
        let link = format!(
            "/odata/Exports({})/UiPath.Server.Configuration.OData.GetDownloadLink",
            id(&asked)
        );
        let link = queues.get(&link).expect(200).json();
        let uri = link["Uri"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.base())
            .unwrap()
            .to_owned();
        let file = queues.get(&uri).expect(200).text();
        assert_eq!(file.lines().count(), 2, "{file}");
        assert!(
            file.contains(r#""'=1+1""#) && file.contains(r#"{""word"":""sesame""}"#),
            "{file}"
        );
        let parts = server.app.store().read(|tx| {
            let parts = tx.tenant(1).find::<access::exports::ExportPart>("", store::params![])?;
            Ok::<_, context::Error>(parts)
        });
        for part in server.run(parts).unwrap() {
            let shown = String::from_utf8_lossy(&part.content);
            assert!(part.sealed && !shown.contains("sesame"), "{shown}");
        }
        export("$filter=Nothing eq 1").expect(400);
        let other = queues.in_folder(create_folder(server, "Other"));
        let path = format!("/odata/QueueDefinitions({})/UiPathODataSvc.Export", queue["Id"]);
        other.post(&path, &json!({})).expect(404);
    });
}

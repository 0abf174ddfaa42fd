//! Adding items to queues, what they carry, and what is refused.

use serde_json::{Value, json};
use testkit::each_database;

use crate::assets_support::create_folder;
use crate::queues_support::{ADD, BULK, Queues};

#[test]
fn an_item_comes_back_as_it_was_added() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.queue("Invoices");
        let item = queues.add(&json!({
            "Name": "invoices", "Priority": "High", "Reference": "R-1", "Progress": "begun", "Source": "Apps",
            "ParentOperationId": "op", "SpecificContent": {"n@odata.type": "#Int64", "n": 7, "text": "x", "flag": true, "none": null}
        }));
        assert_eq!(item["QueueDefinitionId"], queue);
        assert_eq!(item["Status"], "New");
        assert_eq!(item["ReviewStatus"], "None");
        assert_eq!(item["Priority"], "High");
        assert_eq!(item["Key"], item["UniqueKey"]);
        assert_eq!(
            item["SpecificContent"],
            json!({"n": 7, "text": "x", "flag": true, "none": null})
        );
        let data = item["SpecificData"].as_str().unwrap();
        assert_eq!(
            data,
            r#"{"DynamicProperties":{"n":7,"text":"x","flag":true,"none":null}}"#
        );
        assert_eq!(item["RowVersion"], "AAAAAAAAAAE=");
        assert_eq!(item["OrganizationUnitFullyQualifiedName"], Value::Null);
        for member in [
            "StartProcessing",
            "Output",
            "ProcessingException",
            "RobotId",
            "DueDate",
            "Error",
        ] {
            assert_eq!(item[member], Value::Null, "{member}");
        }
        let read = queues.item(&item["Id"]);
        assert_eq!(read["OrganizationUnitFullyQualifiedName"], "Shared");
        for member in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| !name.starts_with("OrganizationUnit"))
        {
            if member != "@odata.context" {
                assert_eq!(read[member], item[member], "{member}");
            }
        }
    });
}

#[test]
fn what_is_wrong_with_an_item_is_told_and_nothing_is_stored() {
    each_database(|server| {
        let queues = Queues::of(server);
        let id = queues.queue("Q");
        queues.create(&json!({"Name": "Unique", "EnforceUniqueReference": true}));
        let long = |length: usize| "x".repeat(length);
        let name = |more: Value| {
            let mut item = json!({"Name": "Q"});
            item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            item
        };
        let refused = [
            (json!({"Name": "Other"}), 404, 1002, "Other does not exist."),
            (json!({}), 400, 1009, "Name"),
            (json!({"Name": "Unique"}), 400, 1850, "Reference is required"),
            (name(json!({"SpecificContent": {"a.b": 1}})), 400, 1009, "a.b"),
            (
                name(json!({"SpecificContent": {"a": long(1 << 20)}})),
                400,
                1864,
                "bytes",
            ),
            (name(json!({"Progress": long(104_858)})), 400, 1870, "Progress"),
            (name(json!({"Reference": long(129)})), 400, 1009, "Reference"),
            (name(json!({"Priority": "Urgent"})), 400, 1009, "Priority"),
            (name(json!({"Source": "Elsewhere"})), 400, 1009, "Source"),
            (name(json!({"DueDate": "2001-01-01T00:00:00Z"})), 400, 1009, "past"),
            (name(json!({"DueDate": "yesterday"})), 400, 1009, "DueDate"),
            (
                name(json!({"DueDate": "2101-01-01", "DeferDate": "2102-01-01"})),
                400,
                1009,
                "DeferDate",
            ),
            (
                name(json!({"DueDate": "2101-01-01", "RiskSlaDate": "2102-01-01"})),
                400,
                1009,
                "RiskSlaDate",
            ),
            (name(json!({"SpecificContent": "text"})), 400, 1009, "SpecificContent"),
            (name(json!({"SpecificContent": {"a": "\0"}})), 400, 1009, "U+0000"),
        ];
        for (item, status, code, text) in refused {
            let answer = queues.try_add(&item).expect(status);
            assert_eq!(answer.error_code(), code, "{item}");
            assert!(answer.text().contains(text), "{}", answer.text());
        }
        queues.post(ADD, &json!({})).expect(400);
        queues.post(ADD, &json!([])).expect(400);
        let count = format!("/odata/QueueItems?$filter=QueueDefinitionId eq {id}&$count=true");
        assert_eq!(queues.get(&count).expect(200).json()["@odata.count"], 0);
    });
}

#[test]
fn a_queue_is_found_in_its_folder_only() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let item = queues.add(&json!({"Name": "Q"}));
        let other = queues.in_folder(create_folder(server, "Other"));
        assert_eq!(other.try_add(&json!({"Name": "Q"})).expect(404).error_code(), 1002);
        assert_eq!(other.try_start(&json!({"Name": "Q"})).expect(404).error_code(), 1002);
        other.get(&format!("/odata/QueueItems({})", item["Id"])).expect(404);
        let taken = queues.start("Q");
        let answer = other
            .try_finish(&taken["Id"], &json!({"IsSuccessful": true}))
            .expect(404);
        assert_eq!(answer.error_code(), 1002);
        queues.succeed(&taken["Id"]);
    });
}

#[test]
fn a_unique_reference_is_taken_until_its_item_is_deleted() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({"Name": "Q", "EnforceUniqueReference": true}));
        let item = queues.add(&json!({"Name": "Q", "Reference": "Ref"}));
        let again = queues.try_add(&json!({"Name": "Q", "Reference": "REF"})).expect(409);
        assert_eq!(again.error_code(), 1016);
        let taking = json!({"Name": "Q", "Reference": "ref", "SpecificContent": {"a": 1}});
        assert_eq!(queues.try_start(&taking).expect(409).error_code(), 1016);
        queues.delete(&format!("/odata/QueueItems({})", item["Id"])).expect(204);
        assert_eq!(queues.item(&item["Id"])["Status"], "Deleted");
        queues.add(&json!({"Name": "Q", "Reference": "ref"}));
    });
}

#[test]
fn content_must_meet_the_schema_of_the_queue() {
    each_database(|server| {
        let queues = Queues::of(server);
        let schema = r#"{"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}"#;
        queues.create(&json!({"Name": "Q", "SpecificDataJsonSchema": schema}));
        let refused = queues
            .try_add(&json!({"Name": "Q", "SpecificContent": {"amount": "many"}}))
            .expect(400);
        assert_eq!(refused.error_code(), 1856);
        assert!(refused.text().contains("/amount"), "{}", refused.text());
        queues.add(&json!({"Name": "Q", "SpecificContent": {"amount": 7}}));
    });
}

#[test]
fn encrypted_content_is_sealed_in_the_tables_and_clear_in_answers() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(
            &json!({"Name": "Q", "Encrypted": true, "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 1}),
        );
        let item = queues.add(&json!({"Name": "Q", "Progress": "sesame-1", "SpecificContent": {"word": "sesame-2"}}));
        assert_eq!(item["SpecificContent"]["word"], "sesame-2");
        let taken = queues.start("Q");
        assert_eq!(taken["SpecificContent"]["word"], "sesame-2");
        assert_eq!(taken["Progress"], "sesame-1");
        let result = json!({"IsSuccessful": false, "Output": {"word": "sesame-3"},
            "ProcessingException": {"Reason": "sesame-4", "Type": "ApplicationException"}});
        queues.try_finish(&taken["Id"], &result).expect(200);
        let read = queues.item(&taken["Id"]);
        assert_eq!(read["ProcessingException"]["Reason"], "sesame-4");
        assert_eq!(read["Output"]["word"], "sesame-3");
        assert_eq!(queues.start("Q")["SpecificContent"]["word"], "sesame-2");
        let stored = server.run(server.app.store().read(|tx| {
            let rows = tx.tenant(1).rows(
                "select d.specific || coalesce(d.output, '') || coalesce(d.exception, '') || coalesce(i.progress, '')
                 from queue_item_data d join queue_items i on i.id = d.item_id where d.{scope}",
                Vec::new(),
            )?;
            rows.iter()
                .map(|row| row.get::<String>(0))
                .collect::<store::Result<Vec<String>>>()
        }));
        let stored = stored.unwrap();
        assert_eq!(stored.len(), 2);
        assert!(!stored.concat().contains("sesame"), "{stored:?}");
    });
}

#[test]
fn a_repeated_call_gets_the_item_of_the_first() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let add = |key: &str, content: i64| {
            server
                .post(ADD)
                .bearer(&queues.token)
                .folder(queues.folder)
                .header("Idempotency-Key", key)
                .json(&json!({"itemData": {"Name": "Q", "SpecificContent": {"n": content}}}))
                .send()
        };
        let first = add("a", 1).expect(201).json();
        assert_eq!(add("a", 1).expect(201).json()["Id"], first["Id"]);
        assert_eq!(add("a", 2).expect(409).error_code(), 1020);
        assert_ne!(add("b", 1).expect(201).json()["Id"], first["Id"]);
        assert_eq!(add(&"k".repeat(256), 1).expect(400).error_code(), 1009);
        let start = |key: &str| {
            server
                .post(crate::queues_support::START)
                .bearer(&queues.token)
                .folder(queues.folder)
                .header("Idempotency-Key", key)
                .json(&json!({"transactionData": {"Name": "Q"}}))
                .send()
        };
        let taken = start("s").expect(200).json();
        assert_eq!(start("s").expect(200).json()["Id"], taken["Id"]);
        let other = start("t").expect(200).json();
        assert_ne!(other["Id"], taken["Id"]);
        start("u").expect(204);
    });
}

fn bulk(queues: &Queues<'_>, commit: &str, items: &Value) -> Value {
    let body = json!({"queueName": "Q", "commitType": commit, "queueItems": items});
    queues.post(BULK, &body).expect(200).json()
}

#[test]
fn bulk_adds_all_or_nothing_or_as_many_as_the_commit_type_says() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({"Name": "Q", "EnforceUniqueReference": true}));
        let references = |names: &[&str]| names.iter().map(|name| json!({"Reference": name})).collect::<Value>();
        let stored = |queues: &Queues<'_>| {
            let mut names: Vec<String> = queues
                .list("$orderby=Id", "Reference")
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect();
            names.sort_unstable();
            names.concat()
        };
        let all = bulk(&queues, "AllOrNothing", &references(&["a", "b"]));
        assert_eq!(all["Success"], true);
        assert_eq!(all["FailedItems"], json!([]));

        let nothing = bulk(&queues, "AllOrNothing", &references(&["c", "A", "d", "d"]));
        assert_eq!(nothing["Success"], false);
        let failed = nothing["FailedItems"].as_array().unwrap();
        let told: Vec<(i64, &str)> = failed
            .iter()
            .map(|item| (item["Ordinal"].as_i64().unwrap(), item["ErrorCode"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [(2, "DuplicateReference"), (4, "DuplicateReference")]);
        assert_eq!(stored(&queues), "ab");

        let stopped = bulk(&queues, "StopOnFirstFailure", &references(&["c", "a", "d"]));
        assert_eq!(stopped["FailedItems"].as_array().unwrap().len(), 1);
        assert_eq!(stored(&queues), "abc");

        let mixed = json!([{"Reference": "e"}, {}, {"Reference": "f", "Priority": "x"}, {"Reference": "g"}]);
        let independent = bulk(&queues, "ProcessAllIndependently", &mixed);
        let failed = independent["FailedItems"].as_array().unwrap();
        assert_eq!(failed[0]["ErrorCode"], "TransactionReferenceRequired");
        assert_eq!(failed[1]["ErrorCode"], "InvalidArgument");
        assert!(failed[1]["ErrorMessage"].as_str().unwrap().contains("Priority"));
        assert_eq!(stored(&queues), "abceg");
    });
}

#[test]
fn bulk_is_bounded_and_what_is_wrong_with_the_call_is_an_error() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let many: Vec<Value> = (0..15_001).map(|_| json!({})).collect();
        let call = |body: Value| queues.post(BULK, &body);
        let too_many = call(json!({"queueName": "Q", "commitType": "AllOrNothing", "queueItems": many})).expect(400);
        assert!(too_many.text().contains("15000"), "{}", too_many.text());
        call(json!({"queueName": "R", "commitType": "AllOrNothing", "queueItems": []})).expect(404);
        call(json!({"queueName": "Q", "commitType": "Maybe", "queueItems": []})).expect(400);
        call(json!({"queueName": "Q", "commitType": "AllOrNothing"})).expect(400);
        let thousand: Vec<Value> = (0..3_000).map(|n| json!({"Reference": n.to_string()})).collect();
        let added = bulk(&queues, "AllOrNothing", &json!(thousand));
        assert_eq!(added["Success"], true, "{added}");
        let page = queues.get("/odata/QueueItems?$count=true&$top=1").expect(200).json();
        assert_eq!(page["@odata.count"], 3_000);
    });
}

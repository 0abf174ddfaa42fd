//! Taking items, ending transactions, retries and reviews.

use jiff::ToSpan as _;
use serde_json::{Value, json};
use testkit::each_database;

use crate::queues_support::Queues;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

/// The text of a moment that is so many minutes from now.
fn at(server: &testkit::Server, minutes: i64) -> String {
    use context::Clock as _;
    server.clock.now().checked_add(minutes.minutes()).unwrap().to_string()
}

#[test]
fn items_are_taken_by_deadline_then_priority_then_age() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let add = |reference: &str, priority: &str, due: Option<i64>| {
            let due = due.map(|minutes| at(server, minutes));
            queues.add(&json!({"Name": "Q", "Reference": reference, "Priority": priority, "DueDate": due}));
        };
        add("normal", "Normal", None);
        add("high", "High", None);
        add("normal later", "Normal", None);
        add("low", "Low", None);
        add("low due late", "Low", Some(90));
        add("low due soon", "Low", Some(30));
        add("normal due", "Normal", Some(60));
        let order: Vec<String> = (0..7)
            .map(|_| queues.start("Q")["Reference"].as_str().unwrap().to_owned())
            .collect();
        let expected = [
            "normal due",
            "low due soon",
            "low due late",
            "high",
            "normal",
            "normal later",
            "low",
        ];
        assert_eq!(order, expected);
        queues.try_start(&json!({"Name": "Q"})).expect(204);
    });
}

#[test]
fn a_deferred_item_is_taken_when_its_time_has_come() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q", "Reference": "later", "DeferDate": at(server, 60)}));
        queues.add(&json!({"Name": "Q", "Reference": "past", "DeferDate": at(server, -60)}));
        assert_eq!(queues.start("Q")["Reference"], "past");
        queues.try_start(&json!({"Name": "Q"})).expect(204);
        server.clock.advance(61 * 60);
        let queues = Queues::of(server);
        assert_eq!(queues.start("Q")["Reference"], "later");
    });
}

#[test]
fn a_reference_chooses_among_the_items() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        for reference in ["A-1", "B-1", "B-2", "C%1"] {
            queues.add(&json!({"Name": "Q", "Reference": reference}));
        }
        let start = |reference: &str, option: Value| {
            queues.try_start(&json!({"Name": "Q", "Reference": reference, "ReferenceFilterOption": option}))
        };
        assert_eq!(start("b-2", Value::Null).expect(200).json()["Reference"], "B-2");
        start("B", json!("Equals")).expect(204);
        assert_eq!(start("B", json!("StartsWith")).expect(200).json()["Reference"], "B-1");
        start("B", json!("StartsWith")).expect(204);
        start("%", json!("StartsWith")).expect(204);
        assert_eq!(start("c%", json!("StartsWith")).expect(200).json()["Reference"], "C%1");
        start("A", json!("EndsWith")).expect(400);
    });
}

#[test]
fn a_transaction_with_content_is_added_and_taken_at_once() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q", "Reference": "waiting"}));
        let job = "7b9b2c1e-9a8e-4c3d-8a50-0123456789ab";
        let answer = server
            .post(crate::queues_support::START)
            .bearer(&queues.token)
            .folder(queues.folder)
            .header("x-uipath-jobkey", job)
            .json(&json!({"transactionData": {"Name": "Q", "Reference": "new", "SpecificContent": {"a": 1}}}))
            .send()
            .expect(200);
        let item = answer.json();
        assert_eq!(item["Reference"], "new");
        assert_eq!(item["Status"], "InProgress");
        assert_eq!(item["Priority"], "High");
        assert_eq!(item["StartProcessing"], item["CreationTime"]);
        assert_eq!(item["ExecutorJobKey"], job);
        assert_eq!(queues.start("Q")["Reference"], "waiting");
        let robot = json!({"Name": "Q", "RobotIdentifier": job});
        let answer = queues.try_start(&robot).expect(404);
        assert!(answer.text().contains("Robot does not exist."), "{}", answer.text());
        queues
            .try_start(&json!({"Name": "Q", "RobotIdentifier": "me"}))
            .expect(400);
    });
}

#[test]
fn a_success_keeps_what_it_brings_along() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        let id = &taken["Id"];
        let progress = format!("/odata/QueueItems({id})/UiPathODataSvc.SetTransactionProgress");
        queues.post(&progress, &json!({"progress": "half"})).expect(200);
        assert_eq!(queues.item(id)["Progress"], "half");
        server.clock.advance(90);
        let result = json!({"IsSuccessful": true, "Output": {"sum": 3}, "Analytics": {"rows": 2}, "OperationId": "op", "Progress": "done"});
        assert_eq!(queues.try_finish(id, &result).expect(200).json(), json!({}));
        let item = queues.item(id);
        assert_eq!(item["Status"], "Successful");
        assert_eq!(item["Output"], json!({"sum": 3}));
        assert_eq!(item["Analytics"], json!({"rows": 2}));
        assert_eq!(item["OutputData"], r#"{"DynamicProperties":{"sum":3}}"#);
        assert_eq!(item["OperationId"], "op");
        assert_eq!(item["Progress"], "done");
        assert_ne!(item["RowVersion"], taken["RowVersion"]);
        let events = queues.get(&format!(
            "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory(queueItemId={id})"
        ));
        let events = events.expect(200).json();
        let told: Vec<String> = events["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                format!(
                    "{} {}",
                    event["Action"].as_str().unwrap(),
                    event["Status"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "Create New",
                "Status InProgress",
                "Edit InProgress",
                "Status Successful"
            ]
        );
    });
}

#[test]
fn every_result_in_a_wrong_state_is_refused_with_its_code() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let item = queues.add(&json!({"Name": "Q"}));
        let id = &item["Id"];
        let success = json!({"IsSuccessful": true});
        assert_eq!(queues.try_finish(id, &success).expect(409).error_code(), 1852);
        let progress = format!("/odata/QueueItems({id})/UiPathODataSvc.SetTransactionProgress");
        assert_eq!(
            queues
                .post(&progress, &json!({"progress": "x"}))
                .expect(409)
                .error_code(),
            1851
        );
        assert_eq!(
            queues.try_finish(&json!(999_999), &success).expect(404).error_code(),
            1002
        );
        queues.start("Q");
        queues.try_finish(id, &json!({})).expect(400);
        let long = |members: Value| queues.try_finish(id, &members).expect(400).error_code();
        let big = "x".repeat(1 << 20);
        assert_eq!(long(json!({"IsSuccessful": true, "Output": {"a": big}})), 1867);
        assert_eq!(long(json!({"IsSuccessful": true, "Analytics": {"a": big}})), 1868);
        assert_eq!(
            long(json!({"IsSuccessful": false, "ProcessingException": {"Reason": "x".repeat(102_401)}})),
            1869
        );
        assert_eq!(
            long(json!({"IsSuccessful": true, "Progress": "x".repeat(104_858)})),
            1870
        );
        queues.post(&progress, &json!({})).expect(400);
        assert_eq!(queues.item(id)["Status"], "InProgress");
        queues.delete(&format!("/odata/QueueItems({id})")).expect(409);
        queues.succeed(id);
        assert_eq!(queues.try_finish(id, &success).expect(409).error_code(), 1865);
        assert_eq!(
            queues
                .post(&progress, &json!({"progress": "x"}))
                .expect(409)
                .error_code(),
            1851
        );
    });
}

#[test]
fn output_against_the_schema_makes_a_success_a_business_failure() {
    each_database(|server| {
        let queues = Queues::of(server);
        let schema = r#"{"type": "object", "required": ["sum"]}"#;
        queues.create(&json!({"Name": "Q", "OutputDataJsonSchema": schema, "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 3}));
        queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        queues
            .try_finish(&taken["Id"], &json!({"IsSuccessful": true, "Output": {"other": 1}}))
            .expect(200);
        let item = queues.item(&taken["Id"]);
        assert_eq!(item["Status"], "Failed");
        assert_eq!(item["ProcessingException"]["Type"], "BusinessException");
        assert_eq!(item["ProcessingExceptionType"], "BusinessException");
        queues.try_start(&json!({"Name": "Q"})).expect(204);
    });
}

#[test]
fn application_failures_are_tried_again_until_the_queue_has_enough() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({"Name": "Q", "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 2, "EnforceUniqueReference": true}));
        let first = queues.add(&json!({"Name": "Q", "Reference": "r", "Priority": "Low", "SpecificContent": {"a": 1}}));
        let mut last = Value::Null;
        for attempt in 0..3 {
            let taken = queues.start("Q");
            assert_eq!(taken["RetryNumber"], attempt);
            assert_eq!(taken["Key"], first["Key"]);
            assert_eq!(taken["SpecificContent"], json!({"a": 1}));
            assert_eq!(taken["Priority"], "Low");
            assert_eq!(taken["AncestorId"], last["Id"]);
            assert_eq!(taken["AncestorUniqueKey"], last["UniqueKey"]);
            assert_eq!(taken["SecondsInPreviousAttempts"], if attempt == 0 { 0 } else { 30 });
            server.clock.advance(30);
            queues.fail(&taken["Id"], "ApplicationException");
            last = taken;
        }
        queues.try_start(&json!({"Name": "Q"})).expect(204);
        let statuses = queues.list("$orderby=Id", "Status");
        assert_eq!(statuses, ["Retried", "Retried", "Failed"]);
        assert_eq!(
            queues
                .try_add(&json!({"Name": "Q", "Reference": "r"}))
                .expect(409)
                .error_code(),
            1016
        );
        let history = queues
            .get(&format!(
                "/odata/QueueItems({})/UiPathODataSvc.GetItemProcessingHistory",
                first["Id"]
            ))
            .expect(200)
            .json();
        assert_eq!(history["value"].as_array().unwrap().len(), 3);
        for path in [
            format!(
                "/odata/QueueItems({})/UiPath.Server.Configuration.OData.GetItemLastRetry",
                first["Id"]
            ),
            format!(
                "/odata/QueueItems/UiPathODataSvc.GetItemLastRetryByKey(key={})",
                first["UniqueKey"].as_str().unwrap()
            ),
        ] {
            assert_eq!(queues.get(&path).expect(200).json()["Id"], last["Id"]);
        }
        let by_key = format!(
            "/odata/QueueItems/UiPathODataSvc.GetByUniqueKey(uniqueKey={})",
            last["UniqueKey"].as_str().unwrap()
        );
        assert_eq!(queues.get(&by_key).expect(200).json()["Id"], last["Id"]);
        let nobody = "/odata/QueueItems/UiPathODataSvc.GetItemLastRetryByKey(key=7b9b2c1e-9a8e-4c3d-8a50-0123456789ab)";
        assert_eq!(queues.get(nobody).expect(404).error_code(), 1002);
    });
}

#[test]
fn business_failures_are_not_tried_again() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({"Name": "Q", "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 2}));
        queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        queues.fail(&taken["Id"], "BusinessException");
        assert_eq!(queues.item(&taken["Id"])["Status"], "Failed");
        queues.try_start(&json!({"Name": "Q"})).expect(204);
    });
}

#[test]
fn a_postponed_item_goes_back_in_line() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        queues
            .try_finish(
                &taken["Id"],
                &json!({"DeferDate": at(server, 10), "DueDate": at(server, 5)}),
            )
            .expect(400);
        queues
            .try_finish(
                &taken["Id"],
                &json!({"IsSuccessful": false, "DeferDate": at(server, 10), "Progress": "p"}),
            )
            .expect(200);
        let item = queues.item(&taken["Id"]);
        assert_eq!(item["Status"], "New");
        assert_eq!(item["StartProcessing"], Value::Null);
        assert_eq!(item["Progress"], "p");
        queues.try_start(&json!({"Name": "Q"})).expect(204);
        server.clock.advance(11 * 60);
        let queues = Queues::of(server);
        assert_eq!(queues.start("Q")["Id"], taken["Id"]);
    });
}

#[test]
fn a_review_can_end_with_another_attempt_and_stale_versions_lose() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        let added = queues.add(&json!({"Name": "Q", "SpecificContent": {"a": 1}}));
        assert_eq!(queues.review(&added, "InReview")["FailedItems"], json!([added["Id"]]));
        let taken = queues.start("Q");
        queues.fail(&taken["Id"], "BusinessException");
        let stale = queues.review(&taken, "InReview");
        assert_eq!(stale["Success"], false);
        let failed = queues.item(&taken["Id"]);
        assert_eq!(queues.review(&failed, "InReview")["Success"], true);
        let reviewed = queues.item(&taken["Id"]);
        assert_eq!(reviewed["ReviewStatus"], "InReview");
        assert_eq!(reviewed["Status"], "Failed");
        assert_eq!(queues.review(&reviewed, "Retried")["Success"], true);
        let old = queues.item(&taken["Id"]);
        assert_eq!(old["Status"], "Retried");
        assert_eq!(old["ReviewStatus"], "Retried");
        let again = queues.start("Q");
        assert_eq!(again["ManualAncestorId"], taken["Id"]);
        assert_eq!(again["ManualAncestorUniqueKey"], taken["UniqueKey"]);
        assert_eq!(again["ManualRetryNumber"], 1);
        assert_eq!(again["RetryNumber"], 0);
        assert_eq!(again["Key"], taken["Key"]);
        assert_eq!(again["SpecificContent"], json!({"a": 1}));
        let refused = queues.review(&queues.item(&taken["Id"]), "InReview");
        assert!(
            refused["Message"].as_str().unwrap().contains("reviewed or retried"),
            "{refused}"
        );
        let wrong = json!({"status": "Perhaps", "queueItems": []});
        queues
            .post("/odata/QueueItems/UiPathODataSvc.SetItemReviewStatus", &wrong)
            .expect(400);
    });
}

#[test]
fn reviewers_are_people_who_may_change_transactions_in_the_folder() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.queue("Q");
        queues.add(&json!({"Name": "Q"}));
        let taken = queues.start("Q");
        queues.fail(&taken["Id"], "BusinessException");
        let path = "/odata/QueueItems/UiPath.Server.Configuration.OData.GetReviewers";
        let (ann, bob) = (create_user(server, "ann"), create_user(server, "bob"));
        let ann = assign_tenant_role(server, &ann.id, "DirectoryUser", "Allow to be Automation User");
        assign_tenant_role(server, &bob.id, "DirectoryUser", "Allow to be Automation User");
        assign_folder_role(server, ann, queues.folder, "Folder Administrator");
        let people = queues.get(path).expect(200).json();
        let names: Vec<&Value> = people["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| &user["UserName"])
            .collect();
        assert_eq!(names, ["ann"], "{people}");
        let ann = json!(ann);
        let item = queues.item(&taken["Id"]);
        let assign = |user: &Value, item: &Value| {
            let body = json!({"userId": user, "queueItems": [{"Id": item["Id"], "RowVersion": item["RowVersion"]}]});
            queues.post("/odata/QueueItems/UiPathODataSvc.SetItemReviewer", &body)
        };
        assert_eq!(assign(&json!(424_242), &item).expect(400).error_code(), 1853);
        assert_eq!(assign(&ann, &item).expect(200).json()["Success"], true);
        let read = queues
            .get(&format!(
                "/odata/QueueItems({})?$expand=ReviewerUser,QueueDefinition($select=Name),Robot",
                taken["Id"]
            ))
            .expect(200)
            .json();
        assert_eq!(read["ReviewerUser"]["UserName"], "ann");
        assert_eq!(read["QueueDefinition"], json!({"Name": "Q"}));
        assert_eq!(read["Robot"], Value::Null);
        let body = json!({"queueItems": [{"Id": read["Id"], "RowVersion": read["RowVersion"]}]});
        let unset = queues
            .post("/odata/QueueItems/UiPathODataSvc.UnsetItemReviewer", &body)
            .expect(200)
            .json();
        assert_eq!(unset["Success"], true);
        assert_eq!(queues.item(&taken["Id"])["ReviewerUserId"], Value::Null);
        queues.get("/odata/QueueItems?$expand=ProcessingException").expect(400);
    });
}

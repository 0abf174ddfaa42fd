//! Transactions that nobody ends.

use access::outbox::{self, Entry};
use context::Error;
use serde_json::{Value, json};
use store::params;
use testkit::each_database;

use crate::queues_support::{Queues, look};

const HOUR: i64 = 3_600;
const ABANDONED: &str = "queue-abandoned";

#[test]
fn an_item_in_progress_for_a_day_is_abandoned() {
    each_database(|server| {
        let queues = Queues::of(server);
        let id = queues.queue("Q");
        queues.add(&json!({"Name": "Q", "Reference": "left"}));
        let left = queues.start("Q");
        let watched = server.run(server.app.store().write(|tx| {
            outbox::subscribe(&mut tx.tenant(1), "webhooks/1", "*")?;
            Ok::<_, Error>(())
        }));
        watched.unwrap();
        server.clock.advance(2 * HOUR);
        let queues = Queues::of(server);
        queues.add(&json!({"Name": "Q", "Reference": "young"}));
        let young = queues.start("Q");
        server.clock.advance(21 * HOUR);
        look(server, ABANDONED);
        let queues = Queues::of(server);
        assert_eq!(queues.item(&left["Id"])["Status"], "InProgress");
        server.clock.advance(2 * HOUR);
        look(server, ABANDONED);
        look(server, ABANDONED);

        let queues = Queues::of(server);
        let now = queues.item(&left["Id"]);
        assert_eq!(
            (&now["Status"], &now["EndProcessing"]),
            (&json!("Abandoned"), &Value::Null)
        );
        assert_eq!(now["StartProcessing"], left["StartProcessing"]);
        assert_ne!(now["RowVersion"], left["RowVersion"]);
        assert_eq!(queues.item(&young["Id"])["Status"], "InProgress");
        let late = queues.try_finish(&left["Id"], &json!({"IsSuccessful": true}));
        assert_eq!(late.expect(409).error_code(), 1865);

        let path = format!(
            "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory(queueItemId={})",
            left["Id"]
        );
        let history = queues.get(&path).expect(200).json();
        let last = history["value"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["Action"], &last["Status"], &last["UserId"]),
            (&json!("Status"), &json!("Abandoned"), &Value::Null)
        );
        let told = server.run(server.app.store().read(|tx| {
            let told = tx
                .tenant(1)
                .find::<Entry>("event_type = ? order by id", params!["queueItem.transactionAbandoned"])?;
            Ok::<_, Error>(told.into_iter().map(|entry| entry.body.0).collect::<Vec<_>>())
        }));
        let told = told.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["Queue"]["Id"], id);
        assert_eq!(
            (&told[0]["QueueItems"][0]["Id"], &told[0]["QueueItems"][0]["Status"]),
            (&left["Id"], &json!("Abandoned"))
        );

        let page = queues
            .get("/odata/QueueItems?$filter=Status eq 'Abandoned'&$count=true")
            .expect(200)
            .json();
        assert_eq!(page["@odata.count"], 1);
        // Somebody may still try it again by hand.
        assert_eq!(queues.review(&now, "Retried")["Success"], true);
        assert_eq!(queues.start("Q")["Reference"], "left");
    });
}

#[test]
fn an_abandoned_item_is_tried_again_where_the_queue_says_so() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({
            "Name": "Q", "RetryAbandonedItems": true, "MaxNumberOfRetries": 1, "EnforceUniqueReference": true,
        }));
        queues.add(&json!({"Name": "Q", "Reference": "once", "SpecificContent": {"n": 7}}));
        let first = queues.start("Q");
        server.clock.advance(25 * HOUR);
        look(server, ABANDONED);

        let queues = Queues::of(server);
        let old = queues.item(&first["Id"]);
        assert_eq!(
            (&old["Status"], &old["EndProcessing"]),
            (&json!("Retried"), &Value::Null)
        );
        let again = queues.try_add(&json!({"Name": "Q", "Reference": "ONCE"}));
        assert_eq!(again.expect(409).error_code(), 1016);
        let second = queues.start("Q");
        for (member, expected) in [
            ("AncestorId", first["Id"].clone()),
            ("Key", first["Key"].clone()),
            ("RetryNumber", json!(1)),
            ("Reference", json!("once")),
            ("SpecificContent", json!({"n": 7})),
        ] {
            assert_eq!(second[member], expected, "{member}");
        }
        assert!(second["SecondsInPreviousAttempts"].as_i64().unwrap() >= 25 * HOUR);

        server.clock.advance(25 * HOUR);
        look(server, ABANDONED);
        let queues = Queues::of(server);
        assert_eq!(queues.item(&second["Id"])["Status"], "Abandoned");
        queues.try_start(&json!({"Name": "Q"})).expect(204);
        let status = queues
            .get("/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus")
            .expect(200)
            .json();
        let row = &status["value"][0];
        assert_eq!(
            (
                &row["ItemsToProcess"],
                &row["ItemsInProgress"],
                &row["TotalNumberOfTransactions"]
            ),
            (&json!(0), &json!(0), &json!(0))
        );
    });
}

#[test]
fn many_left_items_of_several_queues_are_abandoned_in_one_look() {
    each_database(|server| {
        let queues = Queues::of(server);
        for name in ["A", "B"] {
            queues.queue(name);
            let items: Vec<Value> = (0..150)
                .map(|number| json!({"Reference": number.to_string()}))
                .collect();
            let body = json!({"queueName": name, "commitType": "AllOrNothing", "queueItems": items});
            queues.post(crate::queues_support::BULK, &body).expect(200);
            for _ in 0..150 {
                queues.start(name);
            }
        }
        server.clock.advance(25 * HOUR);
        look(server, ABANDONED);
        let queues = Queues::of(server);
        let page = queues
            .get("/odata/QueueItems?$filter=Status eq 'Abandoned'&$count=true&$top=1")
            .expect(200)
            .json();
        assert_eq!(page["@odata.count"], 300);
    });
}

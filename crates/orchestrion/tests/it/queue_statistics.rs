//! Numbers of queues: as they are now, over time, and what is expected.

use queues::statistics::forecast::{self, Forecast, Outlook};
use queues::statistics::records;
use serde_json::{Value, json};
use testkit::{Server, each_database};

use crate::assets_support::{Member, create_folder};
use crate::queues_support::{Queues, look};

const STATUS: &str = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus";

fn records(days: i64, queue: i64) -> String {
    format!(
        "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveLastDaysProcessingRecords(daysNo={days},queueDefinitionId={queue})"
    )
}

/// The values of a member in a collection, in its order.
fn values(answer: &Value, member: &str) -> Vec<Value> {
    let rows = answer["value"].as_array().unwrap();
    rows.iter().map(|row| row[member].clone()).collect()
}

/// The different values of a member, in the order in which they follow each other.
fn steps(answer: &Value, member: &str) -> Vec<i64> {
    let mut steps: Vec<i64> = values(answer, member)
        .iter()
        .map(|value| value.as_i64().unwrap())
        .collect();
    steps.dedup();
    steps
}

fn sum(answer: &Value, member: &str) -> i64 {
    values(answer, member).iter().map(|value| value.as_i64().unwrap()).sum()
}

#[track_caller]
fn assert_about(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!(
        value >= expected && value < expected + 30.0,
        "{value} is not {expected}"
    );
}

#[test]
fn the_status_of_a_queue_tells_its_numbers() {
    each_database(|server| {
        let queues = Queues::of(server);
        let id = queues.create(&json!({
            "Name": "Invoices", "Description": "of today", "MaxNumberOfRetries": 2, "AcceptAutomaticallyRetry": true,
            "OutputDataJsonSchema": "{\"type\": \"object\"}",
        }))["Id"]
            .as_i64()
            .unwrap();
        queues.queue("Empty");
        for _ in 0..4 {
            queues.add(&json!({"Name": "Invoices"}));
        }
        let taken = [
            queues.start("Invoices"),
            queues.start("Invoices"),
            queues.start("Invoices"),
        ];
        server.clock.advance(90);
        queues.succeed(&taken[0]["Id"]);
        queues.fail(&taken[1]["Id"], "ApplicationException");
        server.clock.advance(60);
        queues.fail(&taken[2]["Id"], "BusinessException");
        queues.start("Invoices");

        let answer = queues
            .get(&format!("{STATUS}?$filter=QueueDefinitionName eq 'invoices'"))
            .expect(200)
            .json();
        let context = answer["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("$metadata#Collection(UiPath.Server.Configuration.OData.QueueProcessingStatusDto)"));
        let row = &answer["value"][0];
        for (member, expected) in [
            ("Id", json!(id)),
            ("QueueDefinitionId", json!(id)),
            ("QueueDefinitionName", json!("Invoices")),
            ("QueueDefinitionDescription", json!("of today")),
            ("QueueDefinitionAcceptAutomaticallyRetry", json!(true)),
            ("QueueDefinitionRetryAbandonedItems", json!(false)),
            ("QueueDefinitionMaxNumberOfRetries", json!(2)),
            ("QueueDefinitionEnforceUniqueReference", json!(false)),
            ("ItemsToProcess", json!(1)),
            ("ItemsInProgress", json!(1)),
            ("SuccessfulTransactionsNo", json!(1)),
            ("ApplicationExceptionsNo", json!(1)),
            ("BusinessExceptionsNo", json!(1)),
            ("TotalNumberOfTransactions", json!(3)),
            ("SpecificDataJsonSchemaExists", json!(false)),
            ("OutputDataJsonSchemaExists", json!(true)),
            ("AnalyticsDataJsonSchemaExists", json!(false)),
            ("QueueFoldersCount", json!(1)),
            ("Tags", json!([])),
            ("ReleaseId", Value::Null),
            ("ReleaseName", Value::Null),
            ("ProcessScheduleId", Value::Null),
        ] {
            assert_eq!(row[member], expected, "{member}");
        }
        assert!(row["QueueDefinitionKey"].is_string() && row["LastProcessed"].is_string());
        for (member, expected) in [
            ("SuccessfulTransactionsProcessingTime", 90.0),
            ("ProcessingMeanTime", 90.0),
            ("ApplicationExceptionsProcessingTime", 90.0),
            ("BusinessExceptionsProcessingTime", 150.0),
        ] {
            assert_about(&row[member], expected);
        }
        let empty = queues
            .get(&format!("{STATUS}?$filter=QueueDefinitionName eq 'Empty'"))
            .expect(200)
            .json();
        let row = &empty["value"][0];
        assert_eq!(
            (&row["TotalNumberOfTransactions"], &row["LastProcessed"]),
            (&json!(0), &Value::Null)
        );
        assert_eq!(row["ProcessingMeanTime"].as_f64(), Some(0.0));
    });
}

#[test]
fn the_status_of_queues_is_filtered_sorted_and_cut_by_any_number() {
    each_database(|server| {
        let queues = Queues::of(server);
        for (name, items) in [("A", 1), ("B", 3), ("C", 2)] {
            queues.queue(name);
            for _ in 0..items {
                queues.add(&json!({"Name": name}));
            }
        }
        let item = queues.start("B");
        server.clock.advance(5);
        queues.succeed(&item["Id"]);
        let names = |options: &str| {
            let answer = queues.get(&format!("{STATUS}?{options}")).expect(200).json();
            let names = values(&answer, "QueueDefinitionName");
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            (names.concat(), answer["@odata.count"].as_i64())
        };
        assert_eq!(names("$orderby=ItemsToProcess desc,QueueDefinitionName").0, "BCA");
        assert_eq!(
            names("$filter=ItemsToProcess gt 1&$orderby=QueueDefinitionName desc&$count=true"),
            ("CB".into(), Some(2))
        );
        assert_eq!(
            names("$orderby=QueueDefinitionName&$top=1&$skip=1&$count=true"),
            ("B".into(), Some(3))
        );
        assert_eq!(names("$filter=LastProcessed ne null").0, "B");
        assert_eq!(
            names("$filter=ProcessingMeanTime ge 5 and ProcessingMeanTime lt 35.5").0,
            "B"
        );
        assert_eq!(
            names("$filter=SuccessfulTransactionsProcessingTime eq 0&$orderby=QueueDefinitionId").0,
            "AC"
        );
        assert_eq!(
            names("$filter=not SpecificDataJsonSchemaExists&$orderby=TotalNumberOfTransactions desc&$top=1").0,
            "B"
        );
        let selected = queues
            .get(&format!("{STATUS}?$select=QueueDefinitionName,ItemsToProcess&$top=1"))
            .expect(200)
            .json();
        assert_eq!(selected["value"][0].as_object().unwrap().len(), 2);
        queues.get(&format!("{STATUS}?$filter=ReleaseName eq 'x'")).expect(400);
    });
}

#[test]
fn the_status_without_folder_is_about_the_folders_within_reach() {
    each_database(|server| {
        let shared = Queues::of(server);
        let other = shared.in_folder(create_folder(server, "Other"));
        shared.queue("Here");
        other.queue("There");
        let names = |token: &str| {
            let answer = server
                .get(&format!("{STATUS}?$orderby=QueueDefinitionName"))
                .bearer(token)
                .send()
                .expect(200);
            values(&answer.json(), "QueueDefinitionName")
        };
        assert_eq!(names(&shared.token), ["Here", "There"]);
        let member = Member::new(server, "reader");
        member.allow(server, other.folder, &["Queues.View"]);
        assert_eq!(names(&member.token(server)), ["There"]);
        let reader = other.as_caller(&member.token(server));
        reader.get(STATUS).expect(200);
        // Numbers over time need the right to see items too.
        let queue = shared.queue("More");
        reader.get(&records(1, queue)).expect(403);
        let stranger = Member::new(server, "stranger");
        server.get(STATUS).bearer(&stranger.token(server)).send().expect(403);
    });
}

#[test]
fn records_have_no_gaps_and_keep_what_was_waiting() {
    each_database(|server| {
        let queues = Queues::of(server);
        let id = queues.queue("Q");
        look(server, "queue-snapshots");
        queues.add(&json!({"Name": "Q"}));
        queues.add(&json!({"Name": "Q"}));
        server.clock.advance(60);
        look(server, "queue-snapshots");
        server.clock.advance(540);
        let item = queues.start("Q");
        server.clock.advance(30);
        queues.succeed(&item["Id"]);

        let hour = queues.get(&records(0, id)).expect(200).json();
        assert_eq!(hour["value"].as_array().unwrap().len(), 60);
        assert_eq!(steps(&hour, "NumberOfRemainingTransactions"), [0, 2, 1]);
        assert_eq!(hour["value"][59]["NumberOfInProgressTransactions"], 0);
        assert_eq!(steps(&hour, "NumberOfSuccessfulTransactions"), [0, 1]);
        assert_eq!(steps(&hour, "TotalNumberOfTransactions"), [0, 1]);
        let took: f64 = values(&hour, "SuccessfulTransactionsProcessingTime")
            .iter()
            .map(|value| value.as_f64().unwrap())
            .sum();
        assert_about(&json!(took), 30.0);
        let last = &hour["value"][59];
        assert_eq!(last["ReportType"], "Minute");
        assert_eq!((&last["QueueDefinitionId"], &last["TenantId"]), (&json!(id), &json!(1)));
        let times = values(&hour, "ProcessingTime");
        assert!(
            times.iter().all(|time| time.as_str().unwrap().ends_with(":00Z")),
            "{times:?}"
        );
        let mut ids = values(&hour, "Id");
        ids.dedup();
        assert_eq!(ids.len(), 60);

        let day = queues.get(&records(1, id)).expect(200).json();
        assert_eq!(
            (day["value"].as_array().unwrap().len(), &day["value"][0]["ReportType"]),
            (24, &json!("Hour"))
        );
        assert_eq!(sum(&day, "NumberOfSuccessfulTransactions"), 1);
        let week = queues.get(&records(7, id)).expect(200).json();
        assert_eq!(
            (week["value"].as_array().unwrap().len(), &week["value"][6]["ReportType"]),
            (7, &json!("Day"))
        );
        assert_eq!(week["value"][6]["NumberOfRemainingTransactions"], 1);
        assert_eq!(
            queues.get(&records(365, id)).expect(200).json()["value"]
                .as_array()
                .unwrap()
                .len(),
            365
        );

        // What changed last is known long after, whatever is asked for.
        server.clock.advance(60);
        look(server, "queue-snapshots");
        server.clock.advance(3 * 86_400);
        let queues = Queues::of(server);
        for days in [0, 1, 2] {
            let later = queues.get(&records(days, id)).expect(200).json();
            assert_eq!(steps(&later, "NumberOfRemainingTransactions"), [1], "{days}");
            assert_eq!(sum(&later, "TotalNumberOfTransactions"), 0);
        }
    });
}

#[test]
fn retries_count_where_the_attempt_ended() {
    each_database(|server| {
        let queues = Queues::of(server);
        let body = json!({"Name": "Q", "MaxNumberOfRetries": 1, "AcceptAutomaticallyRetry": true});
        let id = queues.create(&body)["Id"].as_i64().unwrap();
        queues.add(&json!({"Name": "Q"}));
        for _ in 0..2 {
            let item = queues.start("Q");
            queues.fail(&item["Id"], "ApplicationException");
        }
        let hour = queues.get(&records(0, id)).expect(200).json();
        assert_eq!(sum(&hour, "NumberOfRetriedItems"), 1);
        assert_eq!(sum(&hour, "NumberOfApplicationExceptions"), 2);
        assert_eq!(sum(&hour, "TotalNumberOfTransactions"), 2);
    });
}

#[test]
fn records_are_asked_for_with_options_and_within_bounds() {
    each_database(|server| {
        let queues = Queues::of(server);
        let id = queues.queue("Q");
        queues.add(&json!({"Name": "Q"}));
        let item = queues.start("Q");
        queues.succeed(&item["Id"]);
        let options = "$filter=TotalNumberOfTransactions gt 0&$count=true&$expand=UiQueueMetadata";
        let found = queues.get(&format!("{}?{options}", records(0, id))).expect(200).json();
        assert_eq!(
            (&found["@odata.count"], &found["value"][0]["UiQueueMetadata"]["Name"]),
            (&json!(1), &json!("Q"))
        );
        let newest = queues
            .get(&format!("{}?$orderby=ProcessingTime desc&$top=3", records(1, id)))
            .expect(200)
            .json();
        assert_eq!(newest["value"].as_array().unwrap().len(), 3);
        assert_eq!(newest["value"][0]["TotalNumberOfTransactions"], 1);
        assert!(newest["value"][0].get("UiQueueMetadata").is_none());
        for days in [-1, 366] {
            queues.get(&records(days, id)).expect(400);
        }
        queues.get(&records(1, id + 1_000)).expect(404);
        let other = queues.in_folder(create_folder(server, "Other"));
        other.get(&records(1, id)).expect(404);
    });
}

#[test]
fn hourly_throughput_of_several_queues_is_read_at_once() {
    each_database(|server| {
        let queues = Queues::of(server);
        let (busy, idle) = (queues.queue("Busy"), queues.queue("Idle"));
        for wait in [0, 3_600] {
            server.clock.advance(wait);
            let queues = Queues::of(server);
            queues.add(&json!({"Name": "Busy"}));
            let item = queues.start("Busy");
            queues.succeed(&item["Id"]);
        }
        let now = server.app.system().now;
        let found = server.run(
            server
                .app
                .store()
                .read(move |tx| records::throughput(&mut tx.tenant(1), &[busy, idle], now)),
        );
        let found = found.unwrap();
        assert_eq!(found[&busy].len(), 24);
        assert_eq!(found[&busy][22..].iter().sum::<i64>(), 2);
        assert!(!found.contains_key(&idle));
    });
}

fn expected(server: &Server, queue: i64) -> Forecast {
    look(server, "queue-forecasts");
    let work = server
        .app
        .store()
        .read(move |tx| forecast::of(&mut tx.tenant(1), &[queue]));
    server.run(work).unwrap()[&queue]
}

#[test]
fn a_forecast_tells_which_items_will_be_late_and_how_many_robots_help() {
    each_database(|server| {
        let queues = Queues::of(server);
        let without = queues.queue("Without");
        let body = json!({"Name": "Q", "SlaInMinutes": 60, "RiskSlaInMinutes": 30});
        let id = queues.create(&body)["Id"].as_i64().unwrap();
        let add = |number: i64| (0..number).for_each(|_| drop(queues.add(&json!({"Name": "Q"}))));
        add(1);
        assert_eq!(expected(server, id), Forecast::UNKNOWN);
        assert_eq!(expected(server, without), Forecast::UNKNOWN);
        // An attempt takes ten minutes.
        let item = queues.start("Q");
        server.clock.advance(600);
        queues.succeed(&item["Id"]);
        let told = |forecast: Forecast| (forecast.outlook, forecast.at_risk, forecast.late, forecast.robots);
        assert_eq!(told(expected(server, id)), (Outlook::InTime, 0, 0, Some(0)));
        add(2);
        assert_eq!(told(expected(server, id)), (Outlook::InTime, 0, 0, Some(1)));
        add(2);
        assert_eq!(told(expected(server, id)), (Outlook::AtRisk, 2, 0, Some(1)));
        add(4);
        assert_eq!(told(expected(server, id)), (Outlook::Late, 3, 3, Some(2)));
        server.clock.advance(3_600);
        let late = expected(server, id);
        assert_eq!(told(late), (Outlook::Late, 0, 8, None));
        assert!(late.is_over_capacity() && !late.more);
        assert_eq!(expected(server, without), Forecast::UNKNOWN);
    });
}

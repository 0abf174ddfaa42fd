//! Triggers that the items of a queue set off.

use execution::jobs::model::{JobState, SourceType};
use execution::jobs::transition::Event;
use serde_json::{Value, json};
use testkit::{Server, each_database_at_rest};

use crate::queues_support::{Queues, look};
use crate::triggers_support::{SET, Triggers};

fn world<'a>(server: &'a Server, more: &Value) -> (Triggers<'a>, Queues<'a>, Value) {
    let (triggers, queues) = (Triggers::of(server), Queues::of(server));
    let queue = queues.queue("Q");
    let mut body = json!({ "QueueDefinitionId": queue });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = triggers.create(&body);
    look(server, "triggers");
    (triggers, queues, made)
}

fn activate(triggers: &Triggers<'_>, trigger: &Value) -> testkit::Answer {
    let path = format!("{SET}({})/UiPath.Server.Configuration.OData.Activate", trigger["Id"]);
    triggers
        .server
        .post(&path)
        .bearer(&triggers.token)
        .folder(triggers.folder)
        .send()
}

#[test]
fn items_set_off_as_many_jobs_as_they_call_for() {
    each_database_at_rest(|server| {
        let limits =
            json!({ "ItemsActivationThreshold": 2, "ItemsPerJobActivationTarget": 3, "MaxJobsForActivation": 2 });
        let (triggers, queues, made) = world(server, &limits);
        assert_eq!(made["QueueDefinitionName"], "Q");
        assert!(made["StartProcessNextOccurrence"].is_null());
        queues.add(&json!({ "Name": "Q" }));
        look(server, "trigger-signals");
        assert!(triggers.jobs().is_empty());
        // Told or not, it is looked at again when the second is over in which items are told of once.
        queues.add(&json!({ "Name": "Q" }));
        server.clock.advance(2);
        let jobs = triggers.jobs_of_signals(1);
        assert_eq!(
            (jobs[0].source_type, jobs[0].schedule_id),
            (SourceType::Queue, made["Id"].as_i64())
        );
        for _ in 0..30 {
            queues.add(&json!({ "Name": "Q" }));
        }
        server.clock.advance(2);
        triggers.jobs_of_signals(2);
        server.clock.advance(2);
        look(server, "trigger-signals");
        assert_eq!(triggers.jobs().len(), 2);
        assert!(triggers.history(&made).is_empty());
    });
}

#[test]
fn deferred_items_wait_and_the_queue_is_looked_at_every_half_hour() {
    each_database_at_rest(|server| {
        let (triggers, queues, _) = world(server, &json!({}));
        let later = triggers.now().checked_add(jiff::SignedDuration::from_mins(20)).unwrap();
        queues.add(&json!({ "Name": "Q", "DeferDate": later.to_string() }));
        server.clock.advance(2);
        look(server, "trigger-signals");
        look(server, "triggers");
        assert!(triggers.jobs().is_empty());
        server.clock.advance(1_800);
        look(server, "triggers");
        assert_eq!(triggers.jobs().len(), 1);
    });
}

#[test]
fn an_ended_job_makes_room_for_the_next_where_the_trigger_says_so() {
    each_database_at_rest(|server| {
        let (triggers, queues, _) = world(server, &json!({ "ActivateOnJobComplete": true }));
        for _ in 0..3 {
            queues.add(&json!({ "Name": "Q" }));
        }
        triggers.jobs_of_signals(1);
        triggers.end_all(Event::Succeed);
        let jobs = triggers.jobs_of_signals(2);
        assert_eq!(
            (jobs[0].state, jobs[1].state),
            (JobState::Successful, JobState::Pending)
        );
    });
}

#[test]
fn a_queue_has_one_trigger_and_takes_it_along() {
    each_database_at_rest(|server| {
        let (triggers, queues, made) = world(server, &json!({}));
        let queue = made["QueueDefinitionId"].as_i64().unwrap();
        let second = triggers
            .try_create(&json!({ "Name": "second", "QueueDefinitionId": queue }))
            .expect(409);
        assert_eq!(second.error_code(), 1607);
        queues.delete(&format!("/odata/QueueDefinitions({queue})")).expect(204);
        triggers.get(&format!("{SET}({})", made["Id"])).expect(404);
    });
}

#[test]
fn a_person_can_set_it_off() {
    each_database_at_rest(|server| {
        let (triggers, queues, made) = world(server, &json!({}));
        activate(&triggers, &made).expect(200);
        assert!(triggers.jobs().is_empty());
        queues.add(&json!({ "Name": "Q" }));
        activate(&triggers, &made).expect(200);
        activate(&triggers, &made).expect(200);
        assert_eq!(triggers.jobs().len(), 1);
        let time = triggers.create(&json!({ "Name": "time" }));
        assert_eq!(activate(&triggers, &time).expect(409).error_code(), 1606);
        activate(&triggers, &json!({ "Id": 4711 })).expect(404);
        let body = triggers.body(&json!({ "QueueDefinitionId": made["QueueDefinitionId"], "Enabled": false }));
        triggers.put(&format!("{SET}({})", made["Id"]), &body).expect(204);
        assert_eq!(activate(&triggers, &made).expect(409).error_code(), 1605);
    });
}

#[test]
fn a_queue_tells_its_trigger_and_process() {
    each_database_at_rest(|server| {
        let (_, queues, made) = world(server, &json!({}));
        let queue = queues.read(&made["QueueDefinitionId"]).expect(200).json();
        assert_eq!(queue["ProcessScheduleId"], made["Id"]);
        let listed = queues.get("/odata/QueueDefinitions").expect(200).json();
        assert_eq!(listed["value"][0]["ProcessScheduleId"], made["Id"]);
    });
}

#[test]
fn the_sla_of_a_queue_and_its_trigger_name_the_same_process() {
    each_database_at_rest(|server| {
        let (triggers, queues) = (Triggers::of(server), Queues::of(server));
        let body =
            json!({ "Name": "Calc 2", "ProcessKey": "calc", "ProcessVersion": "1.0.0", "InputArguments": "{\"a\":1}" });
        let other = triggers.post("/odata/Releases", &body).expect(201).json();
        let unknown = queues.post(
            "/odata/QueueDefinitions",
            &json!({ "Name": "X", "SlaInMinutes": 5, "ReleaseId": 4711 }),
        );
        assert_eq!(unknown.expect(400).error_code(), 1861);
        let queue = queues.create(&json!({ "Name": "Q", "SlaInMinutes": 5, "ReleaseId": other["Id"] }));
        assert_eq!(
            (&queue["ReleaseId"], &queue["IsProcessInCurrentFolder"]),
            (&other["Id"], &json!(true))
        );
        let wrong = triggers.try_create(&json!({ "QueueDefinitionId": queue["Id"] }));
        assert_eq!(wrong.expect(409).error_code(), 1607);
        triggers.create(&json!({ "QueueDefinitionId": queue["Id"], "ReleaseId": other["Id"] }));
        let change = json!({ "Name": "Q", "SlaInMinutes": 5, "ReleaseId": triggers.release });
        assert_eq!(queues.replace(&queue["Id"], &change).expect(400).error_code(), 1861);
    });
}

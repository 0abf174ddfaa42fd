//! What time triggers do when their time comes.

use access::outbox;
use context::Error;
use execution::jobs::model::{JobState, SourceType};
use execution::jobs::transition::Event;
use serde_json::json;
use testkit::each_database_at_rest;
use triggers::policy::{JobsCount, Policy};

use crate::queues_support::look;
use crate::triggers_support::{SET, Triggers};

#[test]
fn a_trigger_starts_its_jobs_once_at_its_time() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({
            "StartStrategy": 2, "InputArguments": "{\"a\":7}", "SpecificPriorityValue": 80, "StopProcessExpression": "600",
        }));
        look(server, "triggers");
        assert!(triggers.jobs().is_empty());
        let due = triggers.next(&made);
        server.clock.advance(due.as_second() - triggers.now().as_second());
        // Two nodes that look at the same time.
        let reconcilers = server.app.reconcilers();
        let reconciler = reconcilers
            .iter()
            .find(|reconciler| reconciler.name == "triggers")
            .unwrap();
        server.run(async {
            let (one, two) = tokio::join!(
                (reconciler.run)(server.app.clone()),
                (reconciler.run)(server.app.clone())
            );
            one.unwrap();
            two.unwrap();
        });
        look(server, "triggers");
        let jobs = triggers.jobs();
        assert_eq!(jobs.len(), 2);
        let job = &jobs[0];
        assert_eq!((job.source_type, job.source.as_str()), (SourceType::Schedule, "T"));
        assert_eq!(
            (job.schedule_id, job.priority, job.stop_after),
            (made["Id"].as_i64(), 80, Some(600))
        );
        assert_eq!(
            (job.input.as_deref(), job.state),
            (Some("{\"a\":7}"), JobState::Pending)
        );
        assert_eq!(job.batch_key, jobs[1].batch_key);
        assert_eq!(triggers.next(&made).as_second() - due.as_second(), 86_400);
        assert_eq!(triggers.history(&made), Vec::<String>::new());
    });
}

#[test]
fn the_second_of_creation_is_kept() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        server.clock.advance((94 - triggers.now().as_second() % 60) % 60);
        let before = triggers.now().as_second();
        let made = triggers.create(&json!({ "StartProcessCron": "0 * * ? * *" }));
        let created = before..=triggers.now().as_second();
        assert!(created.contains(&(triggers.next(&made).as_second() - 60)), "{made}");
        let exact = triggers.create(&json!({ "Name": "1", "StartProcessCron": "1 * * ? * *" }));
        assert_eq!(triggers.next(&exact).as_second() % 60, 1);
    });
}

#[test]
fn what_was_missed_is_not_made_up_for() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({}));
        let due = triggers.next(&made);
        server.clock.advance(due.as_second() - triggers.now().as_second() + 61);
        look(server, "triggers");
        assert!(triggers.jobs().is_empty());
        assert_eq!(triggers.history(&made), ["Misfired"]);
        assert!(triggers.next(&made) > triggers.now());
        // A little late is not missed.
        let due = triggers.next(&made);
        server.clock.advance(due.as_second() - triggers.now().as_second() + 59);
        look(server, "triggers");
        assert_eq!(triggers.jobs().len(), 1);
    });
}

#[test]
fn days_off_are_left_out_without_a_failure() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let probe = triggers.create(&json!({ "Name": "probe" }));
        let day = triggers.next(&probe).to_string()[..10].to_owned();
        let calendar = triggers
            .post(
                "/odata/Calendars",
                &json!({ "Name": "Off", "ExcludedDates": [format!("{day}T00:00:00Z")] }),
            )
            .expect(201)
            .json();
        let made = triggers.create(&json!({ "CalendarId": calendar["Id"] }));
        assert_eq!(
            (&made["CalendarName"], &made["UseCalendar"]),
            (&json!("Off"), &json!(true))
        );
        assert_eq!(made["CalendarKey"], calendar["Key"]);
        triggers.delete(&format!("{SET}({})", probe["Id"])).expect(204);
        triggers.fire(&made);
        assert!(triggers.jobs().is_empty() && triggers.history(&made).is_empty());
        triggers.fire(&made);
        assert_eq!(triggers.jobs().len(), 1);
    });
}

#[test]
fn a_trigger_is_switched_off_at_its_date() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let probe = triggers.create(&json!({ "Name": "probe" }));
        let first = triggers.next(&probe);
        let stop = first.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
        let made = triggers.create(&json!({ "StopProcessDate": stop.to_string() }));
        triggers.fire(&made);
        assert!(triggers.read(&made)["StartProcessNextOccurrence"].is_null());
        server.clock.advance(3_600);
        look(server, "triggers");
        assert_eq!(triggers.read(&made)["Enabled"], false);
        let answer = triggers.post(
            &crate::triggers_support::bound("SetEnabled"),
            &json!({ "enabled": true, "scheduleIds": [made["Id"]] }),
        );
        assert_eq!(answer.expect(400).error_code(), 1601);
    });
}

#[test]
fn jobs_that_still_wait_are_taken_off() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({ "StartStrategy": 2 }));
        triggers.fire(&made);
        triggers.fire(&made);
        assert_eq!(triggers.jobs().len(), 2);
        assert_eq!(triggers.history(&made), ["PendingJobs"]);
        triggers.end(&triggers.jobs()[0], Event::Succeed, None);
        triggers.fire(&made);
        assert_eq!(triggers.jobs().len(), 3);
        assert_eq!(triggers.history(&made), ["PartiallyCreatedJobs", "PendingJobs"]);
        let policy = Policy {
            jobs_count: JobsCount::NoLimit,
            ..Policy::default()
        };
        let saved = server.app.store().write(move |tx| policy.save(&mut tx.tenant(1)));
        server.run(saved).unwrap();
        triggers.fire(&made);
        assert_eq!(triggers.jobs().len(), 5);
        // Jobs of others do not count for this trigger.
        let policy = Policy {
            jobs_count: JobsCount::PerTrigger,
            ..Policy::default()
        };
        let saved = server.app.store().write(move |tx| policy.save(&mut tx.tenant(1)));
        server.run(saved).unwrap();
        let other = triggers.create(&json!({ "Name": "other", "StartProcessCron": "1 30 9 ? * *" }));
        triggers.fire(&other);
        assert_eq!(triggers.jobs().len(), 6);
    });
}

#[test]
fn launches_that_keep_failing_switch_a_trigger_off() {
    each_database_at_rest(|server| {
        // No robot: nothing can be started.
        let triggers = Triggers::without_robots(server);
        let listen = |tx: &mut store::Tx| outbox::subscribe(&mut tx.tenant(1), "test", "schedule.failed");
        server.run(server.app.store().write(listen)).unwrap();
        let made = triggers.create(&json!({ "StartProcessCron": "1 0 0/2 ? * *" }));
        for _ in 0..12 {
            triggers.fire(&made);
            assert_eq!(triggers.read(&made)["Enabled"], true);
        }
        // Ten were enough long ago; now a day is over since the first was seen, too.
        triggers.fire_late(&made, 2);
        assert_eq!(triggers.read(&made)["Enabled"], false);
        let history = triggers.history(&made);
        assert_eq!(history[0], "DisabledConsecutiveFailures");
        assert_eq!(history.iter().filter(|reason| *reason == "TriggerError").count(), 13);
        assert!(triggers.jobs().is_empty());
        let told = server.app.store().read(|tx| {
            Ok::<_, Error>(
                tx.tenant(1)
                    .find::<outbox::Entry>("event_type = 'schedule.failed' order by id", Vec::new())?,
            )
        });
        let told = server.run(told).unwrap();
        assert_eq!(told.len(), 14);
        let body = &told[0].body.0;
        assert_eq!(body["ProcessSchedule"]["Id"], made["Id"]);
        assert!(body["Reason"].as_str().unwrap().contains("unattended robot"), "{body}");
        let alerts = triggers
            .get("/odata/Alerts?$filter=Component eq 'Schedules'&$count=true")
            .expect(200)
            .json();
        assert_eq!(alerts["@odata.count"], 14);
        // What happened before counts no more.
        triggers
            .post(
                &crate::triggers_support::bound("SetEnabled"),
                &json!({ "enabled": true, "scheduleIds": [made["Id"]] }),
            )
            .expect(200);
        triggers.fire(&made);
        assert_eq!(triggers.read(&made)["Enabled"], true);
    });
}

#[test]
fn jobs_that_keep_faulting_switch_a_trigger_off_after_a_time_of_grace() {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({
            "ConsecutiveJobFailuresThreshold": 2, "JobFailuresGracePeriodInHours": 30,
        }));
        for _ in 0..2 {
            triggers.fire(&made);
            triggers.end_all(Event::Fault);
            look(server, "trigger-signals");
        }
        assert_eq!(triggers.read(&made)["Enabled"], true);
        // A success in time saves it.
        triggers.fire(&made);
        triggers.end_all(Event::Succeed);
        look(server, "trigger-signals");
        server.clock.advance(7 * 3_600);
        look(server, "triggers");
        assert_eq!(triggers.read(&made)["Enabled"], true);
        for _ in 0..2 {
            triggers.fire(&made);
            triggers.end_all(Event::Fault);
            look(server, "trigger-signals");
        }
        server.clock.advance(30 * 3_600);
        look(server, "triggers");
        assert_eq!(triggers.read(&made)["Enabled"], false);
        assert_eq!(triggers.history(&made)[0], "DisabledJobFailures");
    });
}

#[test]
fn what_happened_is_remembered_for_thirty_days() {
    each_database_at_rest(|server| {
        let triggers = Triggers::without_robots(server);
        let made = triggers.create(&json!({}));
        triggers.fire(&made);
        server.clock.advance(29 * 86_400);
        look(server, "trigger-logs");
        assert_eq!(triggers.history(&made), ["TriggerError"]);
        server.clock.advance(2 * 86_400);
        look(server, "trigger-logs");
        assert_eq!(triggers.history(&made), Vec::<String>::new());
    });
}

//! Jobs from their start to their end, with a robot that the test plays and with the real one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{each_database, each_database_at_rest};

use crate::agent_support::attempt;
use crate::jobs_support::{Place, Robot, pack};
use crate::queues_support::{Queues, look};

#[test]
fn a_job_runs_once_and_gives_back_what_it_made() {
    each_database(|server| {
        let place = Place::calc(server);
        let agent = place.connect("one");
        assert_eq!(agent.work()["start"], json!([]));
        let started = place.start(&json!({ "a": 1 }));
        assert_eq!(started["State"], "Pending");
        let (job, order) = agent.start();
        assert_eq!(job["job"], started["Key"]);
        assert_eq!(place.job(&started)["State"], "Running");
        assert!(order.to_string().contains("rj_"), "a job has its own credential");
        agent.log(&job, 0, &["first", "second"]).expect(204);
        agent.log(&job, 1, &["second"]).expect(204);
        agent
            .report(&job, "Successful", &json!({ "output": "{\"b\":2}" }))
            .expect(204);
        let ended = place.job(&started);
        assert_eq!(
            (&ended["State"], &ended["OutputArguments"]),
            (&json!("Successful"), &json!("{\"b\":2}"))
        );
        assert_eq!(place.messages(&started), ["first", "second"]);
        // It is over: there is nothing more to do, and what is told late changes nothing.
        assert_eq!(agent.work()["start"], json!([]));
        agent.report(&job, "Faulted", &json!({})).expect(204);
        assert_eq!(place.job(&started)["State"], "Successful");
    });
}

#[test]
fn a_robot_cannot_speak_for_jobs_of_another() {
    each_database(|server| {
        let place = Place::calc(server);
        let (one, other) = (place.connect("one"), place.connect("two"));
        let started = place.start(&json!({ "a": 1 }));
        let (owner, liar) = if one.work()["start"] == json!([]) {
            (&other, &one)
        } else {
            (&one, &other)
        };
        let (job, _) = owner.start();
        for answer in [
            liar.accept(&job),
            liar.report(&job, "Successful", &json!({ "output": "{}" })),
            liar.log(&job, 0, &["lie"]),
            liar.report(
                &attempt(&json!({ "job": uuid::Uuid::from_u128(1), "attempt": 1 })),
                "Faulted",
                &json!({}),
            ),
        ] {
            assert!([404, 409].contains(&answer.status.as_u16()), "{}", answer.text());
        }
        assert_eq!(place.job(&started)["State"], "Running");
        assert_eq!(place.messages(&started), Vec::<String>::new());
    });
}

#[test]
fn a_job_is_refused_that_could_not_run() {
    each_database(|server| {
        let place = Place::calc(server);
        let refused = place
            .try_start(&json!({ "InputArguments": "{\"a\":\"x\"}" }))
            .expect(400)
            .json();
        assert!(refused["message"].as_str().unwrap().contains("/a"), "{refused}");
        place.try_start(&json!({ "InputArguments": "[" })).expect(400);
        place
            .try_start(&json!({ "JobsCount": -1, "InputArguments": "{\"a\":1}" }))
            .expect(400);
        place
            .try_start(&json!({ "ReleaseKey": uuid::Uuid::from_u128(1) }))
            .expect(404);
        let started = place.start(&json!({ "a": 1 }));
        assert_eq!(place.job(&started)["State"], "Pending");
        place.stop(&started, "SoftStop").expect(200);
        assert_eq!(place.job(&started)["State"], "Stopped");
        place.stop(&started, "Kill").expect(409);
    });
}

const SCRIPT: &str = r#"#!/bin/sh
echo "said by the job"
env | grep -q "$HIDDEN_FROM_JOBS" && echo "a secret is seen"
case "$(cat "$1")" in
  *fault*) echo "it went wrong" >&2; exit 3 ;;
  *wait*) echo waits; sleep 60 ;;
esac
printf '{"greeting":"hello"}' > "$2"
"#;

#[test]
fn the_robot_runs_commands_and_tells_how_they_ended() {
    each_database(|server| {
        let work = tempfile::tempdir().unwrap();
        let script = SCRIPT.replace("$HIDDEN_FROM_JOBS", "ORCHESTRION_ROBOT_CLIENT_SECRET");
        std::fs::write(work.path().join("main.sh"), script).unwrap();
        pack(server, "greet", work.path(), &["sh", "main.sh", "{input}", "{output}"]);
        let place = Place::of(server, "greet");
        let data = tempfile::tempdir().unwrap();
        let _robot = Robot::run(&place, data.path(), &["--runtimes", "command"]);
        let first = place.start(&json!({}));
        let ended = place.ended(&first);
        assert_eq!(
            (&ended["State"], &ended["OutputArguments"]),
            (&json!("Successful"), &json!("{\"greeting\":\"hello\"}")),
            "{ended}"
        );
        let said = place.messages(&first);
        assert!(said.iter().any(|line| line == "said by the job"), "{said:?}");
        assert!(said.iter().all(|line| line != "a secret is seen"), "{said:?}");
        let second = place.ended(&place.start(&json!({ "how": "fault" })));
        assert_eq!(second["State"], "Faulted");
        assert!(second["Info"].as_str().unwrap().contains("it went wrong"), "{second}");
        let third = place.start(&json!({ "how": "wait" }));
        let until = Instant::now() + Duration::from_secs(60);
        while !place.messages(&third).iter().any(|line| line == "waits") {
            assert!(Instant::now() < until, "{}", place.job(&third));
            std::thread::sleep(Duration::from_millis(50));
        }
        place.stop(&third, "Kill").expect(200);
        assert_eq!(place.ended(&third)["State"], "Stopped");
    });
}

#[test]
fn a_suspended_job_goes_on_when_the_item_it_waits_for_is_done() {
    each_database_at_rest(|server| {
        let (place, queues) = (Place::calc(server), Queues::of(server));
        queues.create(&json!({ "Name": "Q", "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 1 }));
        let item = queues.add(&json!({ "Name": "Q" }));
        let agent = place.connect("one");
        let started = place.start(&json!({ "a": 1 }));
        let (job, _) = agent.start();
        let waits = json!({ "triggers": [{ "triggerType": "QueueItem", "itemKey": item["UniqueKey"] }] });
        agent.report(&job, "Suspended", &waits).expect(204);
        assert_eq!(place.job(&started)["State"], "Suspended");
        assert_eq!(agent.work()["start"], json!([]));
        look(server, "item-waits");
        assert_eq!(place.job(&started)["State"], "Suspended");

        // The first attempt fails and is followed by another one.
        queues.fail(&queues.start("Q")["Id"], "ApplicationException");
        look(server, "item-waits");
        assert_eq!(place.job(&started)["State"], "Suspended");
        queues.succeed(&queues.start("Q")["Id"]);
        look(server, "item-waits");
        assert_eq!(place.job(&started)["State"], "Resumed");
        let again = agent.given();
        assert_eq!(
            (&again["job"], again["attempt"].as_i64()),
            (&job["job"], job["attempt"].as_i64().map(|attempt| attempt + 1))
        );
        agent.accept(&again).expect(200);
        // What the first execution says now is too late.
        agent.report(&job, "Faulted", &json!({})).expect(404);
        agent
            .report(&again, "Successful", &json!({ "output": "{\"b\":2}" }))
            .expect(204);
        assert_eq!(place.job(&started)["State"], "Successful");
    });
}

#[test]
fn items_name_the_robot_and_the_job_that_took_them() {
    each_database(|server| {
        let (place, queues) = (Place::calc(server), Queues::of(server));
        queues.queue("Q");
        let item = queues.add(&json!({ "Name": "Q" }));
        let agent = place.connect("one");
        place.start(&json!({ "a": 1 }));
        let (job, order) = agent.start();
        let taken = server
            .post(crate::queues_support::START)
            .bearer(&queues.token)
            .folder(queues.folder)
            .header("x-uipath-jobkey", job["job"].as_str().unwrap())
            .json(&json!({ "transactionData": { "Name": "Q", "RobotIdentifier": order["robot"]["key"] } }))
            .send()
            .expect(200)
            .json();
        assert_eq!((&taken["Id"], &taken["ExecutorJobKey"]), (&item["Id"], &job["job"]));
        let path = format!("/odata/QueueItems({})?$expand=Robot", item["Id"]);
        let read = queues.get(&path).expect(200).json();
        assert_eq!(read["Robot"]["Name"], order["robot"]["name"]);
        let path = "/odata/QueueItems?$expand=Robot&$filter=Robot/Name eq 'nobody'";
        assert_eq!(queues.get(path).expect(200).json()["value"], json!([]));
        agent.report(&job, "Stopped", &json!({})).expect(204);
    });
}

#[test]
fn a_payload_is_delivered_to_a_suspended_job_once() {
    each_database(|server| {
        let place = Place::calc(server);
        let agent = place.connect("one");
        let started = place.start(&json!({ "a": 1 }));
        let (job, _) = agent.start();
        let inbox = "3f0c2b1a-7f0e-4f55-9d0e-0123456789ab";
        let waits = json!({ "triggers": [{ "triggerType": "Api", "itemKey": inbox }] });
        agent.report(&job, "Suspended", &waits).expect(204);
        let address = |name: &str| format!("/api/JobTriggers/{name}/{inbox}");
        let get = |token: &Value| {
            server
                .get(&address("GetPayload"))
                .bearer(token.as_str().unwrap())
                .send()
        };
        let deliver = |body: &Value| {
            let call = server.post(&address("DeliverPayload")).bearer(&place.token);
            call.folder(place.folder).json(body).send()
        };
        deliver(&json!({ "payload": { "ok": true } })).expect(202);
        deliver(&json!({ "payload": { "ok": false } })).expect(208);
        assert_eq!(place.job(&started)["State"], "Resumed");
        let (again, order) = agent.start();
        assert_eq!(get(&order["token"]).expect(200).json()["payload"]["ok"], true);
        // Scopes do not help where the operation names none.
        get(&json!(place.token)).expect(404);
        agent.report(&again, "Stopped", &json!({})).expect(204);
    });
}

#[test]
fn files_of_jobs_are_those_of_the_session_that_runs_them() {
    each_database(|server| {
        let place = Place::calc(server);
        let (agent, other) = (place.connect("one"), place.connect("two"));
        let started = place.start(&json!({ "a": 1 }));
        let (owner, stranger) = if agent.work()["start"] == json!([]) {
            (&other, &agent)
        } else {
            (&agent, &other)
        };
        let job = owner.given();
        let path = format!("File/{}?name=report.txt", job["job"].as_str().unwrap());
        // Nothing is taken for a job that was not accepted.
        owner.put(&path, b"too early").expect(404);
        owner.accept(&job).expect(200);
        stranger.put(&path, b"lie").expect(404);
        let stored = owner.put(&path, b"content").expect(200).json();
        let read = format!(
            "File/{}/{}",
            job["job"].as_str().unwrap(),
            stored["id"].as_str().unwrap()
        );
        assert_eq!(owner.get(&read).expect(200).text(), "content");
        stranger.get(&read).expect(404);
        owner
            .get(&format!(
                "File/{}/{}",
                job["job"].as_str().unwrap(),
                uuid::Uuid::from_u128(5)
            ))
            .expect(404);
        owner
            .report(&job, "Successful", &json!({ "outputFile": uuid::Uuid::from_u128(5) }))
            .expect(400);
        let media = format!("Media/{}", job["job"].as_str().unwrap());
        stranger.put(&media, b"PK").expect(404);
        owner.put(&media, b"PK").expect(204);
        owner.put(&media, b"PK the second").expect(204);
        owner
            .report(
                &job,
                "Faulted",
                &json!({ "outputFile": stored["id"], "info": "broken" }),
            )
            .expect(204);
        let ended = place.job(&started);
        assert_eq!(
            (&ended["State"], &ended["OutputFile"]),
            (&json!("Faulted"), &stored["id"])
        );
        let download = format!(
            "/odata/ExecutionMedia/UiPath.Server.Configuration.OData.DownloadMediaByJobId(jobId={})",
            started["Id"]
        );
        let got = server.get(&download).bearer(&place.token).folder(place.folder).send();
        assert_eq!(got.expect(200).text(), "PK the second");
    });
}

//! Storing log entries: who may, what is kept, what is refused.

use execution::jobs::model::JobState;
use execution::logs::service::{Source, append, forget};
use execution::machines::model::RuntimeType;
use serde_json::json;
use testkit::each_database;
use uuid::Uuid;

use crate::access_support::{self, eventually};
use crate::logs_support::{LOGS, Place, SUBMIT, entry, write};
use crate::queues_support::look;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

#[test]
fn an_entry_is_kept_whole_and_shown_with_what_its_job_says() {
    each_database(|server| {
        let place = Place::of(server);
        let job = place.job("Invoices", 1, JobState::Running);
        let raw = entry(
            job,
            "2026-01-18T14:46:07.4152893+02:00",
            "Information",
            "It's 100 % done",
        )
        .to_string();
        place.post(SUBMIT, &json!([raw])).expect(200);
        let row = place.logs("$count=true");
        assert_eq!(row["@odata.count"], 1);
        let row = &row["value"][0];
        assert_eq!(row["TimeStamp"], "2026-01-18T12:46:07.415289Z");
        let told = [
            "Level",
            "Message",
            "ProcessName",
            "RobotName",
            "HostMachineName",
            "WindowsIdentity",
            "RuntimeType",
        ];
        let told = told.map(|name| row[name].as_str().unwrap_or_default());
        assert_eq!(
            told,
            [
                "Info",
                "It's 100 % done",
                "Invoices",
                "R1",
                "HOST-1",
                "HOST\\robot",
                "Unattended"
            ]
        );
        assert_eq!(row["JobKey"], job.to_string());
        assert_eq!(row["RawMessage"], raw);
        assert!(
            row["MachineId"].is_null() && row["MachineKey"].is_null() && row["Id"].as_i64().unwrap() > 0,
            "{row}"
        );
        let slim = place.logs("$select=Level,JobKey");
        let slim = slim["value"][0].as_object().unwrap();
        assert_eq!(slim.keys().collect::<Vec<_>>().len(), 2, "{slim:?}");
    });
}

#[test]
fn one_entry_can_be_sent_as_an_object_or_as_text() {
    each_database(|server| {
        let place = Place::of(server);
        let job = place.job("P", 1, JobState::Running);
        let one = entry(job, "2026-01-01T00:00:00Z", "Error", "first");
        place.post("/api/Logs", &one).expect(200);
        let two = entry(job, "2026-01-01T00:00:01Z", "Critical", "second");
        place.post("/api/Logs", &json!(two.to_string())).expect(200);
        assert_eq!(place.messages("$filter=Level ge '4'"), ["second", "first"]);
        place.post(SUBMIT, &json!([])).expect(200);
    });
}

#[test]
fn a_call_with_a_wrong_entry_stores_nothing_and_says_which_it_is() {
    each_database(|server| {
        let place = Place::of(server);
        let job = place.job("P", 1, JobState::Running);
        let good = entry(job, "2026-01-01T00:00:00Z", "Info", "good").to_string();
        let unknown = entry(Uuid::from_u128(7), "2026-01-01T00:00:00Z", "Info", "x").to_string();
        let no_job = json!({"message": "x"}).to_string();
        for (wrong, said) in [
            (json!("no json"), "Log entry 1 is not the JSON text of an object"),
            (json!(r#"{"jobId":"7"}"#), "Log entry 1 has a jobId that is not a GUID"),
            (json!(no_job), "Log entry 1 has no jobId"),
            (json!(unknown), "Log entry 1 belongs to a job that does not exist"),
            (
                json!(r#"{"timeStamp":"noon"}"#),
                "Log entry 1 has a timeStamp that is not a time",
            ),
            (json!(7), "array of texts"),
            (json!(null), "array of texts"),
        ] {
            let refused = place.post(SUBMIT, &json!([good, wrong])).expect(400).json();
            assert!(refused["message"].as_str().unwrap().contains(said), "{said}: {refused}");
        }
        place.post(SUBMIT, &json!({"a": 1})).expect(400);
        place.post(SUBMIT, &json!(vec!["{}"; 10_001])).expect(400);
        server.post(SUBMIT).bearer(&place.token).send().expect(400);
        server
            .post("/api/Logs")
            .bearer(&place.token)
            .bytes("application/json", *b"\xff\xfe")
            .send()
            .expect(400);
        assert_eq!(place.logs("$count=true")["@odata.count"], 0);
    });
}

#[test]
fn only_those_may_write_who_hold_the_right_in_the_folder_of_the_job() {
    each_database(|server| {
        let place = Place::of(server);
        let other = access_support::id(&access_support::folder(server, "Other", None));
        let here = place.job("P", 1, JobState::Running);
        let there = place.in_folder(other).job("P", 2, JobState::Running);
        let user = create_user(server, "writer");
        let id = assign_tenant_role(server, &user.id, "DirectoryUser", "Allow to be Automation User");
        assign_folder_role(server, id, place.folder, "Automation User");
        let token = access_support::user_token(server, &user);
        let send = |job: Uuid| {
            let text = entry(job, "2026-01-01T00:00:00Z", "Info", "mine").to_string();
            server.post(SUBMIT).bearer(&token).json(&json!([text])).send()
        };
        send(here).expect(200);
        let refused = send(there).expect(400).json();
        assert!(
            refused["message"].as_str().unwrap().contains("does not exist"),
            "{refused}"
        );
        let reading = server.token("OR.Monitoring.Read");
        let text = entry(here, "2026-01-01T00:00:00Z", "Info", "x").to_string();
        server
            .post(SUBMIT)
            .bearer(&reading)
            .json(&json!([text]))
            .send()
            .expect(403);
        server.post(SUBMIT).json(&json!([text])).send().expect(401);
        assert_eq!(place.messages(""), ["mine"]);
        assert_eq!(place.in_folder(other).messages(""), Vec::<String>::new());
    });
}

#[test]
fn a_robot_may_send_entries_again() {
    each_database(|server| {
        let place = Place::of(server);
        let job = place.job("P", 1, JobState::Running);
        let logs = server.app.state::<execution::logs::Logs>().unwrap();
        let folder = place.folder;
        let send = |stored: u64, first: u64, texts: &[&str]| {
            let entries: Vec<String> = (0..)
                .zip(texts)
                .map(|(at, text)| entry(job, &format!("2026-01-01T00:00:{:02}Z", first + at), "Info", text).to_string())
                .collect();
            let (told, ctx) = (logs.told.clone(), server.app.system());
            write(server, move |scope| {
                let source = Source {
                    job,
                    folder,
                    process: "P".to_owned(),
                    robot: Some("robot".to_owned()),
                    host: None,
                    identity: None,
                    machine: None,
                    runtime: RuntimeType::Unattended,
                    stored,
                };
                append(scope, &ctx, &told, &source, first, &entries)
            })
        };
        assert_eq!(send(0, 0, &["a", "b"]), 2);
        assert_eq!(send(2, 0, &["a", "b"]), 2);
        assert_eq!(send(2, 1, &["b", "c", "d"]), 4);
        assert_eq!(send(4, 6, &["g"]), 7);
        assert_eq!(send(7, 7, &[]), 7);
        assert_eq!(place.messages("$orderby=TimeStamp asc"), ["a", "b", "c", "d", "g"]);
        assert_eq!(place.logs("")["value"][0]["RobotName"], "robot");
    });
}

#[test]
fn entries_go_when_their_time_is_over_or_their_job_is_gone() {
    each_database(|server| {
        let place = Place::of(server);
        let (kept, gone) = (
            place.job("P", 1, JobState::Running),
            place.job("P", 1, JobState::Running),
        );
        let now = server.app.clock().now();
        let old = now - jiff::SignedDuration::from_hours(30 * 24 + 1);
        let many: Vec<(&str, &str)> = vec![("Info", "old"); 600];
        place.submit(kept, &(old - jiff::SignedDuration::from_secs(600)).to_string(), &many);
        place.submit(kept, &now.to_string(), &[("Info", "new"), ("Error", "failed")]);
        place.submit(gone, &now.to_string(), &vec![("Warn", "gone"); 600]);
        assert_eq!(place.logs("$count=true&$top=0")["@odata.count"], 1_202);
        write(server, move |scope| forget(scope, &[gone]));
        eventually(|| {
            look(server, "logs-retention");
            (place.logs("$count=true&$top=0")["@odata.count"] == 2).then_some(())
        });
        assert_eq!(place.messages("$orderby=TimeStamp"), ["new", "failed"]);
        let total = |filter: &str| {
            let path = format!("{LOGS}/UiPath.Server.Configuration.OData.GetTotalCount?{filter}");
            place.get(&path).expect(200).json()["value"].clone()
        };
        assert_eq!((total(""), total("$filter=Level eq 'Warn'")), (json!(2), json!(0)));
    });
}

//! Numbers about jobs and robots: tag Stats, monitoring pages, homes.

use execution::jobs::model::JobState;
use execution::sessions::model::{MaintenanceMode, Platform, Session, SessionState};
use execution::statistics::history::{self, Frame};
use execution::statistics::tally::{self, Delta};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{Json, params};
use testkit::{Server, each_database};

use crate::access_support::{self, id};
use crate::logs_support::{Place, write};
use crate::queues_support::look;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const JOBS: &str = "/api/Stats/GetJobsStats";
const SESSIONS: &str = "/api/Stats/GetSessionsStats";
const COUNTS: &str = "/api/Stats/GetCountStats";

/// Titles and numbers of an answer; `None` where the caller may not know.
fn numbers(answer: &Value) -> Vec<(String, Option<i64>)> {
    answer
        .as_array()
        .unwrap()
        .iter()
        .map(|stat| {
            let count = stat["count"].as_i64().unwrap();
            let may = stat["hasPermissions"].as_bool().unwrap();
            (stat["title"].as_str().unwrap().to_owned(), may.then_some(count))
        })
        .collect()
}

fn check(answer: &Value, expected: &[(&str, Option<i64>)]) {
    let expected: Vec<(String, Option<i64>)> = expected
        .iter()
        .map(|(title, count)| ((*title).to_owned(), *count))
        .collect();
    assert_eq!(numbers(answer), expected);
}

#[test]
fn jobs_are_counted_by_how_they_ended_in_the_folders_within_reach() {
    each_database(|server| {
        let place = Place::of(server);
        let other = place.in_folder(id(&access_support::folder(server, "Other", None)));
        for state in [
            JobState::Successful,
            JobState::Successful,
            JobState::Faulted,
            JobState::Running,
        ] {
            place.job("P", 1, state);
        }
        for state in [JobState::Stopped, JobState::Faulted] {
            other.job("Q", 2, state);
        }
        let all = server.get(JOBS).bearer(&place.token).send().expect(200).json();
        check(
            &all,
            &[("Successful", Some(2)), ("Faulted", Some(2)), ("Canceled", Some(1))],
        );
        check(
            &other.get(JOBS).expect(200).json(),
            &[("Successful", Some(0)), ("Faulted", Some(1)), ("Canceled", Some(1))],
        );
        let user = create_user(server, "watcher");
        let known = assign_tenant_role(server, &user.id, "DirectoryUser", "Allow to be Automation User");
        let token = access_support::user_token(server, &user);
        server.get(JOBS).bearer(&token).send().expect(403);
        assign_folder_role(server, known, other.folder, "Automation User");
        let seen = server.get(JOBS).bearer(&token).send().expect(200).json();
        check(
            &seen,
            &[("Successful", Some(0)), ("Faulted", Some(1)), ("Canceled", Some(1))],
        );
        server.get(JOBS).bearer(&server.token("OR.Jobs")).send().expect(403);
    });
}

#[test]
fn things_are_counted_as_far_as_the_caller_may_see_them() {
    each_database(|server| {
        let place = Place::of(server);
        let asset = json!({"Name": "a", "ValueScope": "Global", "ValueType": "Text", "StringValue": "x"});
        let token = server.token("OR.Assets OR.Queues");
        server
            .post("/odata/Assets")
            .bearer(&token)
            .folder(place.folder)
            .json(&asset)
            .send()
            .expect(201);
        for name in ["one", "two"] {
            let queue = json!({"Name": name});
            server
                .post("/odata/QueueDefinitions")
                .bearer(&token)
                .folder(place.folder)
                .json(&queue)
                .send()
                .expect(201);
        }
        let all = server.get(COUNTS).bearer(&place.token).send().expect(200).json();
        check(
            &all,
            &[
                ("Processes", Some(0)),
                ("Assets", Some(1)),
                ("Queues", Some(2)),
                ("Schedules", Some(0)),
            ],
        );
        let other = place.in_folder(id(&access_support::folder(server, "Other", None)));
        check(
            &other.get(COUNTS).expect(200).json(),
            &[
                ("Processes", Some(0)),
                ("Assets", Some(0)),
                ("Queues", Some(0)),
                ("Schedules", Some(0)),
            ],
        );
        let user = create_user(server, "nobody");
        let token = access_support::user_token(server, &user);
        let hidden = server.get(COUNTS).bearer(&token).send().expect(200).json();
        check(
            &hidden,
            &[
                ("Processes", None),
                ("Assets", None),
                ("Queues", None),
                ("Schedules", None),
            ],
        );
        server.get(COUNTS).send().expect(401);
    });
}

/// A machine with one runtime.
fn machine(server: &Server) -> i64 {
    let body = json!({"Name": "machine", "UnattendedSlots": 1});
    let token = server.token("OR.Machines");
    id(&server
        .post("/odata/Machines")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(201)
        .json())
}

/// A session that was heard of so many seconds ago and has so many jobs.
fn session(server: &Server, machine: i64, silent: i64, connected: bool, used: i64) -> i64 {
    let now = server.app.clock().now();
    let (key, installation) = (server.app.system().id(), server.app.system().id());
    write(server, move |scope| {
        let session = Session {
            id: 0,
            key,
            machine_id: machine,
            installation_id: installation,
            host_name: "host-7".to_owned(),
            service_user_name: "robot".to_owned(),
            version: "1.0".to_owned(),
            platform: Platform::Linux,
            runtimes: Json(vec!["command".to_owned()]),
            connected,
            epoch: 1,
            reported_at: now - SignedDuration::from_secs(silent),
            silence_noticed: false,
            maintenance: MaintenanceMode::Default,
            debug_until: None,
            used,
            slots_limit: None,
            created_at: now,
            machine_name: String::new(),
            state: SessionState::Available,
        };
        Ok(scope.insert(&session)?)
    })
}

#[test]
fn robots_are_counted_by_whether_they_are_there_and_busy() {
    each_database(|server| {
        let place = Place::of(server);
        let machine = machine(server);
        session(server, machine, 0, true, 0);
        session(server, machine, 120, true, 0);
        let busy = session(server, machine, 60, true, 1);
        session(server, machine, 121, true, 1);
        session(server, machine, 0, false, 0);
        session(server, machine, 999, false, 0);
        let job = place.job("P", 1, JobState::Running);
        write(server, move |scope| {
            scope.execute(
                "update jobs set session_id = ? where {scope} and key = ?",
                params![busy, job],
            )?;
            Ok(())
        });
        let told = server.get(SESSIONS).bearer(&place.token).send().expect(200).json();
        check(
            &told,
            &[
                ("Available", Some(2)),
                ("Busy", Some(1)),
                ("Disconnected", Some(2)),
                ("Unresponsive", Some(1)),
            ],
        );
        let licences = server
            .get("/api/Stats/GetLicenseStats?days=7")
            .bearer(&place.token)
            .send()
            .expect(200)
            .json();
        assert_eq!(licences.as_array().unwrap().len(), 1, "{licences}");
        assert_eq!(
            (licences[0]["robotType"].as_str(), licences[0]["count"].as_i64()),
            (Some("Unattended"), Some(1))
        );
        let consumed = "/api/Stats/GetConsumptionLicenseStats";
        assert_eq!(
            server.get(consumed).bearer(&place.token).send().expect(200).json(),
            json!([])
        );
        server
            .get(&format!("{consumed}?days=x"))
            .bearer(&place.token)
            .send()
            .expect(400);
        server
            .get(&format!("{consumed}?days=-1"))
            .bearer(&place.token)
            .send()
            .expect(400);
    });
}

#[test]
fn numbers_over_time_remain_when_jobs_go_and_the_hours_are_forgotten_after_eight_days() {
    each_database(|server| {
        let place = Place::of(server);
        place.job("P", 1, JobState::Successful);
        let folder = place.folder;
        let now = server.app.clock().now();
        write(server, move |scope| {
            let gone = Delta {
                folder,
                release: 1,
                machine: Some(7),
                from: Some(JobState::Successful),
                to: None,
                micros: 0,
            };
            tally::count(scope, &[gone], now)
        });
        let all = server.get(JOBS).bearer(&place.token).send().expect(200).json();
        check(
            &all,
            &[("Successful", Some(0)), ("Faulted", Some(0)), ("Canceled", Some(0))],
        );
        let ended = |frame: Frame| {
            let now = server.app.clock().now();
            write(server, move |scope| {
                let steps = history::over_time(scope, &context::Reach::All, frame, now)?;
                Ok((steps.len(), steps.iter().map(|(_, past)| past.ended()).sum::<i64>()))
            })
        };
        assert_eq!(
            (ended(Frame::Day), ended(Frame::Week), ended(Frame::Month)),
            ((24, 1), (7, 1), (30, 1))
        );
        server.clock.advance(9 * 86_400);
        look(server, "job-statistics");
        assert_eq!((ended(Frame::Day), ended(Frame::Month)), ((24, 0), (30, 1)));
        let rows = |span: i64| {
            write(server, move |scope| {
                let sql = "select count(*) from job_times where {scope} and span = ?";
                Ok(scope.row(sql, params![span])?.unwrap().get::<i64>(0)?)
            })
        };
        assert_eq!((rows(0), rows(1)), (0, 2));
    });
}

#[test]
fn homes_and_monitoring_pages_show_the_numbers_to_those_who_may_see_them() {
    each_database(|server| {
        let place = Place::of(server);
        let browser = server.admin_session();
        let tenant = "/console/default/tenants/Default";
        let folder = format!("{tenant}/folders/{}", place.folder);
        for (path, said) in [
            (format!("{tenant}/monitoring"), "Jobs by how they ended"),
            (format!("{tenant}/monitoring/processes"), "No process ran in this time."),
            (format!("{tenant}/monitoring/machines"), "No robot was connected yet"),
        ] {
            assert!(browser.get(&path).expect(200).text().contains(said), "{path}");
        }
        place.job("P", 1, JobState::Faulted);
        session(server, 1, 0, true, 0);
        for home in [tenant, &folder] {
            let page = browser.get(home).expect(200).text();
            assert!(
                page.contains("Jobs by how they ended") && page.contains("Disconnected"),
                "{page}"
            );
        }
        let jobs = browser
            .get(&format!("{folder}/monitoring?time=month"))
            .expect(200)
            .text();
        assert!(jobs.contains("<td>Faulted</td><td class=\"numeric\">1</td>"), "{jobs}");
        let processes = browser
            .get(&format!("{folder}/monitoring/processes"))
            .expect(200)
            .text();
        assert!(
            processes.contains("Deleted (1)") && processes.contains("2.0 s"),
            "{processes}"
        );
        let machines = browser
            .get(&format!("{folder}/monitoring/machines?time=nonsense"))
            .expect(200)
            .text();
        assert!(
            machines.contains("host-7") && machines.contains("Deleted (7)"),
            "{machines}"
        );
        let user = create_user(server, "stranger");
        let session = user.session(server);
        session.get(&format!("{tenant}/monitoring")).expect(403);
        let home = session.get(tenant).expect(200).text();
        assert!(
            !home.contains("Jobs by how they ended") && !home.contains("Disconnected"),
            "{home}"
        );
    });
}

//! What the tests of triggers share: a process that could run, and what its triggers did.

use std::time::{Duration, Instant};

use context::Error;
use execution::jobs::model::{Job, JobState};
use execution::jobs::step::{self, By};
use execution::jobs::transition::Event;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::params;
use testkit::{Answer, Call, Server};

use crate::fleet_support::Fleet;
use crate::packages_support::{publish, python_package};
use crate::queues_support::look;

pub const SET: &str = "/odata/ProcessSchedules";
pub const HTTP: &str = "/odata/HttpTriggers";
const SCOPES: &str = "OR.Jobs OR.Execution OR.Queues OR.Settings OR.Folders OR.Machines OR.Monitoring";

/// The folder `Shared` with a process, and a token that may do everything with its triggers.
pub struct Triggers<'a> {
    pub server: &'a Server,
    pub token: String,
    pub folder: i64,
    pub release: i64,
    pub release_key: String,
}

impl<'a> Triggers<'a> {
    /// With a machine and an account that could run jobs; no host is connected, so jobs stay pending.
    pub fn of(server: &'a Server) -> Self {
        let triggers = Self::without_robots(server);
        let fleet = Fleet::of(server);
        fleet.machine("Floor", 3, triggers.folder);
        fleet.robot("worker", triggers.folder);
        triggers
    }

    /// Only the process.
    pub fn without_robots(server: &'a Server) -> Self {
        publish(server, &python_package("calc", "1.0.0"));
        let (token, folder) = (server.token(SCOPES), server.shared_folder());
        let body =
            json!({ "Name": "Calc", "ProcessKey": "calc", "ProcessVersion": "1.0.0", "InputArguments": "{\"a\":1}" });
        let release = server
            .post("/odata/Releases")
            .bearer(&token)
            .folder(folder)
            .json(&body)
            .send();
        let release = release.expect(201).json();
        Self {
            server,
            token,
            folder,
            release: release["Id"].as_i64().unwrap(),
            release_key: release["Key"].as_str().unwrap().to_owned(),
        }
    }

    /// A call with a token that is good now: these tests move the clock by days.
    fn call(&self, method: Method, path: &str) -> Call<'a> {
        let token = self.server.token(SCOPES);
        self.server.call(method, path).bearer(&token).folder(self.folder)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path).json(body).send()
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path).json(body).send()
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send()
    }

    /// The body of a trigger that fires at nine every day, with these members besides.
    pub fn body(&self, more: &Value) -> Value {
        let mut body = json!({
            "Name": "T", "ReleaseId": self.release, "TimeZoneId": "UTC", "StartProcessCron": "1 0 9 ? * *",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    pub fn try_create(&self, more: &Value) -> Answer {
        self.post(SET, &self.body(more))
    }

    #[track_caller]
    pub fn create(&self, more: &Value) -> Value {
        self.try_create(more).expect(201).json()
    }

    #[track_caller]
    pub fn read(&self, trigger: &Value) -> Value {
        self.get(&format!("{SET}({})", trigger["Id"])).expect(200).json()
    }

    /// When a trigger fires next.
    #[track_caller]
    pub fn next(&self, trigger: &Value) -> Timestamp {
        let read = self.read(trigger);
        read["StartProcessNextOccurrence"].as_str().unwrap().parse().unwrap()
    }

    /// Moves the clock to the next firing of a trigger and lets the server look.
    #[track_caller]
    pub fn fire(&self, trigger: &Value) {
        self.fire_late(trigger, 0);
    }

    /// The same some seconds after its time.
    #[track_caller]
    pub fn fire_late(&self, trigger: &Value, late: i64) {
        let seconds = self.next(trigger).as_second() - self.now().as_second();
        self.server.clock.advance(seconds + late);
        look(self.server, "triggers");
    }

    pub fn now(&self) -> Timestamp {
        self.server.app.clock().now()
    }

    /// What happened to a trigger: reasons, newest first.
    #[track_caller]
    pub fn history(&self, trigger: &Value) -> Vec<String> {
        let path = "/odata/TriggerLogs/UiPath.Server.Configuration.OData.GetByTriggerKey";
        let key = trigger["Key"].as_str().unwrap();
        let page = self.get(&format!("{path}(triggerKey={key})")).expect(200).json();
        let rows = page["value"].as_array().unwrap();
        rows.iter()
            .map(|row| row["Reason"].as_str().unwrap().to_owned())
            .collect()
    }

    /// All jobs, oldest first.
    pub fn jobs(&self) -> Vec<Job> {
        let found = self
            .server
            .app
            .store()
            .read(|tx| Ok::<_, Error>(tx.tenant(1).find::<Job>("1 = 1 order by id", params![])?));
        self.server.run(found).unwrap()
    }

    /// Has queues looked at until there are so many jobs. What is told of items and ends reaches the server's watchers a moment later
    /// on PostgreSQL.
    #[track_caller]
    pub fn jobs_of_signals(&self, count: usize) -> Vec<Job> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            look(self.server, "trigger-signals");
            let jobs = self.jobs();
            if jobs.len() >= count || Instant::now() > until {
                assert_eq!(jobs.len(), count);
                return jobs;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets a job that waits run and end.
    pub fn end(&self, job: &Job, event: Event, output: Option<&str>) {
        let (id, ctx, output) = (job.id, self.server.app.system(), output.map(str::to_owned));
        let work = self.server.app.store().write_locking(move |tx| {
            let mut scope = tx.tenant(1);
            let mut job = scope.lock::<Job>(id)?.unwrap();
            let by = By::default();
            if job.state == JobState::Pending && event != Event::Stop {
                step::step(&mut scope, &ctx, &mut job, Event::Accept, &by)?;
            }
            job.output.clone_from(&output);
            step::step(&mut scope, &ctx, &mut job, event, &by)
        });
        self.server.run(work).unwrap();
    }

    /// Ends all jobs that wait.
    pub fn end_all(&self, event: Event) {
        for job in self.jobs() {
            if job.state == JobState::Pending {
                self.end(&job, event, None);
            }
        }
    }
}

/// An action bound to the set of triggers.
pub fn bound(name: &str) -> String {
    format!("{SET}/UiPath.Server.Configuration.OData.{name}")
}

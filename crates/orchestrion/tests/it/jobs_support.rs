//! What tests of jobs share: a folder with a process, a machine and an account, and the real robot.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Answer, Server};

use crate::agent_support::Agent;
use crate::clients_unchanged::installed;
use crate::fleet_support::{Fleet, Machine};
use crate::packages_support::{Feed, publish, python_package};

const SCOPES: &str = "OR.Jobs OR.Execution OR.Monitoring";
const START: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";

/// A folder with a process, a machine with two slots and an account with a robot.
pub struct Place<'a> {
    pub server: &'a Server,
    pub token: String,
    pub folder: i64,
    pub release: String,
    pub machine: Machine,
}

impl<'a> Place<'a> {
    pub fn calc(server: &'a Server) -> Self {
        publish(server, &python_package("calc", "1.0.0"));
        Self::of(server, "calc")
    }

    /// With a process of version 1.0.0 of a package that is there.
    pub fn of(server: &'a Server, id: &str) -> Self {
        let (token, folder) = (server.token(SCOPES), server.shared_folder());
        let fleet = Fleet::of(server);
        let machine = fleet.machine("Floor", 2, folder);
        fleet.robot("worker", folder);
        let body = json!({ "Name": id, "ProcessKey": id, "ProcessVersion": "1.0.0" });
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
            release: release["Key"].as_str().unwrap().to_owned(),
            machine,
        }
    }

    pub fn connect(&self, host: &str) -> Agent<'a> {
        Agent::connect(self.server, &self.machine.client, &self.machine.secret, host)
    }

    pub fn try_start(&self, more: &Value) -> Answer {
        let mut info = json!({ "ReleaseKey": self.release, "JobsCount": 1 });
        info.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let call = self.server.post(START).bearer(&self.token).folder(self.folder);
        call.json(&json!({ "startInfo": info })).send()
    }

    #[track_caller]
    pub fn start(&self, input: &Value) -> Value {
        let started = self
            .try_start(&json!({ "InputArguments": input.to_string() }))
            .expect(201)
            .json();
        started["value"][0].clone()
    }

    #[track_caller]
    pub fn job(&self, job: &Value) -> Value {
        let path = format!("/odata/Jobs({})", job["Id"]);
        self.server
            .get(&path)
            .bearer(&self.token)
            .folder(self.folder)
            .send()
            .expect(200)
            .json()
    }

    /// Messages of a job, the oldest first.
    #[track_caller]
    pub fn messages(&self, job: &Value) -> Vec<String> {
        let key = job["Key"].as_str().unwrap();
        let path = format!("/odata/RobotLogs?$filter=JobKey eq {key}&$orderby=TimeStamp");
        let page = self
            .server
            .get(&path)
            .bearer(&self.token)
            .folder(self.folder)
            .send()
            .expect(200)
            .json();
        let rows = page["value"].as_array().unwrap();
        rows.iter()
            .map(|row| row["Message"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn stop(&self, job: &Value, strategy: &str) -> Answer {
        let path = format!("/odata/Jobs({})/UiPath.Server.Configuration.OData.StopJob", job["Id"]);
        let call = self.server.post(&path).bearer(&self.token).folder(self.folder);
        call.json(&json!({ "strategy": strategy })).send()
    }

    /// Waits until a job has ended.
    #[track_caller]
    pub fn ended(&self, job: &Value) -> Value {
        let until = Instant::now() + Duration::from_secs(300);
        loop {
            let now = self.job(job);
            if ["Successful", "Faulted", "Stopped"].contains(&now["State"].as_str().unwrap()) {
                return now;
            }
            assert!(Instant::now() < until, "it does not end: {now}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The real robot, ended with the test.
pub struct Robot {
    process: Child,
}

impl Robot {
    /// With a directory for its data and more options.
    pub fn run(place: &Place<'_>, data: &Path, options: &[&str]) -> Self {
        let process = Self::command(place, data).args(options).spawn().unwrap();
        Self { process }
    }

    /// With both runtimes of the clients that were installed: `python3` is theirs, and packages come from their wheels.
    pub fn with_clients(place: &Place<'_>, data: &Path) -> Self {
        let clients = installed();
        let path = format!(
            "{}:{}",
            clients.join("venv/bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Self::command(place, data);
        command
            .env("PATH", path)
            .arg("--wheelhouse")
            .arg(clients.join("wheels"));
        Self {
            process: command.spawn().unwrap(),
        }
    }

    fn command(place: &Place<'_>, data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orchestrion"));
        command
            .args(["robot", "--log", "warn", "--server", &place.server.base()])
            .args(["--client-id", &place.machine.client, "--data", data.to_str().unwrap()])
            .env("ORCHESTRION_ROBOT_CLIENT_SECRET", &place.machine.secret)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Packs a directory as version 1.0.0 and uploads it.
pub fn pack(server: &Server, id: &str, directory: &Path, command: &[&str]) {
    let target = tempfile::tempdir().unwrap();
    let packed = Command::new(env!("CARGO_BIN_EXE_orchestrion"))
        .args(["robot", "pack", "--id", id, "--version", "1.0.0", "--output"])
        .arg(target.path())
        .arg(directory)
        .arg("--")
        .args(command)
        .output()
        .unwrap();
    assert!(packed.status.success(), "{packed:?}");
    let name = format!("{id}.1.0.0.nupkg");
    let bytes = std::fs::read(target.path().join(&name)).unwrap();
    Feed::of(server).upload(&[(&name, &bytes)]).expect(200);
}

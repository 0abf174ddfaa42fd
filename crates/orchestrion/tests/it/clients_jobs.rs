//! Jobs by clients that exist already: packages by the command line, both SDKs, Robot Framework; the real robot runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use testkit::{Server, each_database, require};

use crate::access_support::user_token;
use crate::clients_unchanged::{installed, run};
use crate::fleet_support::Fleet;
use crate::jobs_support::{Place, Robot, pack};
use crate::support::create_user;

/// Answers with what it is told, once or twice; or fails, or waits.
const ECHO: &str = r#"
import json, sys, time
arguments = json.load(open(sys.argv[1]))
print("said", len(arguments["say"]), "letters", flush=True)
if arguments["say"] == "fault":
    sys.exit("it went wrong")
if arguments["say"] == "wait":
    time.sleep(60)
json.dump({"say": arguments["say"] * (2 if arguments.get("twice") else 1)}, open(sys.argv[2], "w"))
"#;

/// A process of the command runtime, `echo`.
fn echo(server: &Server) -> Place<'_> {
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("main.py"), ECHO).unwrap();
    pack(
        server,
        "echo",
        source.path(),
        &["python3", "main.py", "{input}", "{output}"],
    );
    let place = Place::of(server, "echo");
    Place {
        token: server.token("OR.Jobs OR.Execution OR.Folders OR.Monitoring"),
        ..place
    }
}

#[test]
fn every_call_of_the_python_sdk_about_jobs() {
    each_database(|server| {
        let place = echo(server);
        let data = tempfile::tempdir().unwrap();
        let _robot = Robot::run(&place, data.path(), &["--runtimes", "command"]);
        let environment = [("TOKEN", place.token.as_str()), ("FOLDER", "Shared")];
        let Some(seen) = run(server, "sdk_jobs.py", &environment) else {
            return;
        };
        let expected = json!({
            "small": { "state": "Successful", "output": { "say": "hello" }, "file": false }, "large": 20_000, "fault": "Faulted",
            "unknown process": { "status": 404 }, "stop": null, "stopped": "Stopped", "restart": true, "stop again": null,
            "all stopped": ["Stopped"], "listed": 2, "exists": true, "does not exist": false, "name": "one.txt", "same": true,
            "link": null, "attached": true, "delete": null, "left": true, "gone": { "status": 404 },
        });
        assert_eq!(seen, expected);
    });
}

#[test]
fn every_call_of_the_typescript_sdk_about_processes_jobs_and_attachments() {
    each_database(|server| {
        let place = echo(server);
        let data = tempfile::tempdir().unwrap();
        let _robot = Robot::run(&place, data.path(), &["--runtimes", "command"]);
        let made = server
            .post("/odata/Attachments")
            .bearer(&place.token)
            .folder(place.folder)
            .json(&json!({ "Name": "a.txt" }))
            .send()
            .expect(201)
            .json();
        let (id, folder) = (made["Id"].as_str().unwrap(), place.folder.to_string());
        let address = made["BlobFileAccess"]["Uri"].as_str().unwrap();
        let path = address.strip_prefix(&server.base()).unwrap();
        server.put(path).bytes("text/plain", "body").send().expect(201);
        let environment = [
            ("TOKEN", place.token.as_str()),
            ("FOLDER_ID", &folder),
            ("ATTACHMENT", id),
        ];
        let Some(seen) = run(server, "sdk_jobs.mjs", &environment) else {
            return;
        };
        let expected = json!({
            "listed": ["echo"], "total": 1, "byId": true, "byName": true, "unknown": "NotFoundError", "state": "Successful",
            "output": { "say": "hello" }, "large": 18_000, "stopped": "Stopped", "restarted": true, "stoppedSoftly": "Stopped",
            "jobs": [1, true, 2], "none": 404, "attachment": ["a.txt", "body"],
        });
        assert_eq!(seen, expected);
    });
}

#[test]
fn robot_framework_runs_as_a_command() {
    if !is_installed("robot") {
        return;
    }
    each_database(|server| {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/robotframework");
        pack(server, "invoices", &example, &[]);
        let place = Place::of(server, "invoices");
        let data = tempfile::tempdir().unwrap();
        let _robot = Robot::with_clients(&place, data.path());
        let invoices = json!({ "invoices": [{ "number": "A-1", "amount": 40 }, { "number": "A-2", "amount": 2 }] });
        let job = place.start(&invoices);
        let ended = place.ended(&job);
        assert_eq!(
            (&ended["State"], &ended["OutputArguments"]),
            (&json!("Successful"), &json!("{\"total\":42}")),
            "{ended}"
        );
        let said = place.messages(&job);
        assert!(said.iter().any(|line| line.contains("invoice A-1: 40")), "{said:?}");
        let names = attachments(&place, &job);
        assert_eq!(names, ["log.html", "output.xml", "report.html"]);
        let faulted = place.ended(&place.start(&json!({ "invoices": [] })));
        assert_eq!(faulted["State"], "Faulted");
        assert!(faulted["Info"].as_str().unwrap().contains("exit code 1"), "{faulted}");
        place
            .try_start(&json!({ "InputArguments": "{\"invoices\": 3}" }))
            .expect(400);
    });
}

/// Names of the attachments of a job.
fn attachments(place: &Place<'_>, job: &Value) -> Vec<String> {
    let path = format!(
        "/api/JobAttachments/GetByJobKey?jobKey={}",
        job["Key"].as_str().unwrap()
    );
    let token = place.server.token("OR.Jobs.Read OR.Folders.Read");
    let listed = place.server.get(&path).bearer(&token).folder(place.folder).send();
    let listed = listed.expect(200).json();
    let mut names: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["attachmentName"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Whether a program of the clients is there.
fn is_installed(name: &str) -> bool {
    let there = client(name).exists();
    if !there {
        require::skipped(name, "run crates/orchestrion/tests/clients/install first");
    }
    there
}

fn client(name: &str) -> PathBuf {
    installed().join("venv/bin").join(name)
}

/// Somebody with a personal workspace in which jobs can run, and their token.
fn workspace(server: &Server) -> (Place<'_>, String) {
    let fleet = Fleet::of(server);
    let owner = create_user(server, "ann");
    let body = json!({
        "DirectoryIdentifier": owner.id, "Domain": "autogen", "Type": "DirectoryUser", "RolesList": [],
        "MayHaveUnattendedSession": true, "MayHaveRobotSession": true, "MayHavePersonalWorkspace": true,
        "UnattendedRobot": { "CredentialType": "NoCredential" },
    });
    fleet.post("/odata/Users", &body).expect(201);
    let token = user_token(server, &owner);
    let current = "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentUserExtended?$expand=PersonalWorkspace";
    let current = server.get(current).bearer(&token).send().expect(200).json();
    let folder = current["PersonalWorkspace"]["Id"].as_i64().unwrap();
    let machine = fleet.machine("Floor", 1, folder);
    let asset = json!({ "Name": "who", "ValueScope": "Global", "ValueType": "Text", "StringValue": "the asset" });
    server
        .post("/odata/Assets")
        .bearer(&token)
        .folder(folder)
        .json(&asset)
        .send()
        .expect(201);
    server
        .post("/odata/QueueDefinitions")
        .bearer(&token)
        .folder(folder)
        .json(&json!({ "Name": "work" }))
        .send()
        .expect(201);
    let place = Place {
        server,
        token: token.clone(),
        folder,
        release: String::new(),
        machine,
    };
    (place, token)
}

/// The job that was started last.
fn newest(place: &Place<'_>) -> Value {
    let path = "/odata/Jobs?$orderby=Id desc&$top=1";
    let listed = place.server.get(path).bearer(&place.token).folder(place.folder).send();
    listed.expect(200).json()["value"][0].clone()
}

/// A project of the Python command line, and somebody's token.
struct Project<'a> {
    server: &'a Server,
    directory: &'a Path,
    token: String,
}

impl Project<'_> {
    fn uipath(&self, arguments: &[&str]) -> Output {
        Command::new(client("uipath"))
            .args(arguments)
            .current_dir(self.directory)
            .env("UIPATH_URL", format!("{}/default/Default", self.server.base()))
            .env("UIPATH_ACCESS_TOKEN", &self.token)
            .env("UIPATH_TELEMETRY_ENABLED", "false")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.uipath(arguments);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }
}

const MAIN: &str = r#"
import logging
from dataclasses import dataclass

from uipath.platform import UiPath


@dataclass
class Input:
    name: str


@dataclass
class Output:
    greeting: str


def main(input: Input) -> Output:
    logging.getLogger(__name__).info("greeting %s", input.name)
    print("printed for", input.name)
    if input.name == "nobody":
        raise ValueError("nobody is there")
    UiPath().queues.create_transaction_item({"Name": "work", "SpecificContent": {"greet": input.name}})
    # The job's own credential, in the job's folder.
    who = UiPath().assets.retrieve("who").string_value
    return Output(greeting=f"hello {input.name} from {who}")
"#;

#[test]
fn what_the_python_command_line_packs_publishes_and_invokes_runs_on_a_robot() {
    if !is_installed("uipath") {
        return;
    }
    // Both databases use the environment that the first job has made.
    let data = tempfile::tempdir().unwrap();
    each_database(|server| {
        let directory = tempfile::tempdir().unwrap();
        let (place, owner) = workspace(server);
        let project = Project {
            server,
            directory: directory.path(),
            token: owner,
        };
        project.succeeds(&["new", "greeter", "--type", "function"]);
        fs::write(directory.path().join("main.py"), MAIN).unwrap();
        project.succeeds(&["init"]);
        project.succeeds(&["pack", "--nolock"]);
        project.succeeds(&["publish", "--my-workspace"]);
        let again = project.uipath(&["publish", "--my-workspace"]);
        assert!(!again.status.success(), "a version is published once");
        let _robot = Robot::with_clients(&place, data.path());
        let said = project.succeeds(&["invoke", "main", "{\"name\": \"Ada\"}"]);
        assert!(said.contains("Job started successfully"), "{said}");
        let job = newest(&place);
        let ended = place.ended(&job);
        assert_eq!(
            (&ended["State"], &ended["OutputArguments"]),
            (
                &json!("Successful"),
                &json!("{\"greeting\":\"hello Ada from the asset\"}")
            ),
            "{ended}"
        );
        let taken = server.get("/odata/QueueItems?$expand=Robot").bearer(&place.token);
        let taken = taken.folder(place.folder).send().expect(200).json();
        assert_eq!(taken["value"][0]["Robot"]["Name"], "ann-unattended", "{taken}");
        assert_eq!(taken["value"][0]["ExecutorJobKey"], job["Key"], "{taken}");
        let said = place.messages(&job);
        for expected in ["greeting Ada", "printed for Ada"] {
            assert!(said.iter().any(|line| line.contains(expected)), "{said:?}");
        }
        project.succeeds(&["invoke", "main", "{\"name\": \"nobody\"}"]);
        let job = newest(&place);
        let ended = place.ended(&job);
        assert_eq!(ended["State"], "Faulted");
        assert!(ended["Info"].as_str().unwrap().contains("nobody is there"), "{ended}");
        let refused = project.uipath(&["invoke", "main", "{\"name\": 7}"]);
        assert!(!refused.status.success(), "{refused:?}");
    });
}

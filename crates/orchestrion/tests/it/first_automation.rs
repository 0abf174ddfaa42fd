//! `docs/first-automation.md`, every command as it is written.

use std::process::{Command, Stdio};

use testkit::require;

use crate::clients_unchanged::installed;

const GUIDE: &str = include_str!("../../../../docs/first-automation.md");
/// From here on the Python command line is needed.
const PYTHON: &str = "## 7.";

#[test]
fn the_guide_leads_to_a_finished_job() {
    let directory = tempfile::tempdir().unwrap();
    let clients = installed();
    let python = clients.join("venv/bin/uipath").exists();
    if !python {
        require::skipped("uipath", "run crates/orchestrion/tests/clients/install first");
    }
    let end = if python {
        GUIDE.len()
    } else {
        GUIDE.find(PYTHON).unwrap()
    };
    let blocks = GUIDE[..end]
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let commands: String = blocks
        .collect::<Vec<_>>()
        .join("\n")
        .replace("127.0.0.1:8080", &address);
    // What was started in the background ends with the shell.
    let script = format!("set -eu\ntrap 'kill $(jobs -p)' EXIT\n{commands}");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_orchestrion"));
    let path = format!(
        "{}:{}:{}",
        program.parent().unwrap().display(),
        clients.join("venv/bin").display(),
        std::env::var("PATH").unwrap()
    );
    let done = Command::new("timeout")
        .args(["300", "bash", "-c", &script])
        .current_dir(directory.path())
        .env("PATH", path)
        .env("ORCHESTRION_ROBOT_WHEELHOUSE", clients.join("wheels"))
        .env("UIPATH_TELEMETRY_ENABLED", "false")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    let log = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    assert!(
        done.status.success(),
        "{said}\n{complained}\n{}\n{}",
        log("server.log"),
        log("robot.log")
    );
    let of_python: &[&str] = if python {
        &[r#"{\"greeting\":\"hello Ada from Python\"}"#]
    } else {
        &[]
    };
    for expected in [
        "\"State\":\"Successful\"",
        r#"{\"greeting\":\"hello Ada\"}"#,
        "\"Message\":\"greeting Ada\"",
    ]
    .iter()
    .chain(of_python)
    {
        assert!(said.contains(*expected), "{expected} is not in {said}\n{complained}");
    }
}

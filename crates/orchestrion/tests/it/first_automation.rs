//! `docs/first-automation.md`, every command as it is written.

use std::process::{Command, Stdio};

const GUIDE: &str = include_str!("../../../../docs/first-automation.md");

#[test]
fn the_guide_leads_to_a_finished_job() {
    let directory = tempfile::tempdir().unwrap();
    let blocks = GUIDE
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
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let done = Command::new("timeout")
        .args(["120", "bash", "-c", &script])
        .current_dir(directory.path())
        .env("PATH", path)
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
    for expected in [
        "\"State\":\"Successful\"",
        r#"{\"greeting\":\"hello Ada\"}"#,
        "\"Message\":\"greeting Ada\"",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}\n{complained}");
    }
}

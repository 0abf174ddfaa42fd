//! The Python runtime, with a runner of the test's own in the place of the real one: it is installed from a wheel, offline.

use std::path::Path;
use std::process::Command;

use robot_protocol::{Outcome, Resume};

use crate::mock::Mock;
use crate::support::{Site, is_root, package};

/// Does what `uipath run` does with `__uipath`, for a module `main.py` with a function `main`.
const RUNNER: &str = r#"
import json, os, sys, datetime

def main():
    arguments = sys.argv[1:]
    assert arguments[0] == "run" and os.environ["UIPATH_JOB_KEY"]
    os.makedirs("__uipath", exist_ok=True)
    assert not os.path.exists("__uipath/output.json")
    resume = "--resume" in arguments
    log = open("__uipath/execution.log", "a")
    def say(level, text):
        log.write("[2026-01-01 00:00:00,000][%s] %s\n" % (level, text)); log.flush()
    sys.path.insert(0, os.getcwd())
    module = __import__(arguments[1])
    given = {} if resume else json.load(open(arguments[arguments.index("-f") + 1]))
    if resume:
        given = json.load(open("__uipath/state.db"))
    try:
        output = module.main(given, say)
        result = {"output": output, "status": "successful"}
        if isinstance(output, dict) and "wait" in output:
            json.dump({"resumed": True}, open("__uipath/state.db", "w"))
            result = {"output": {}, "status": "suspended", "resumeTriggers": [{"triggerType": "Timer", "resumeTime": "2030-01-01T00:00:00Z"}]}
    except Exception as error:
        result = {"output": {}, "status": "faulted", "error": {"code": "ERROR_X", "title": "Runtime error", "detail": str(error), "category": "User", "status": None}}
    json.dump(result, open("__uipath/output.json", "w"))
    sys.exit(1 if result["status"] == "faulted" else 0)
"#;

const MODULE: &str = r#"
def main(given, say):
    say("INFO", "number %s" % given.get("number"))
    say("ERROR", "careful")
    if given.get("fail"):
        raise ValueError("no such bill")
    if given.get("wait"):
        return {"wait": True}
    return {"seen": given}
"#;

/// A directory with a wheel of the runner. `None`: this machine has no Python that can make environments.
fn wheelhouse(root: &Path) -> Option<std::path::PathBuf> {
    let works = Command::new("python3").args(["-c", "import venv, ensurepip"]).status();
    if !works.is_ok_and(|status| status.success()) {
        assert!(
            std::env::var_os("ORCHESTRION_TESTS_REQUIRE_ALL").is_none(),
            "Python is missing"
        );
        return None;
    }
    let directory = root.join("wheels");
    std::fs::create_dir_all(&directory).expect("made");
    let wheel = package(&[
        ("uipath/__init__.py", RUNNER),
        (
            "uipath-2.9.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: uipath\nVersion: 2.9.0\n",
        ),
        (
            "uipath-2.9.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        (
            "uipath-2.9.0.dist-info/entry_points.txt",
            "[console_scripts]\nuipath = uipath:main\n",
        ),
        ("uipath-2.9.0.dist-info/RECORD", ""),
    ]);
    std::fs::write(directory.join("uipath-2.9.0-py3-none-any.whl"), wheel).expect("written");
    Some(directory)
}

fn project(requirement: &str) -> Vec<u8> {
    let pyproject = format!("[project]\nname = \"bills\"\nversion = \"1.0.0\"\ndependencies = [\"{requirement}\"]\n");
    package(&[
        ("./Bills.nuspec", "<package/>"),
        (
            "content/operate.json",
            r#"{"main":"main","targetRuntime":"python","contentType":"function"}"#,
        ),
        (
            "content/entry-points.json",
            r#"{"entryPoints":[{"filePath":"main"},{"filePath":"other"}]}"#,
        ),
        ("content/pyproject.toml", &pyproject),
        ("content/main.py", MODULE),
        ("content/__uipath/output.json", "old"),
    ])
}

#[test]
fn python_packages_run_in_an_environment_that_is_made_once() {
    let (mock, site) = (Mock::start(), Site::new());
    let Some(wheels) = wheelhouse(site.root.path()) else {
        return;
    };
    let _robot = site.robot(&mock, &["--wheelhouse", &wheels.to_string_lossy()]);
    let bytes = project("uipath>=2,<3");
    let job = mock.job(&bytes, |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}\n{}", site.log());
    assert_eq!(report.output.as_deref(), Some(r#"{"seen":{"number":7}}"#));
    assert_eq!(
        mock.messages(job),
        [
            "Bills execution started",
            "number 7",
            "careful",
            "Bills execution ended"
        ]
    );
    assert_eq!(mock.state().jobs[&job].log[2]["level"], "Error");

    let fault = mock.job(&bytes, |order| order.input = Some(r#"{"fail":true}"#.into()));
    let report = mock.report(fault);
    assert_eq!(report.outcome, Outcome::Faulted);
    assert_eq!(report.info.as_deref(), Some("Runtime error\nno such bill"));
    assert_eq!(report.error.expect("there").code.as_deref(), Some("ERROR_X"));

    let unknown = mock.job(&bytes, |order| order.entry_point = Some("third".into()));
    let report = mock.report(unknown);
    assert!(report.info.expect("there").contains("it has main, other"));
    let environments = std::fs::read_dir(site.data().join("environments"))
        .expect("there")
        .count();
    assert_eq!(environments, 1);
    site.wait_clean();
}

#[test]
fn a_suspended_job_keeps_its_state_and_goes_on_with_it() {
    let (mock, site) = (Mock::start(), Site::new());
    let Some(wheels) = wheelhouse(site.root.path()) else {
        return;
    };
    let _robot = site.robot(&mock, &["--wheelhouse", &wheels.to_string_lossy()]);
    let bytes = project("uipath");
    let job = mock.job(&bytes, |order| order.input = Some(r#"{"wait":true}"#.into()));
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Suspended, "{report:?}\n{}", site.log());
    assert_eq!(report.triggers[0].trigger_type, "Timer");
    assert!(report.triggers[0].timer.is_some());
    let kept = mock.state().states[&job.job].clone();
    assert_eq!(kept, br#"{"resumed": true}"#);

    let later = mock.job(&bytes, |order| {
        order.resume = Some(Resume {
            version: 1,
            triggers: Vec::new(),
        });
    });
    mock.state().states.insert(later.job, kept);
    let report = mock.report(later);
    assert_eq!(
        report.output.as_deref(),
        Some(r#"{"seen":{"resumed":true}}"#),
        "{report:?}"
    );
}

#[test]
fn what_cannot_be_installed_is_a_fault_that_says_so() {
    let (mock, site) = (Mock::start(), Site::new());
    let Some(wheels) = wheelhouse(site.root.path()) else {
        return;
    };
    let _robot = site.robot(&mock, &["--wheelhouse", &wheels.to_string_lossy()]);
    let job = mock.job(&project("no-such-thing-here==1"), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Faulted);
    let info = report.info.expect("there");
    assert!(
        info.contains("could not be installed") && info.contains("no-such-thing-here"),
        "{info}"
    );
    assert_eq!(
        std::fs::read_dir(site.data().join("environments"))
            .expect("there")
            .count(),
        0
    );
}

#[test]
fn environments_are_not_the_jobs_to_change() {
    use std::os::unix::fs::PermissionsExt as _;
    let (mock, site) = (Mock::start(), Site::new());
    let Some(wheels) = wheelhouse(site.root.path()) else {
        return;
    };
    // The interpreter must be one that other accounts can run.
    let python = Path::new("/usr/bin/python3");
    let usable = Command::new(python).args(["-c", "import venv, ensurepip"]).status();
    if !is_root() || !usable.is_ok_and(|status| status.success()) {
        return;
    }
    std::fs::set_permissions(site.root.path(), std::fs::Permissions::from_mode(0o755)).expect("set");
    let options = [
        "--wheelhouse",
        &wheels.to_string_lossy(),
        "--run-as",
        "nobody",
        "--python",
        "/usr/bin/python3",
    ];
    let _robot = site.robot(&mock, &options);
    let job = mock.job(&project("uipath"), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}\n{}", site.log());
    let made = std::fs::read_dir(site.data().join("environments"))
        .expect("there")
        .flatten()
        .next()
        .expect("one");
    let about = std::fs::metadata(made.path().join("venv/bin/uipath")).expect("there");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&about), 0);
    assert_eq!(about.permissions().mode() & 0o022, 0);
}

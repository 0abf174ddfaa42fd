//! What a job gets, and what comes of it.

use robot_protocol::Outcome;
use serde_json::Value;

use crate::mock::{CLIENT_SECRET, Mock};
use crate::support::{Site, alive, package, script, wait_gone};

#[test]
fn a_job_gets_its_arguments_and_gives_its_output() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(
        &script("echo working on it\necho careful >&2\ncat $1 >> $NOTES\nprintf '{\"paid\": true}' > $2\n"),
        |_| {},
    );
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}\n{}", site.log());
    assert_eq!(report.output.as_deref(), Some(r#"{"paid":true}"#));
    assert_eq!(site.noted(), r#"{"number": 7}"#);
    let mut messages = mock.messages(job);
    // Two pipes have no order between them.
    messages[1..3].sort_unstable();
    assert_eq!(
        messages,
        [
            "Bills execution started",
            "careful",
            "working on it",
            "Bills execution ended"
        ]
    );
    let state = mock.state();
    let entries = &state.jobs[&job].log;
    let of = |message: &str| entries.iter().find(|entry| entry["message"] == message).expect("there");
    assert_eq!(of("working on it")["level"], "Information");
    assert_eq!(of("careful")["level"], "Error");
    assert_eq!(of("careful")["jobId"], job.job.to_string());
    assert_eq!(of("careful")["robotName"], "payer");
    assert!(of("Bills execution ended")["totalExecutionTimeInSeconds"].is_i64());
    drop(state);
    site.wait_clean();
}

#[test]
fn a_job_sees_where_it_belongs_and_none_of_the_robots_secrets() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let seen = "env\nfor file in /proc/$PPID/environ /proc/$PPID/cmdline; do cat $file | tr '\\0' '\\n'; done\n";
    let job = mock.job(&script(seen), |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    let messages = mock.messages(job);
    let has = |line: &str| messages.iter().any(|message| message == line);
    assert!(
        has("UIPATH_URL=http://public.example/default/My%20Tenant"),
        "{messages:?}"
    );
    assert!(has(&format!("UIPATH_JOB_KEY={}", job.job)));
    assert!(has(&format!("UIPATH_ACCESS_TOKEN=rj_{}", job.job.simple())));
    assert!(has("UIPATH_FOLDER_PATH=Finance/Bills"));
    assert!(has("UIPATH_PROCESS_UUID=00000000-0000-0000-0000-00000000000b"));
    assert!(has("FROM_PROCESS=yes"));
    let all = messages.join("\n");
    for secret in [CLIENT_SECRET, "of-the-robot", "ORCHESTRION_ROBOT_CLIENT_SECRET"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn a_fault_shows_the_exit_code_and_the_last_words() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script("echo no such bill >&2\nexit 3\n"), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Faulted);
    assert_eq!(
        report.info.as_deref(),
        Some("The command ended with exit code 3\nno such bill")
    );
    assert_eq!(report.error.expect("there").detail.as_deref(), Some("no such bill"));
    site.wait_clean();
}

#[test]
fn who_is_asked_to_stop_may_finish() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let text = "trap 'echo told >> $NOTES' TERM\necho up >> $NOTES\nwhile [ ! -e $UIPATH_STOP_FILE ]; do sleep 0.05; done\nprintf '{\"done\":1}' > $2\n";
    let job = mock.job(&script(text), |_| {});
    site.wait_noted("up");
    mock.stop(job, false);
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}");
    assert_eq!(report.output.as_deref(), Some(r#"{"done":1}"#));
    assert!(site.noted().contains("told"));
}

#[test]
fn who_ends_by_the_signal_is_stopped_and_who_does_not_can_be_killed() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let obedient = mock.job(&script("echo up >> $NOTES\nsleep 60\n"), |_| {});
    site.wait_noted("up");
    mock.stop(obedient, false);
    assert_eq!(mock.report(obedient).outcome, Outcome::Stopped);

    // One that does not listen, and has a child that left its group.
    let deaf = "trap '' TERM\nsetsid sh -c 'echo child $$ >> $NOTES; sleep 60' &\necho deaf >> $NOTES\nwhile true; do sleep 1; done\n";
    let deaf = mock.job(&script(deaf), |_| {});
    site.wait_noted("deaf");
    site.wait_noted("child");
    mock.stop(deaf, false);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(mock.state().jobs[&deaf].report.is_none());
    mock.stop(deaf, true);
    assert_eq!(mock.report(deaf).outcome, Outcome::Stopped);
    let child = site
        .noted()
        .lines()
        .find_map(|line| line.strip_prefix("child ")?.parse().ok());
    wait_gone(child.expect("noted"));
    site.wait_clean();
}

#[test]
fn what_a_job_leaves_running_ends_with_it() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script("setsid sh -c 'echo child $$ >> $NOTES; exec sleep 60' &\nwhile ! grep -q child $NOTES; do sleep 0.02; done\n"), |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    let child = site
        .noted()
        .lines()
        .find_map(|line| line.strip_prefix("child ")?.parse().ok());
    assert!(!alive(child.expect("noted")));
}

#[test]
fn long_output_attachments_and_pictures_become_files() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let text = "echo receipt > $UIPATH_ATTACHMENTS_DIR/'the receipt.txt'\nln -s /etc/passwd $UIPATH_ATTACHMENTS_DIR/passwd\n{ printf '{\"text\":\"'; head -c 20000 /dev/zero | tr '\\0' x; printf '\"}'; } > $2\n";
    let job = mock.job(&script(text), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}");
    assert_eq!(report.output, None);
    {
        let state = mock.state();
        let (name, bytes) = &state.files[&report.output_file.expect("a file")];
        assert_eq!(name, "output.json");
        let output: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(output["text"].as_str().map(str::len), Some(20_000));
        let names: Vec<&str> = state.files.values().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.contains(&"the receipt.txt"));
    }
    let fault = mock.job(&script("echo picture > $UIPATH_MEDIA_DIR/1.png\nexit 1\n"), |_| {});
    assert_eq!(mock.report(fault).outcome, Outcome::Faulted);
    assert!(mock.state().media[&fault.job].starts_with(b"PK"));
}

#[test]
fn input_may_come_as_a_file() {
    let (mock, site) = (Mock::start(), Site::new());
    let id = uuid::Uuid::new_v4();
    let text = format!(r#"{{"text":"{}"}}"#, "y".repeat(50_000));
    mock.state()
        .files
        .insert(id, ("input.json".into(), text.clone().into_bytes()));
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script("cp $1 $NOTES\n"), |order| {
        order.input = None;
        order.input_file = Some(id);
    });
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    assert_eq!(site.noted(), text);
}

#[test]
fn packages_that_cannot_be_run_say_why() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--runtimes", "command"]);
    let operate = |text: &str| package(&[("content/operate.json", text)]);
    for (bytes, part) in [
        (b"no package".to_vec(), "not a readable ZIP file"),
        (package(&[("content/../../evil", "x")]), "may not be in a package"),
        (package(&[("lib/project.json", "{}")]), "no directory `content`"),
        (package(&[("content/main.py", "")]), "operate.json"),
        (operate(r#"{"targetRuntime":"dotnet"}"#), "dotnet"),
        (
            operate(r#"{"targetRuntime":"python","main":"main"}"#),
            "does not run packages",
        ),
        (
            operate(r#"{"targetRuntime":"command","command":["./run.sh"]}"#),
            "no file",
        ),
        (
            operate(r#"{"targetRuntime":"command","command":["no-such-program-here"]}"#),
            "no program",
        ),
    ] {
        let job = mock.job(&bytes, |_| {});
        let report = mock.report(job);
        assert_eq!(report.outcome, Outcome::Faulted);
        let info = report.info.unwrap_or_default();
        assert!(info.contains(part), "{info:?} does not say {part:?}");
        assert!(
            mock.messages(job).iter().any(|message| message.contains(part)),
            "{:?}",
            mock.messages(job)
        );
    }
    let job = mock.job(&script("true\n"), |order| order.entry_point = Some("other".into()));
    // A package without a list of entry points takes any name.
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    site.wait_clean();
    assert!(!site.root.path().join("evil").exists());
}

#[test]
fn a_package_is_fetched_once_and_jobs_cannot_change_it() {
    let (mock, site) = (Mock::start(), Site::new());
    let robot = site.robot(&mock, &[]);
    let bytes = script("echo run >> $NOTES\necho exit 9 > run.sh\nrm -f operate.json\n");
    for _ in 0..3 {
        let job = mock.job(&bytes, |_| {});
        assert_eq!(mock.report(job).outcome, Outcome::Successful);
    }
    robot.kill();
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&bytes, |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    assert_eq!(mock.state().package_downloads, 1);
    assert_eq!(site.noted().lines().count(), 4);
}

#[test]
fn the_least_used_packages_make_room() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--package-cache", "1500"]);
    let padded = |number: u32| script(&format!("echo {number} > /dev/null\n#{}\n", "x".repeat(500)));
    for number in [1, 2, 1, 3, 1] {
        let job = mock.job(&padded(number), |_| {});
        assert_eq!(mock.report(job).outcome, Outcome::Successful);
        site.wait_clean();
    }
    // The first one was used most recently each time, so it was never fetched again.
    assert_eq!(mock.state().package_downloads, 3);
    let kept = std::fs::read_dir(site.data().join("packages")).expect("there").count();
    assert_eq!(kept, 2);
}

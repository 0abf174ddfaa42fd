//! What a job may use, and what it may see.

use std::os::unix::fs::PermissionsExt as _;

use robot_protocol::Outcome;

use crate::mock::Mock;
use crate::support::{Site, is_root, script};

#[test]
fn a_job_that_takes_too_long_is_ended() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--time-limit", "1"]);
    let job = mock.job(&script("sleep 60\n"), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Faulted);
    assert!(report.info.expect("there").contains("time limit"));
}

#[test]
fn a_job_that_writes_too_much_is_ended() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--output-limit", "100K"]);
    let job = mock.job(
        &script("while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n"),
        |_| {},
    );
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Faulted);
    assert!(report.info.expect("there").contains("more output"));
    let written: usize = mock.messages(job).iter().map(String::len).sum();
    assert!(written <= 100 << 10, "{written}");
}

#[test]
fn a_job_that_takes_too_much_memory_fails() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--memory-limit", "100M"]);
    let modest = mock.job(&script("true\n"), |_| {});
    assert_eq!(mock.report(modest).outcome, Outcome::Successful);
    // A line of 300 megabytes has to fit into the shell's memory.
    let greedy = mock.job(
        &script("sleep 0.05\ntext=$(head -c 300000000 /dev/zero | tr '\\0' x)\necho ${#text}\n"),
        |_| {},
    );
    let report = mock.report(greedy);
    assert_eq!(report.outcome, Outcome::Faulted, "{report:?}");
    assert!(!mock.messages(greedy).contains(&"300000000".to_owned()));
}

#[test]
fn no_more_jobs_run_at_once_than_the_robot_may_take() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &["--slots-limit", "1"]);
    let bytes = script("mkdir $NOTES.only || echo together >> $NOTES\nsleep 0.2\nrmdir $NOTES.only\n");
    let jobs: Vec<_> = (0..3).map(|_| mock.job(&bytes, |_| {})).collect();
    for job in jobs {
        assert_eq!(mock.report(job).outcome, Outcome::Successful);
    }
    assert_eq!(site.noted(), "");
    assert_eq!(mock.state().connects[0].slots_limit, Some(1));
}

#[test]
fn the_robots_directory_is_closed_to_others() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(
        &script("stat -c %a . ..\nls $(dirname $(dirname $(dirname $PWD)))/jobs/*\n"),
        |_| {},
    );
    mock.report(job);
    let messages = mock.messages(job);
    assert_eq!(messages[1..3], ["700", "700"]);
    assert!(
        !messages.iter().any(|message| message.contains("spec.json")),
        "{messages:?}"
    );
    let mode = |name: &str| {
        let about = std::fs::metadata(site.data().join(name)).expect("there");
        about.permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("jobs"), mode("work")), (0o700, 0o700, 0o700));
}

#[test]
fn jobs_of_another_account_cannot_read_what_is_the_robots() {
    if !is_root() {
        return;
    }
    let (mock, site) = (Mock::start(), Site::new());
    std::fs::set_permissions(site.root.path(), std::fs::Permissions::from_mode(0o755)).expect("set");
    let _robot = site.robot(&mock, &["--run-as", "nobody"]);
    let text = "id -un\nid -G\nd=$(dirname $(dirname $(dirname $PWD)))\nfor each in $d $d/jobs $d/packages $d/work; do ls $each >/dev/null 2>&1 && echo can list $each; done\ncat $d/installation && echo can read\ncat /proc/$PPID/environ && echo can look\necho new > file && cat file\nprintf '{\"own\":1}' > $2\n";
    let job = mock.job(&script(text), |_| {});
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}\n{}", site.log());
    assert_eq!(report.output.as_deref(), Some(r#"{"own":1}"#));
    let messages = mock.messages(job);
    assert_eq!(messages[1], "nobody");
    assert!(!messages[2].split(' ').any(|group| group == "0"), "{messages:?}");
    assert!(
        !messages.iter().any(|message| message.starts_with("can ")),
        "{messages:?}"
    );
    assert!(messages.contains(&"new".to_owned()));
    site.wait_clean();
}

//! Whatever dies, a job runs once and its end is told.

use std::time::Duration;

use robot_protocol::Outcome;

use crate::mock::Mock;
use crate::support::{Site, read, script, signal, wait_gone};

/// Runs until a file appears, and says that it runs.
const UNTIL_TOLD: &str = "echo run $$ >> $NOTES\necho early\nwhile [ ! -e $NOTES.go ]; do sleep 0.02; done\necho late\nprintf '{\"ok\":1}' > $2\n";

fn go(site: &Site) {
    std::fs::write(site.notes().with_extension("go"), "").expect("written");
}

fn pid_of_job(site: &Site) -> u32 {
    let noted = site.noted();
    let line = noted.lines().find_map(|line| line.strip_prefix("run "));
    line.expect("noted").parse().expect("a number")
}

#[test]
fn a_job_outlives_its_robot_and_the_next_robot_reports_it() {
    let (mock, site) = (Mock::start(), Site::new());
    let robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    mock.wait("the first entries", |state| {
        (state.jobs[&job].log.len() >= 2).then_some(())
    });
    robot.kill();
    let _robot = site.robot(&mock, &[]);
    mock.wait("the next robot", |state| (state.connects.len() == 2).then_some(()));
    assert_eq!(mock.state().connects[1].holds, [job]);
    go(&site);
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Successful, "{report:?}\n{}", site.log());
    assert_eq!(
        mock.messages(job),
        ["Bills execution started", "early", "late", "Bills execution ended"]
    );
    assert_eq!(site.noted().lines().count(), 1, "it ran once");
    assert_eq!(mock.state().jobs[&job].accepted, 1);
    site.wait_clean();
}

#[test]
fn a_job_that_ended_without_a_robot_is_reported_by_the_next() {
    let (mock, site) = (Mock::start(), Site::new());
    let robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    robot.kill();
    let pid = pid_of_job(&site);
    go(&site);
    wait_gone(pid);
    let _robot = site.robot(&mock, &[]);
    let report = mock.report(job);
    assert_eq!(report.output.as_deref(), Some(r#"{"ok":1}"#));
    assert_eq!(site.noted().lines().count(), 1, "it ran once");
    assert_eq!(mock.messages(job).len(), 4);
    site.wait_clean();
}

#[test]
fn a_wish_reaches_a_job_of_an_earlier_robot() {
    let (mock, site) = (Mock::start(), Site::new());
    let robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    robot.kill();
    let _robot = site.robot(&mock, &[]);
    mock.stop(job, true);
    assert_eq!(mock.report(job).outcome, Outcome::Stopped);
    wait_gone(pid_of_job(&site));
    site.wait_clean();
}

#[test]
fn a_robot_that_is_stopped_leaves_its_jobs_alone() {
    let (mock, site) = (Mock::start(), Site::new());
    let mut robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    robot.signal("TERM");
    assert_eq!(robot.exit_code(), Some(0));
    assert!(!mock.state().disconnected, "the session is still needed");
    let mut robot = site.robot(&mock, &[]);
    go(&site);
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    site.wait_clean();
    robot.signal("INT");
    assert_eq!(robot.exit_code(), Some(0));
    assert!(mock.state().disconnected);
}

#[test]
fn a_supervisor_that_dies_is_a_fault_and_nothing_stays_behind() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    let job_process = pid_of_job(&site);
    let status = read(std::path::Path::new(&format!("/proc/{job_process}/status")));
    let supervisor = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .expect("there");
    signal(supervisor.trim().parse().expect("a number"), "KILL");
    let report = mock.report(job);
    assert_eq!(report.outcome, Outcome::Faulted);
    assert!(report.info.expect("there").contains("supervisor died"));
    wait_gone(job_process);
    assert_eq!(site.noted().lines().count(), 1, "it ran once");
    site.wait_clean();
}

#[test]
fn the_end_of_a_job_waits_for_a_server_that_is_away() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script(UNTIL_TOLD), |_| {});
    site.wait_noted("run");
    let pid = pid_of_job(&site);
    mock.go_down(true);
    go(&site);
    wait_gone(pid);
    std::thread::sleep(Duration::from_millis(500));
    assert!(mock.state().jobs[&job].report.is_none());
    mock.go_down(false);
    let report = mock.report(job);
    assert_eq!(report.output.as_deref(), Some(r#"{"ok":1}"#));
    assert_eq!(
        mock.messages(job),
        ["Bills execution started", "early", "late", "Bills execution ended"]
    );
    // And there is work again afterwards.
    let next = mock.job(&script("true\n"), |_| {});
    assert_eq!(mock.report(next).outcome, Outcome::Successful);
}

#[test]
fn lost_answers_and_repeated_orders_do_not_run_a_job_twice() {
    let (mock, site) = (Mock::start(), Site::new());
    mock.state().lose_accepts = 2;
    mock.state().forgetful = true;
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script("echo run >> $NOTES\nsleep 0.3\n"), |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    assert_eq!(mock.state().jobs[&job].accepted, 3);
    site.wait_clean();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(site.noted(), "run\n");
}

#[test]
fn robots_killed_at_any_moment_lose_nothing_and_repeat_nothing() {
    let (mock, site) = (Mock::start(), Site::new());
    let bytes = script("echo run $UIPATH_JOB_KEY >> $NOTES\nsleep 0.0$((RANDOM % 10))\n");
    let mut jobs = Vec::new();
    for round in 0..15_u64 {
        jobs.extend((0..4).map(|_| mock.job(&bytes, |_| {})));
        let robot = site.robot(&mock, &[]);
        std::thread::sleep(Duration::from_millis(15 + round * 11));
        robot.kill();
    }
    let _robot = site.robot(&mock, &[]);
    for job in &jobs {
        assert_eq!(mock.report(*job).outcome, Outcome::Successful, "{}", site.log());
    }
    site.wait_clean();
    let noted = site.noted();
    let mut ran: Vec<&str> = noted.lines().collect();
    assert_eq!(ran.len(), jobs.len());
    ran.sort_unstable();
    ran.dedup();
    assert_eq!(ran.len(), jobs.len());
}

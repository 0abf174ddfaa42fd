//! Signing in, sessions, and their ends.

use std::time::Duration;

use robot_protocol::Outcome;

use crate::mock::Mock;
use crate::support::{Site, script, wait_gone};

#[test]
fn refused_credentials_end_the_robot_at_its_start() {
    let (mock, site) = (Mock::start(), Site::new());
    let mut robot = site.robot_with(&mock, &[], "wrong");
    assert_eq!(robot.exit_code(), Some(2));
    assert!(site.log().contains("refuses the credentials"), "{}", site.log());
    assert!(!site.log().contains("wrong"));
}

#[test]
fn a_robot_waits_for_a_server_that_is_not_there_yet() {
    let (mock, site) = (Mock::start(), Site::new());
    mock.go_down(true);
    let _robot = site.robot(&mock, &[]);
    std::thread::sleep(Duration::from_millis(300));
    mock.go_down(false);
    let job = mock.job(&script("true\n"), |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
}

#[test]
fn a_token_that_is_refused_is_replaced() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(&script("true\n"), |_| {});
    mock.report(job);
    mock.state().tokens.clear();
    let job = mock.job(&script("true\n"), |_| {});
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
    assert_eq!(mock.state().sign_ins, 2);
}

#[test]
fn a_revoked_secret_is_said_and_tried_again() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let running = mock.job(&script("echo up >> $NOTES\nsleep 0.5\n"), |_| {});
    site.wait_noted("up");
    mock.state().revoked = true;
    mock.state().tokens.clear();
    mock.go_down(true);
    mock.go_down(false);
    mock.wait("the message", |_| {
        site.log().contains("Was the secret revoked?").then_some(())
    });
    mock.state().revoked = false;
    assert_eq!(mock.report(running).outcome, Outcome::Successful);
}

#[test]
fn a_session_that_was_taken_over_ends_the_robot_and_its_jobs() {
    let (mock, site) = (Mock::start(), Site::new());
    let mut robot = site.robot(&mock, &[]);
    let job = mock.job(&script("echo run $$ >> $NOTES\nexec sleep 60\n"), |_| {});
    site.wait_noted("run");
    mock.take_over();
    assert_eq!(robot.exit_code(), Some(3));
    let noted = site.noted();
    let process = noted
        .trim()
        .strip_prefix("run ")
        .expect("noted")
        .parse()
        .expect("a number");
    wait_gone(process);
    assert!(site.log().contains("another robot"), "{}", site.log());
    assert!(mock.state().jobs[&job].report.is_none());
}

#[test]
fn a_session_that_was_forgotten_is_opened_again_and_jobs_go_on() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    let job = mock.job(
        &script("echo run >> $NOTES\nwhile [ ! -e $NOTES.go ]; do sleep 0.02; done\n"),
        |order| {
            order.log_level = "Off".into();
        },
    );
    site.wait_noted("run");
    mock.state().session.id = None;
    mock.job(&script("true\n"), |_| {});
    mock.wait("the next session", |state| (state.connects.len() == 2).then_some(()));
    assert!(mock.state().connects[1].holds.contains(&job));
    std::fs::write(site.notes().with_extension("go"), "").expect("written");
    assert_eq!(mock.report(job).outcome, Outcome::Successful);
}

#[test]
fn executions_that_are_over_for_the_server_are_ended() {
    let (mock, site) = (Mock::start(), Site::new());
    let robot = site.robot(&mock, &[]);
    let job = mock.job(&script("echo run $$ >> $NOTES\nexec sleep 60\n"), |_| {});
    site.wait_noted("run");
    robot.kill();
    mock.state().jobs.remove(&job);
    let _robot = site.robot(&mock, &[]);
    let noted = site.noted();
    wait_gone(
        noted
            .trim()
            .strip_prefix("run ")
            .expect("noted")
            .parse()
            .expect("a number"),
    );
    site.wait_clean();
}

#[test]
fn two_robots_do_not_share_a_directory() {
    let (mock, site) = (Mock::start(), Site::new());
    let _robot = site.robot(&mock, &[]);
    mock.wait("the robot", |state| (!state.connects.is_empty()).then_some(()));
    let mut second = site.robot(&mock, &[]);
    assert_eq!(second.exit_code(), Some(1));
    assert!(site.log().contains("another robot uses"));
}

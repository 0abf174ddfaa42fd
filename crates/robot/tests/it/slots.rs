//! Many jobs one after the other.

use robot_protocol::Outcome;

use crate::mock::Mock;
use crate::support::{Site, package};

#[test]
fn many_short_jobs_go_through_eight_slots() {
    let (mock, site) = (Mock::start(), Site::new());
    let bytes = package(&[(
        "content/operate.json",
        r#"{"targetRuntime":"command","command":["true"]}"#,
    )]);
    let _robot = site.robot(&mock, &[]);
    let first = mock.job(&bytes, |_| {});
    mock.report(first);
    let jobs: Vec<_> = (0..200).map(|_| mock.job(&bytes, |_| {})).collect();
    for job in &jobs {
        assert_eq!(mock.report(*job).outcome, Outcome::Successful);
    }
}

//! The command runtime: any executable or script. Arguments come as a JSON file, output goes into a JSON file, and exit code 0 is success.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Conclusion, Plan, forced, how, obeyed, object};
use crate::manifest::{Manifest, program};
use crate::place::Place;
use crate::problem::Problem;
use crate::spec::Ended;

/// Where a command writes its output.
const OUTPUT: &str = "output.json";

/// What to run for an entry point.
///
/// # Errors
/// In words for the author of the package.
pub fn plan(manifest: &Manifest, entry: Option<&str>, place: &Place, path: &str) -> Result<Plan, Problem> {
    let input = place.work.join("input.json");
    let output = place.work.join(OUTPUT);
    let command = manifest.command(entry, &input, &output).map_err(Problem::package)?;
    let (name, arguments) = command
        .split_first()
        .ok_or_else(|| Problem::package("the command is empty"))?;
    let content = place.work.join("content");
    let program = program(name, &content, path).map_err(Problem::package)?;
    if program.starts_with(&content) {
        executable(&program).map_err(|error| Problem::robot(error.to_string()))?;
    }
    Ok(Plan {
        program,
        arguments: arguments.to_vec(),
        environment: vec![("UIPATH_OUTPUT_FILE", output.to_string_lossy().into_owned())],
        path: None,
        follow: None,
    })
}

/// Packers on some systems do not know which files are programs.
fn executable(path: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(path)?.permissions();
    permissions.set_mode(permissions.mode() | 0o100);
    std::fs::set_permissions(path, permissions)
}

/// How it went.
pub fn conclude(place: &Place, ended: &Ended) -> Conclusion {
    if let Some(conclusion) = forced(ended) {
        return conclusion;
    }
    if ended.code == Some(0) {
        return match object(place, OUTPUT) {
            Ok(output) => Conclusion::Successful(output),
            Err(error) => Problem::execution("The job's output cannot be used", error).into(),
        };
    }
    if obeyed(ended) {
        return Conclusion::Stopped;
    }
    let title = format!("The command ended with {}", how(ended));
    Problem::execution(title, ended.last_words.clone()).into()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use robot_protocol::Attempt;
    use uuid::Uuid;

    use super::*;
    use crate::spec::Forced;

    fn ended(code: Option<i32>, signal: Option<i32>) -> Ended {
        Ended {
            code,
            signal,
            not_started: None,
            forced: None,
            asked: false,
            last_words: "no such invoice".into(),
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn with_output(text: Option<&str>) -> (tempfile::TempDir, Place) {
        let root = tempfile::tempdir().expect("a directory");
        if let Some(text) = text {
            std::fs::write(root.path().join("output.json"), text).expect("written");
        }
        let place = Place {
            attempt: Attempt {
                job: Uuid::nil(),
                attempt: 1,
            },
            control: root.path().join("control"),
            work: root.path().to_owned(),
        };
        (root, place)
    }

    #[test]
    fn exit_code_zero_is_success_with_what_was_written() {
        let (_root, place) = with_output(Some(r#"{"total": 3}"#));
        let Conclusion::Successful(Some(output)) = conclude(&place, &ended(Some(0), None)) else {
            panic!("not successful");
        };
        assert_eq!(output["total"], 3);
        let (_root, place) = with_output(None);
        assert!(matches!(
            conclude(&place, &ended(Some(0), None)),
            Conclusion::Successful(None)
        ));
    }

    #[test]
    fn output_that_is_no_object_is_a_fault() {
        for text in ["[1]", "{", "3"] {
            let (_root, place) = with_output(Some(text));
            let conclusion = conclude(&place, &ended(Some(0), None));
            assert!(
                matches!(conclusion, Conclusion::Faulted { .. }),
                "{text}: {conclusion:?}"
            );
        }
    }

    #[test]
    fn a_fault_shows_the_last_words() {
        let (_root, place) = with_output(None);
        let Conclusion::Faulted { info, error } = conclude(&place, &ended(Some(3), None)) else {
            panic!("not faulted");
        };
        assert_eq!(info, "The command ended with exit code 3\nno such invoice");
        assert_eq!(error.detail.as_deref(), Some("no such invoice"));
    }

    #[test]
    fn who_is_asked_to_stop_may_obey_finish_or_fail() {
        let (_root, place) = with_output(None);
        let asked = |code, signal| Ended {
            asked: true,
            ..ended(code, signal)
        };
        assert!(matches!(conclude(&place, &asked(None, Some(15))), Conclusion::Stopped));
        assert!(matches!(conclude(&place, &asked(Some(143), None)), Conclusion::Stopped));
        assert!(matches!(
            conclude(&place, &asked(Some(0), None)),
            Conclusion::Successful(_)
        ));
        assert!(matches!(
            conclude(&place, &asked(Some(1), None)),
            Conclusion::Faulted { .. }
        ));
        assert!(matches!(
            conclude(&place, &ended(None, Some(15))),
            Conclusion::Faulted { .. }
        ));
        let killed = Ended {
            forced: Some(Forced::Killed),
            ..asked(None, Some(9))
        };
        assert!(matches!(conclude(&place, &killed), Conclusion::Stopped));
        let late = Ended {
            forced: Some(Forced::Time),
            ..asked(Some(0), None)
        };
        assert!(matches!(conclude(&place, &late), Conclusion::Faulted { .. }));
    }
}

//! The Python runtime: packages of `uipath pack`, run by `uipath run` in a virtual environment that is kept per set of requirements
//! (reference: clients 3.1.5, execution 4.4).

mod environment;
mod requirements;

pub use self::environment::Environments;

use jiff::Timestamp;
use robot_protocol::{JobError, ResumeTrigger};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Conclusion, Plan, forced, how, obeyed, object};
use crate::manifest::Manifest;
use crate::place::Place;
use crate::problem::Problem;
use crate::spec::{Ended, Level};

/// Directory of the runtime's files, within the job's part.
pub const DIRECTORY: &str = "content/__uipath";
/// What a suspended job keeps.
pub const STATE: &str = "content/__uipath/state.db";

/// What to run for an entry point.
///
/// # Errors
/// There is no such entry point.
pub fn plan(
    manifest: &Manifest,
    entry: Option<&str>,
    place: &Place,
    environment: &std::path::Path,
    resume: bool,
    level: Level,
) -> Result<Plan, Problem> {
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    // Always named: without a name and with several to choose from, the runner says how to use it and is content.
    let entry = manifest.entry(entry).map_err(Problem::package)?;
    let mut arguments = vec!["run".to_owned(), entry.to_owned()];
    if resume {
        // The runtime reads from its state what it waited for, and asks the server for it.
        arguments.push("--resume".to_owned());
    } else {
        arguments.extend(["-f".to_owned(), text(place.work.join("input.json"))]);
    }
    arguments.extend(["--output-file".to_owned(), text(place.work.join("output.json"))]);
    let bin = environment.join("bin");
    let level = if level <= Level::Debug { "DEBUG" } else { "INFO" };
    Ok(Plan {
        program: bin.join("uipath"),
        arguments,
        environment: vec![
            ("VIRTUAL_ENV", text(environment.to_owned())),
            ("PYTHONUNBUFFERED", "1".to_owned()),
            ("UIPATH_TELEMETRY_ENABLED", "false".to_owned()),
            ("UIPATH_TRACING_ENABLED", "false".to_owned()),
            ("LOG_LEVEL", level.to_owned()),
        ],
        path: Some(bin),
        follow: Some(format!("{DIRECTORY}/execution.log")),
    })
}

/// The file that tells the runtime which resources take the place of others.
pub fn overwrites(text: &str) -> Option<Vec<u8>> {
    let overwrites: Value = serde_json::from_str(text).ok()?;
    let file = serde_json::json!({"runtime": {"internalArguments": {"resourceOverwrites": overwrites}}});
    serde_json::to_vec(&file).ok()
}

/// How it went.
pub fn conclude(place: &Place, ended: &Ended) -> Conclusion {
    if let Some(conclusion) = forced(ended) {
        return conclusion;
    }
    let result = match object(place, &format!("{DIRECTORY}/output.json")) {
        Ok(Some(result)) => result,
        // Asked to end, the runner leaves without a result.
        Ok(None) if obeyed(ended) => return Conclusion::Stopped,
        Ok(None) => {
            let title = format!("The runner ended with {} and left no result", how(ended));
            return Problem::execution(title, ended.last_words.clone()).into();
        }
        Err(error) => return Problem::execution("The runner's result cannot be used", error).into(),
    };
    match result.get("status").and_then(Value::as_str) {
        Some("suspended") => match triggers(&result) {
            Ok(triggers) => Conclusion::Suspended(triggers),
            Err(error) => Problem::execution("The job waits for something that cannot be waited for", error).into(),
        },
        Some("successful") if ended.code == Some(0) => match result.get("output") {
            Some(Value::Object(output)) => Conclusion::Successful(Some(output.clone())),
            _ => Conclusion::Successful(None),
        },
        _ => fault(&result, ended),
    }
}

fn fault(result: &Map<String, Value>, ended: &Ended) -> Conclusion {
    let Some(Value::Object(error)) = result.get("error") else {
        let title = format!("The runner ended with {}", how(ended));
        return Problem::execution(title, ended.last_words.clone()).into();
    };
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let error = JobError {
        code: text("code"),
        title: text("title"),
        detail: text("detail"),
        category: text("category"),
        status: error
            .get("status")
            .and_then(Value::as_i64)
            .and_then(|status| i32::try_from(status).ok()),
    };
    let parts = [error.title.clone(), error.detail.clone()];
    let info: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Conclusion::Faulted {
        info: info.join("\n"),
        error,
    }
}

/// What a suspended job waits for: `resumeTriggers`, or the single `resume` of older runtimes.
fn triggers(result: &Map<String, Value>) -> Result<Vec<ResumeTrigger>, String> {
    let several = result.get("resumeTriggers").and_then(Value::as_array).cloned();
    let several = several.filter(|several| !several.is_empty());
    let all = several.unwrap_or_else(|| result.get("resume").cloned().into_iter().collect());
    if all.is_empty() {
        return Err("the runtime names nothing that it waits for".into());
    }
    all.iter().map(trigger).collect()
}

fn trigger(value: &Value) -> Result<ResumeTrigger, String> {
    let text = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let kind = text("/triggerType").ok_or("a trigger has no type")?;
    // Payloads are delivered to an inbox, and the inbox is what such a trigger waits for.
    let inbox = text("/apiResume/inboxId").or_else(|| text("/integrationResume/inboxId"));
    let item = inbox.or_else(|| text("/itemKey"));
    let item_key = item
        .map(|key| Uuid::try_parse(key).map_err(|_| format!("{key:?} is no GUID")))
        .transpose()?;
    let timer = text("/resumeTime").map(time).transpose()?;
    let message = match value.pointer("/apiResume/request") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    Ok(ResumeTrigger {
        trigger_type: kind.to_owned(),
        item_key,
        timer,
        message,
        configuration: Some(value.to_string()),
    })
}

/// A moment as Python writes it: `T` or a blank in the middle, with or without a zone (then it is UTC).
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time");
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let civil: jiff::civil::DateTime = text.parse().map_err(|_| wrong())?;
    jiff::tz::TimeZone::UTC.to_timestamp(civil).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use robot_protocol::Attempt;

    use super::*;

    fn concluded(result: Option<&str>, code: Option<i32>, signal: Option<i32>, asked: bool) -> Conclusion {
        let root = tempfile::tempdir().expect("a directory");
        let place = Place {
            attempt: Attempt {
                job: Uuid::nil(),
                attempt: 1,
            },
            control: root.path().join("control"),
            work: root.path().to_owned(),
        };
        std::fs::create_dir_all(root.path().join(DIRECTORY)).expect("made");
        if let Some(result) = result {
            std::fs::write(root.path().join(DIRECTORY).join("output.json"), result).expect("written");
        }
        let ended = Ended {
            code,
            signal,
            not_started: None,
            forced: None,
            asked,
            last_words: "Traceback".into(),
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
        };
        conclude(&place, &ended)
    }

    #[test]
    fn the_result_file_says_how_it_went() {
        let conclusion = concluded(
            Some(r#"{"output":{"a":1},"status":"successful"}"#),
            Some(0),
            None,
            false,
        );
        let Conclusion::Successful(Some(output)) = conclusion else {
            panic!("{conclusion:?}");
        };
        assert_eq!(output["a"], 1);
        let text = r#"{"output":{},"status":"faulted","error":{"code":"Python.X","title":"T","detail":"D","category":"User","status":null}}"#;
        let conclusion = concluded(Some(text), Some(1), None, false);
        let Conclusion::Faulted { info, error } = conclusion else {
            panic!("{conclusion:?}");
        };
        assert_eq!((info.as_str(), error.code.as_deref()), ("T\nD", Some("Python.X")));
    }

    #[test]
    fn no_result_is_a_fault_unless_it_was_asked_to_end() {
        assert!(matches!(
            concluded(None, Some(1), None, false),
            Conclusion::Faulted { .. }
        ));
        assert!(matches!(
            concluded(None, Some(143), None, false),
            Conclusion::Faulted { .. }
        ));
        assert!(matches!(concluded(None, Some(143), None, true), Conclusion::Stopped));
    }

    #[test]
    fn suspended_jobs_say_what_they_wait_for() {
        let text = r#"{"status":"suspended","output":{},"resumeTriggers":[
            {"triggerType":"Timer","resumeTime":"2030-01-02T03:04:05+00:00","itemKey":null},
            {"triggerType":"Job","itemKey":"11111111-1111-4111-8111-111111111111"},
            {"triggerType":"Api","apiResume":{"inboxId":"22222222-2222-4222-8222-222222222222","request":"ok?"}}]}"#;
        let Conclusion::Suspended(triggers) = concluded(Some(text), Some(0), None, false) else {
            panic!("not suspended");
        };
        assert_eq!(
            triggers[0].timer.map(|time| time.to_string()).as_deref(),
            Some("2030-01-02T03:04:05Z")
        );
        assert!(triggers[1].item_key.is_some());
        assert_eq!(triggers[2].message.as_deref(), Some("ok?"));
        let single = r#"{"status":"suspended","resume":{"triggerType":"Timer","resumeTime":"2030-01-02 03:04:05"}}"#;
        let Conclusion::Suspended(triggers) = concluded(Some(single), Some(0), None, false) else {
            panic!("not suspended");
        };
        assert!(triggers[0].timer.is_some());
        let none = concluded(Some(r#"{"status":"suspended"}"#), Some(0), None, false);
        assert!(matches!(none, Conclusion::Faulted { .. }));
    }
}

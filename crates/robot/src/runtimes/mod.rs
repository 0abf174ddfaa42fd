//! How packages are run. Each runtime turns a package and an order into a [`Plan`], and reads afterwards what the job left.

pub mod command;
pub mod python;

use std::path::PathBuf;

use robot_protocol::{JobError, ResumeTrigger};
use serde_json::{Map, Value};

use crate::place::{self, Place};
use crate::problem::Problem;
use crate::spec::{Ended, Forced};

/// Bytes of an output file, at most.
const OUTPUT_BYTES: u64 = 64 << 20;

/// What to run.
pub struct Plan {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Variables on top of what every job has.
    pub environment: Vec<(&'static str, String)>,
    /// Prefix of `PATH`.
    pub path: Option<PathBuf>,
    /// See [`crate::spec::Logging::follow`].
    pub follow: Option<String>,
}

/// How an execution ended, for the server.
#[derive(Debug)]
pub enum Conclusion {
    /// It came to its end, with this output.
    Successful(Option<Map<String, Value>>),
    /// It was ended as ordered.
    Stopped,
    /// It waits for something; its state is in the runtime's state file.
    Suspended(Vec<ResumeTrigger>),
    /// It failed.
    Faulted { info: String, error: JobError },
}

impl From<Problem> for Conclusion {
    fn from(problem: Problem) -> Self {
        Self::Faulted {
            info: problem.info(),
            error: problem.error(),
        }
    }
}

/// What is the same for all runtimes: an end that did not come from the job itself.
fn forced(ended: &Ended) -> Option<Conclusion> {
    if let Some(reason) = &ended.not_started {
        return Some(Problem::package(reason.clone()).into());
    }
    let taken = ended.ended_at.as_second() - ended.started_at.as_second();
    match ended.forced? {
        Forced::Killed => Some(Conclusion::Stopped),
        Forced::Time => Some(Problem::limit(format!("The job was ended after {taken} s, its time limit")).into()),
        Forced::Memory => Some(Problem::limit("The job used more memory than its limit").into()),
        Forced::Output => Some(Problem::limit("The job wrote more output than its limit").into()),
    }
}

/// Whether the job ended because it was asked to: by the signal, or by the exit code that shells and runners give for it.
fn obeyed(ended: &Ended) -> bool {
    const TERM: i32 = 15;
    ended.asked && (ended.signal == Some(TERM) || ended.code == Some(128 + TERM))
}

/// "exit code 3", "signal 9"
fn how(ended: &Ended) -> String {
    match (ended.code, ended.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    }
}

/// A JSON object that a job left. `None`: there is no such file.
fn object(place: &Place, path: &str) -> Result<Option<Map<String, Value>>, String> {
    let problem = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let Some(mut file) = place.look(path).map_err(problem)? else {
        return Ok(None);
    };
    let text = place::read(&mut file, OUTPUT_BYTES).map_err(problem)?;
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(&text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(format!("{path} is no JSON object")),
        Err(error) => Err(format!("{path} is no JSON: {error}")),
    }
}

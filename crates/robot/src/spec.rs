//! What the robot tells the supervisor of a job, and what it hears back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Limits;

/// `spec.json`: what to run, and how.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// The whole environment.
    pub environment: BTreeMap<String, String>,
    /// The job's part of the directories.
    pub work: PathBuf,
    /// Account and group to run under, instead of the robot's own.
    pub owner: Option<(u32, u32)>,
    pub limits: Limits,
    /// Name of the control group, where one can be made.
    pub name: String,
    pub log: Logging,
}

/// What becomes log entries, and what they carry.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Logging {
    pub process_name: String,
    /// Less important entries are not kept.
    pub level: Level,
    /// Members of every entry.
    pub members: serde_json::Map<String, Value>,
    /// A file below `work` whose lines are entries, `[time][LEVEL] text`; standard output and error are then of interest only when the
    /// runner itself fails.
    pub follow: Option<String>,
}

/// How important a log entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    Trace,
    Debug,
    Information,
    Warning,
    Error,
    Fatal,
    Off,
}

impl Level {
    /// Reads any of the names that are in use (reference: execution 9); unknown ones are information.
    pub fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "trace" | "verbose" => Self::Trace,
            "debug" => Self::Debug,
            "warn" | "warning" => Self::Warning,
            "error" => Self::Error,
            "fatal" | "critical" => Self::Fatal,
            "off" => Self::Off,
            _ => Self::Information,
        }
    }
}

/// `result.json`: how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the pair of `started_at`")]
pub struct Ended {
    /// Exit code.
    pub code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// It could not be started, for this reason.
    pub not_started: Option<String>,
    /// The supervisor ended it.
    pub forced: Option<Forced>,
    /// It was asked to come to an end before.
    pub asked: bool,
    /// The last lines of standard error, and of standard output where that is empty.
    pub last_words: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

/// Why a supervisor ended a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forced {
    /// It was told to.
    Killed,
    Time,
    Memory,
    Output,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_an_order_and_several_names() {
        assert!(Level::named("Verbose") < Level::named("Info"));
        assert_eq!(Level::named("Critical"), Level::Fatal);
        assert_eq!(Level::named("whatever"), Level::Information);
        assert!(Level::Fatal < Level::named("off"));
    }
}

//! The log entries of a job, one JSON text per line of a file. Their numbers are their lines, so sending them again does no harm.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::clock;
use crate::spec::{Level, Logging};

/// Longer texts become several entries. Escaping makes a text six times as long at most, which still fits into one entry.
pub const TEXT_BYTES: usize = 128 << 10;

/// Writes entries.
pub struct Entries<'a> {
    file: File,
    logging: &'a Logging,
    buffer: Vec<u8>,
}

impl<'a> Entries<'a> {
    /// Into a fresh file.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn create(path: &Path, logging: &'a Logging) -> io::Result<Self> {
        Ok(Self {
            file: File::options().write(true).create(true).truncate(true).open(path)?,
            logging,
            buffer: Vec::new(),
        })
    }

    /// "… execution started"
    pub fn started(&mut self) {
        let text = format!("{} execution started", self.logging.process_name);
        self.entry(Level::Information, &text, Map::new());
    }

    /// "… execution ended", with the time it took.
    pub fn ended(&mut self, started: Timestamp, ended: Timestamp) {
        let seconds = (ended.as_microsecond() - started.as_microsecond()).max(0) as f64 / 1e6;
        let whole = seconds as i64;
        let clock = format!("{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
        let mut more = Map::new();
        more.insert("totalExecutionTimeInSeconds".into(), Value::from(whole));
        more.insert("totalExecutionTime".into(), Value::from(clock));
        more.insert("executionTimeInSeconds".into(), Value::from(seconds));
        let text = format!("{} execution ended", self.logging.process_name);
        self.entry(Level::Information, &text, more);
    }

    /// A line of the job.
    pub fn line(&mut self, level: Level, line: &[u8]) {
        if level < self.logging.level {
            return;
        }
        // A text of a database cannot hold the character zero.
        let text = String::from_utf8_lossy(line).replace('\0', "\u{fffd}");
        self.entry(level, text.trim_end_matches(['\r', '\n']), Map::new());
    }

    fn entry(&mut self, level: Level, text: &str, more: Map<String, Value>) {
        if level < self.logging.level {
            return;
        }
        let mut entry = Map::new();
        entry.insert("message".into(), Value::from(text));
        entry.insert("level".into(), serde_json::to_value(level).unwrap_or_default());
        entry.insert("logType".into(), Value::from("Default"));
        entry.insert("timeStamp".into(), Value::from(clock::now().to_string()));
        entry.extend(self.logging.members.clone());
        entry.extend(more);
        // A map of texts and numbers can always be written.
        let _infallible = serde_json::to_writer(&mut self.buffer, &entry);
        self.buffer.push(b'\n');
        if self.buffer.len() > 1 << 20 {
            self.flush();
        }
    }

    /// Makes the entries so far visible to the robot.
    pub fn flush(&mut self) {
        // A full disk costs log entries, not the job.
        let _ = self.file.write_all(&self.buffer);
        self.buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(level: Level, write: impl FnOnce(&mut Entries<'_>)) -> Vec<Value> {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("log");
        let mut members = Map::new();
        members.insert("jobId".into(), "k".into());
        let logging = Logging {
            process_name: "Bill".into(),
            level,
            members,
            follow: None,
        };
        let mut entries = Entries::create(&path, &logging).expect("created");
        write(&mut entries);
        entries.flush();
        let text = std::fs::read_to_string(path).expect("read");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    #[test]
    fn entries_say_who_and_how_long() {
        let entries = written(Level::Information, |entries| {
            entries.started();
            entries.line(Level::Error, b"no \xff paper\0\r");
            let start = Timestamp::UNIX_EPOCH;
            entries.ended(start, start + jiff::SignedDuration::from_secs(3_725));
        });
        assert_eq!(entries[0]["message"], "Bill execution started");
        assert_eq!(entries[0]["jobId"], "k");
        assert_eq!(entries[1]["message"], "no \u{fffd} paper\u{fffd}");
        assert_eq!(entries[1]["level"], "Error");
        assert_eq!(entries[2]["totalExecutionTimeInSeconds"], 3_725);
        assert_eq!(entries[2]["totalExecutionTime"], "01:02:05");
    }

    #[test]
    fn less_important_entries_are_left_out() {
        let entries = written(Level::Warning, |entries| {
            entries.started();
            entries.line(Level::Information, b"a");
            entries.line(Level::Warning, b"b");
        });
        assert_eq!(entries.len(), 1);
        assert!(written(Level::Off, |entries| entries.line(Level::Fatal, b"x")).is_empty());
    }
}

//! Sends what a supervisor writes down, in order, to the server. What could not be sent yet waits in the file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use robot_protocol::{Attempt, LOG_ENTRIES};

use crate::home;
use crate::server::{Api, Refused};

/// Bytes of entries in one call, about.
const CALL_BYTES: usize = 1 << 20;

/// The log of one execution, and how far it was sent.
pub struct Tail {
    directory: PathBuf,
    file: Option<File>,
    /// Bytes sent.
    offset: u64,
    /// Entries sent.
    count: u64,
}

impl Tail {
    /// From where an earlier robot was; sending again does no harm.
    pub fn new(directory: PathBuf) -> Self {
        let said = std::fs::read_to_string(directory.join("sent")).unwrap_or_default();
        let mut numbers = said.split_whitespace().map(str::parse);
        let (offset, count) = match (numbers.next(), numbers.next()) {
            (Some(Ok(offset)), Some(Ok(count))) => (offset, count),
            _ => (0, 0),
        };
        Self {
            directory,
            file: None,
            offset,
            count,
        }
    }

    /// Sends what is there. `last`: nothing will follow, so it needs no note of how far it got.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn forward(&mut self, api: &Api, attempt: Attempt, last: bool) -> Result<(), Refused> {
        loop {
            let found = self
                .next()
                .map_err(|error| Refused::Away(format!("the log cannot be read: {error}")))?;
            let Some((entries, bytes)) = found else {
                return Ok(());
            };
            api.log(attempt, self.count, &entries).await?;
            self.offset += bytes;
            self.count += entries.len() as u64;
            if !last {
                let note = format!("{} {}", self.offset, self.count);
                let _ = home::replace(&self.directory.join("sent"), note.as_bytes());
            }
        }
    }

    /// Sends an entry of the robot's own behind all others.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn add(&mut self, api: &Api, attempt: Attempt, entry: String) -> Result<(), Refused> {
        api.log(attempt, self.count, &[entry]).await
    }

    /// The next entries, with their bytes in the file.
    fn next(&mut self) -> io::Result<Option<(Vec<String>, u64)>> {
        if self.file.is_none() {
            match File::open(self.directory.join("log")) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let Some(file) = self.file.as_mut() else {
            return Ok(None);
        };
        if file.metadata()?.len() <= self.offset {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        let mut entries = Vec::new();
        let mut used = 0;
        // An entry may be as long as a call, so the rest of one that was begun is read as well.
        while entries.is_empty() {
            let before = bytes.len();
            file.take(CALL_BYTES as u64).read_to_end(&mut bytes)?;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                if !line.ends_with(b"\n") || entries.len() == LOG_ENTRIES {
                    break;
                }
                used += line.len();
                entries.push(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            if bytes.len() == before {
                break;
            }
        }
        Ok((!entries.is_empty()).then_some((entries, used as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_are_given_in_calls_of_bounded_length() {
        let root = tempfile::tempdir().expect("a directory");
        let mut tail = Tail::new(root.path().to_owned());
        assert!(tail.next().expect("reads").is_none());
        let mut text = "{\"n\":1}\n".repeat(LOG_ENTRIES + 1);
        text.push_str("{\"n\":");
        std::fs::write(root.path().join("log"), &text).expect("written");
        let (entries, bytes) = tail.next().expect("reads").expect("some");
        assert_eq!((entries.len(), bytes), (LOG_ENTRIES, 8 * LOG_ENTRIES as u64));
        tail.offset += bytes;
        assert_eq!(tail.next().expect("reads").expect("some").0, ["{\"n\":1}"]);
        tail.offset += 8;
        assert!(tail.next().expect("reads").is_none());
        let long = format!("{}\n", "x".repeat(3 * CALL_BYTES));
        std::fs::write(root.path().join("log"), long).expect("written");
        tail.offset = 0;
        assert_eq!(tail.next().expect("reads").expect("some").0[0].len(), 3 * CALL_BYTES);
    }
}

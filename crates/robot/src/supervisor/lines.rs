//! Cuts what a program writes into lines, and keeps its last words.

use super::entries::TEXT_BYTES;
use crate::spec::Level;

/// Bytes that are kept of the end.
const LAST_WORDS: usize = 8 << 10;

/// A stream of text.
#[derive(Default)]
pub struct Lines {
    open: Vec<u8>,
    last: Vec<u8>,
}

impl Lines {
    /// Takes what came; gives each line that is complete. A line that never ends is cut.
    pub fn take(&mut self, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        self.last.extend_from_slice(bytes);
        if self.last.len() > 2 * LAST_WORDS {
            self.last.drain(..self.last.len() - LAST_WORDS);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let complete = part.ends_with(b"\n");
            self.open.extend_from_slice(part);
            while self.open.len() > TEXT_BYTES {
                let at = cut(&self.open, TEXT_BYTES);
                line(&self.open[..at]);
                self.open.drain(..at);
            }
            if complete {
                line(&self.open);
                self.open.clear();
            }
        }
    }

    /// The rest, which has no end of line.
    pub fn end(&mut self, mut line: impl FnMut(&[u8])) {
        if !self.open.is_empty() {
            line(&self.open);
            self.open.clear();
        }
    }

    /// The last lines.
    pub fn last_words(&self) -> String {
        let from = self.last.len().saturating_sub(LAST_WORDS);
        let text = String::from_utf8_lossy(&self.last[from..]).replace('\0', "\u{fffd}");
        let text = text.trim();
        // The first line is likely to be a part only.
        let whole = if from == 0 { None } else { text.split_once('\n') };
        whole.map_or(text, |(_, rest)| rest).to_owned()
    }
}

/// The last place up to `at` that is not within a character of UTF-8.
fn cut(bytes: &[u8], at: usize) -> usize {
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    (at.saturating_sub(3)..=at)
        .rev()
        .find(|at| !continues(bytes[*at]))
        .unwrap_or(at)
}

/// Reads a line of the Python runtime's log file: `[time][LEVEL] text`. Other lines go on with the level of the one before.
pub fn logged<'a>(line: &'a [u8], before: &mut Level) -> (Level, &'a [u8]) {
    let found = || {
        let rest = line.strip_prefix(b"[")?;
        let rest = &rest[rest.iter().position(|byte| *byte == b']')? + 1..];
        let rest = rest.strip_prefix(b"[")?;
        let end = rest.iter().position(|byte| *byte == b']')?;
        let name = std::str::from_utf8(&rest[..end]).ok()?;
        name.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(())?;
        let text = &rest[end + 1..];
        Some((Level::named(name), text.strip_prefix(b" ").unwrap_or(text)))
    };
    match found() {
        Some((level, text)) => {
            *before = level;
            (level, text)
        }
        None => (*before, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_up(pieces: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in pieces {
            lines.take(piece.as_bytes(), |line| {
                found.push(String::from_utf8_lossy(line).into_owned());
            });
        }
        lines.end(|line| found.push(String::from_utf8_lossy(line).into_owned()));
        found
    }

    #[test]
    fn lines_are_found_however_they_come() {
        assert_eq!(cut_up(&["a", "b\nc\n\nd"]), ["ab\n", "c\n", "\n", "d"]);
        assert!(cut_up(&[]).is_empty());
    }

    #[test]
    fn endless_lines_are_cut_between_characters() {
        let text = format!("x{}", "é".repeat(TEXT_BYTES));
        let found = cut_up(&[&text]);
        assert!(found.len() == 3 && found.iter().all(|line| line.len() <= TEXT_BYTES));
        assert_eq!(found.concat(), text);
    }

    #[test]
    fn the_last_words_are_whole_lines() {
        let mut lines = Lines::default();
        for number in 0..10_000 {
            lines.take(format!("line {number}\n").as_bytes(), |_| {});
        }
        let words = lines.last_words();
        assert!(words.len() <= LAST_WORDS && words.ends_with("line 9999"));
        assert!(words.starts_with("line "), "{words}");
    }

    #[test]
    fn the_runtimes_log_has_levels() {
        let mut before = Level::Information;
        let line = b"[2026-01-02 03:04:05,678][ERROR] went wrong";
        assert_eq!(logged(line, &mut before), (Level::Error, &b"went wrong"[..]));
        assert_eq!(logged(b"Traceback", &mut before), (Level::Error, &b"Traceback"[..]));
        assert_eq!(logged(b"[x] [y]", &mut before), (Level::Error, &b"[x] [y]"[..]));
    }
}

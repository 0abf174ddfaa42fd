//! The CSV text of a part while it is written.

use accounts::audit::csv_line;

/// Bytes from which a part is full.
const FULL: usize = 1 << 20;

/// Takes the rows of an export. Text is UTF-8, begins with a byte order mark, follows RFC 4180, and no cell can be taken for a formula.
#[derive(Debug, Default)]
pub struct Sheet {
    text: String,
    rows: i64,
}

impl Sheet {
    /// The beginning of a file.
    pub(super) fn first(columns: &[&str]) -> Self {
        Self {
            text: format!("\u{feff}{}", csv_line(columns)),
            rows: 0,
        }
    }

    /// Adds a row, with a cell for each column.
    pub fn row(&mut self, cells: &[&str]) {
        self.text.push_str(&csv_line(cells));
        self.rows += 1;
    }

    /// Whether the part has its size: the exporter stops after the row it is at.
    pub fn is_full(&self) -> bool {
        self.text.len() >= FULL
    }

    pub(super) fn rows(&self) -> i64 {
        self.rows
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_begins_with_a_mark_and_its_columns() {
        let mut sheet = Sheet::first(&["Id", "Name"]);
        sheet.row(&["1", "=1+1"]);
        sheet.row(&["2", "a \"b\",\nc"]);
        assert_eq!(sheet.rows(), 2);
        assert_eq!(
            sheet.into_text(),
            "\u{feff}\"Id\",\"Name\"\r\n\"1\",\"'=1+1\"\r\n\"2\",\"a \"\"b\"\",\nc\"\r\n"
        );
    }

    #[test]
    fn a_part_is_full_at_a_mebibyte() {
        let mut sheet = Sheet::default();
        sheet.row(&[&"x".repeat(FULL - 10)]);
        assert!(!sheet.is_full());
        sheet.row(&["0123456789"]);
        assert!(sheet.is_full());
    }
}

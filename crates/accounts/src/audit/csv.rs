//! CSV that a spreadsheet cannot be tricked by (reference: identity 7, row 144).

/// A line of RFC 4180: every cell in quotes, formulas made harmless by a leading apostrophe.
pub fn csv_line(cells: &[&str]) -> String {
    let mut line = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        line.push('"');
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            line.push('\'');
        }
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_neutralized_and_quotes_doubled() {
        assert_eq!(
            csv_line(&["a", "=cmd|' /C calc'!A0", "say \"hi\""]),
            "\"a\",\"'=cmd|' /C calc'!A0\",\"say \"\"hi\"\"\"\r\n"
        );
        assert_eq!(csv_line(&["-1", "@x", "\tx"]), "\"'-1\",\"'@x\",\"'\tx\"\r\n");
    }
}

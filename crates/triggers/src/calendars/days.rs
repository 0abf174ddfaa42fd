//! Days of calendars: on the wire midnight UTC of the day, in files one to a line.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// Days of one calendar.
pub const MOST: usize = 5_000;
/// Name of the column of a file (reference: resources 7).
pub const HEADER: &str = "ExcludedDate";

const FIRST: Date = date(1970, 1, 1);

/// Days since 1 January 1970.
pub fn number(day: Date) -> i64 {
    i64::from((day - FIRST).get_days())
}

/// The day with this number.
pub fn day(number: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(number).ok()?;
    FIRST.checked_add(span).ok()
}

/// `2026-12-25T00:00:00Z`
pub fn wire(number: i64) -> Option<String> {
    day(number).map(|day| format!("{day}T00:00:00Z"))
}

/// Reads a day of the wire: a moment, whose day in UTC it is, or the day alone.
pub fn of_wire(text: &str) -> Option<i64> {
    let text = text.trim();
    let day = text.parse::<Timestamp>().map_or_else(
        // Without offset it is a local time: the day as it is written.
        |_| text.parse::<Date>().ok(),
        |moment| Some(TimeZone::UTC.to_datetime(moment).date()),
    );
    day.filter(|day| is_sensible(*day)).map(number)
}

/// Reads the days of a file: a line each, `YYYY-MM-DD`, `YYYY/MM/DD` or `YYYY MM DD`, with or without the header.
///
/// # Errors
/// What is wrong, with the number of the line.
pub fn of_file(text: &str) -> Result<Vec<i64>, String> {
    let mut days = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let cell = line.trim().trim_end_matches([',', ';']).trim().trim_matches('"').trim();
        if cell.is_empty() || (days.is_empty() && cell.eq_ignore_ascii_case(HEADER)) {
            continue;
        }
        if days.len() >= MOST {
            return Err(format!("A calendar can have at most {MOST} days."));
        }
        let day = of_cell(cell).ok_or_else(|| {
            let cell = context::shortened(cell, 40);
            format!("Line {}: “{cell}” is not a day like 2026-12-25.", at + 1)
        })?;
        days.push(number(day));
    }
    Ok(days)
}

fn of_cell(cell: &str) -> Option<Date> {
    let parts: Vec<&str> = cell.split(['-', '/', ' ']).collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let digits = |text: &str, most: usize| {
        let plain = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i16>().ok()).flatten()
    };
    let day = Date::new(
        digits(year, 4)?,
        i8::try_from(digits(month, 2)?).ok()?,
        i8::try_from(digits(day, 2)?).ok()?,
    );
    day.ok().filter(|day| is_sensible(*day))
}

fn is_sensible(day: Date) -> bool {
    (1900..=2199).contains(&day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_wire_are_those_of_utc() {
        let days = [
            "2026-12-25T00:00:00Z",
            "2026-12-25",
            "2026-12-26T01:00:00+02:00",
            "2026-12-25T00:00:00",
        ]
        .map(of_wire);
        assert_eq!(days, [Some(number(date(2026, 12, 25))); 4]);
        assert_eq!(["", "x", "2026-02-30", "0001-01-01T00:00:00Z"].map(of_wire), [None; 4]);
        assert_eq!(
            wire(number(date(1969, 12, 31))).as_deref(),
            Some("1969-12-31T00:00:00Z")
        );
    }

    #[test]
    fn files_may_have_a_header_and_three_ways_of_writing() {
        let read = of_file("\u{feff}ExcludedDate\r\n2026-12-24\r\n\"2026/12/25\",\r\n\r\n2026 12 26\r\n").unwrap();
        assert_eq!(
            read.iter().map(|day| wire(*day).unwrap()).collect::<Vec<_>>(),
            ["2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z"]
        );
        assert_eq!(
            of_file("2026-12-24\n24.12.2026").unwrap_err(),
            "Line 2: “24.12.2026” is not a day like 2026-12-25."
        );
        assert!(of_file("2026-02-29").is_err() && of_file("2026-12-24\nExcludedDate").is_err());
        assert!(of_file(&"2026-12-24\n".repeat(MOST + 1)).is_err());
        assert!(of_file("").unwrap().is_empty());
    }
}

//! Quartz expressions: reading them, and when they fire in a time zone (reference: execution 8.2 and 8.3).
//!
//! `second minute hour day-of-month month day-of-week [year]`; one of the two day fields is `?`. A local time that the clock skips
//! fires at the next instant that exists, one that the clock repeats fires once, the first time.

mod days;
mod field;
mod summary;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use days::Days;
use field::{Bits, Range};

/// Years that an expression can name.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;
/// Seconds that lie between two firings at least.
pub const LEAST_SECONDS: u32 = 10;
/// Characters of an expression.
pub const LONGEST: usize = 255;

/// Why an expression is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read; the reason.
    Form(String),
    /// It would fire more often than every [`LEAST_SECONDS`] seconds.
    TooFrequent,
}

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    seconds: Bits,
    minutes: Bits,
    hours: Bits,
    months: Bits,
    days: Days,
    /// `None`: all. Else which of [`YEARS`].
    years: Option<Vec<i16>>,
    /// The second field is `0`: it fires at the second it was made at.
    floating: bool,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`Fault::Form`] with what is wrong with which field, [`Fault::TooFrequent`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::Form(format!(
                "An expression can have at most {LONGEST} characters."
            )));
        }
        let text = text.to_ascii_uppercase();
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let (six, year) = match fields.as_slice() {
            [six @ .., year] if six.len() == 6 => (six, Some(*year)),
            six if six.len() == 6 => (six, None),
            other => {
                return Err(Fault::Form(format!(
                    "It has {} fields; 6 or 7 are needed.",
                    other.len()
                )));
            }
        };
        let set = |at: usize, range: &Range| field::set(six[at], range).map_err(Fault::Form);
        let cron = Self {
            seconds: set(0, &field::SECONDS)?,
            minutes: set(1, &field::MINUTES)?,
            hours: set(2, &field::HOURS)?,
            months: set(4, &field::MONTHS)?,
            days: Days::parse(six[3], six[5]).map_err(Fault::Form)?,
            years: year.map_or(Ok(None), field::years).map_err(Fault::Form)?,
            floating: six[0] == "0",
        };
        if cron.is_too_frequent() {
            return Err(Fault::TooFrequent);
        }
        Ok(cron)
    }

    /// The expression as a trigger keeps it that was made at this second of a minute: where the second field is `0`, it fires at that
    /// second (reference: execution 8.3, rule 1).
    pub fn made_at(mut self, second: i8) -> Self {
        if self.floating {
            self.seconds = Bits::one(second);
        }
        self
    }

    fn is_too_frequent(&self) -> bool {
        let seconds: Vec<i8> = self.seconds.iter().collect();
        let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
            return false;
        };
        let over = i32::from(*first) + 60 - i32::from(*last);
        let gaps = seconds.windows(2).map(|pair| i32::from(pair[1] - pair[0]));
        seconds.len() > 1 && gaps.chain([over]).any(|gap| gap < LEAST_SECONDS.cast_signed())
    }

    /// The first moment after `after` at which it fires in a zone; `None` when it never does again.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut local = zone.to_datetime(after);
        loop {
            local = self.next_local(local)?;
            let instant = instant_of(local, zone)?;
            if instant > after {
                return Some(instant);
            }
        }
    }

    /// The next moments at which it fires.
    pub fn upcoming(&self, after: Timestamp, zone: &TimeZone, most: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(after, zone), |last| self.next(*last, zone))
            .take(most)
            .collect()
    }

    /// The first local time after `after` that matches, whether clocks show it or not.
    fn next_local(&self, after: DateTime) -> Option<DateTime> {
        let start = after
            .checked_add(1.second())
            .ok()?
            .with()
            .subsec_nanosecond(0)
            .build()
            .ok()?;
        if self.matches_date(start.date())
            && let Some(time) = self.time_from(start.time())
        {
            return Some(start.date().to_datetime(time));
        }
        let date = self.date_after(start.date())?;
        Some(date.to_datetime(self.time_from(Time::midnight())?))
    }

    fn matches_date(&self, date: Date) -> bool {
        self.has_year(date.year())
            && self.months.has(date.month())
            && self.days.of_month(date.year(), date.month()).has(date.day())
    }

    fn date_after(&self, date: Date) -> Option<Date> {
        for year in date.year().max(*YEARS.start())..=*YEARS.end() {
            if !self.has_year(year) {
                continue;
            }
            for month in self.months.iter() {
                if (year, month) < (date.year(), date.month()) {
                    continue;
                }
                let is_this = (year, month) == (date.year(), date.month());
                let from = if is_this { date.day() + 1 } else { 1 };
                if let Some(day) = self.days.of_month(year, month).from(from) {
                    return Date::new(year, month, day).ok();
                }
            }
        }
        None
    }

    fn has_year(&self, year: i16) -> bool {
        YEARS.contains(&year) && self.years.as_ref().is_none_or(|years| years.contains(&year))
    }

    /// The first time of a day that matches and is not before `time`.
    fn time_from(&self, time: Time) -> Option<Time> {
        let (first_minute, first_second) = (self.minutes.from(0)?, self.seconds.from(0)?);
        let mut hour = self.hours.from(time.hour())?;
        if hour == time.hour() {
            if let Some(minute) = self.minutes.from(time.minute()) {
                if minute > time.minute() {
                    return Time::new(hour, minute, first_second, 0).ok();
                }
                if let Some(second) = self.seconds.from(time.second()) {
                    return Time::new(hour, minute, second, 0).ok();
                }
                if let Some(minute) = self.minutes.from(minute + 1) {
                    return Time::new(hour, minute, first_second, 0).ok();
                }
            }
            hour = self.hours.from(hour + 1)?;
        }
        Time::new(hour, first_minute, first_second, 0).ok()
    }
}

/// The instant of a local time: the first of two, or the end of the gap it lies in.
fn instant_of(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        // Read with the offset after the gap, the time lies before the change of clocks.
        AmbiguousOffset::Gap { after, .. } => {
            let inside = after.to_timestamp(local).ok()?;
            zone.following(inside).next().map(|change| change.timestamp())
        }
    }
}

#[cfg(test)]
mod tests;

//! The two fields of days. Exactly one of them says something; the other is `?`.

use jiff::civil::{Date, Weekday};

use super::field::{Bits, MONTH_DAYS, Range, WEEK_DAYS, number};

/// The days of a month that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    OfMonth(Vec<OfMonth>),
    OfWeek(Vec<OfWeek>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfMonth {
    These(Bits),
    /// `L`, `L-3`; with `W` the working day nearest to it.
    Last {
        before: i8,
        working: bool,
    },
    /// `15W`: the working day nearest to the day, in the same month.
    Nearest(i8),
}

/// Sunday is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfWeek {
    These(Bits),
    /// `6L`: the last Friday.
    Last(i8),
    /// `6#3`: the third Friday.
    Nth(i8, i8),
}

impl Days {
    pub(super) fn parse(of_month: &str, of_week: &str) -> Result<Self, String> {
        match (of_month, of_week) {
            ("?", "?") => Err("Only one of day of month and day of week can be “?”.".to_owned()),
            ("?", days) => days
                .split(',')
                .map(week_part)
                .collect::<Result<_, _>>()
                .map(Self::OfWeek),
            (days, "?") => days
                .split(',')
                .map(month_part)
                .collect::<Result<_, _>>()
                .map(Self::OfMonth),
            _ => Err("One of day of month and day of week must be “?”.".to_owned()),
        }
    }

    /// The days of a month that match.
    pub(super) fn of_month(&self, year: i16, month: i8) -> Bits {
        let mut days = Bits::default();
        let Ok(first) = Date::new(year, month, 1) else {
            return days;
        };
        let length = first.days_in_month();
        let mut add = |day: i8| {
            if (1..=length).contains(&day) {
                days.add(day);
            }
        };
        match self {
            Self::OfMonth(parts) => {
                for part in parts {
                    match *part {
                        OfMonth::These(these) => these.iter().for_each(&mut add),
                        OfMonth::Last { before, working } => {
                            let day = length - before;
                            add(if working { nearest_working(first, day) } else { day });
                        }
                        OfMonth::Nearest(day) => add(nearest_working(first, day)),
                    }
                }
            }
            Self::OfWeek(parts) => {
                // The first day of the month that is this day of the week.
                let first_of = |weekday: i8| 1 + (weekday - number_of(first.weekday())).rem_euclid(7);
                for part in parts {
                    match *part {
                        OfWeek::These(these) => {
                            for weekday in these.iter() {
                                (0..5).for_each(|week| add(first_of(weekday) + 7 * week));
                            }
                        }
                        OfWeek::Last(weekday) => {
                            let first = first_of(weekday);
                            add(first + (length - first) / 7 * 7);
                        }
                        OfWeek::Nth(weekday, nth) => add(first_of(weekday) + 7 * (nth - 1)),
                    }
                }
            }
        }
        days
    }
}

/// Sunday is 1.
fn number_of(weekday: Weekday) -> i8 {
    weekday.to_sunday_one_offset()
}

/// The working day (Monday to Friday) nearest to a day, in the same month; 0 for a day that the month does not have.
fn nearest_working(first: Date, day: i8) -> i8 {
    let Ok(date) = Date::new(first.year(), first.month(), day) else {
        return 0;
    };
    match date.weekday() {
        Weekday::Saturday if day == 1 => 3,
        Weekday::Saturday => day - 1,
        Weekday::Sunday if day == first.days_in_month() => day - 2,
        Weekday::Sunday => day + 1,
        _ => day,
    }
}

fn month_part(text: &str) -> Result<OfMonth, String> {
    let range: &Range = &MONTH_DAYS;
    let wrong = || range.wrong(text);
    if let Some(rest) = text.strip_prefix('L') {
        let (rest, working) = match rest.strip_suffix('W') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let before = match rest.strip_prefix('-') {
            Some(before) => number(before).filter(|before| *before <= 30).ok_or_else(wrong)?,
            None if rest.is_empty() => 0,
            None => return Err(wrong()),
        };
        return Ok(OfMonth::Last { before, working });
    }
    match text.strip_suffix('W') {
        Some(day) => Ok(OfMonth::Nearest(range.value(day).map_err(|_| wrong())?)),
        None => range.part(text).map(OfMonth::These),
    }
}

fn week_part(text: &str) -> Result<OfWeek, String> {
    let range: &Range = &WEEK_DAYS;
    let wrong = || range.wrong(text);
    if text == "L" {
        return Ok(OfWeek::These(Bits::one(range.most)));
    }
    if let Some((day, nth)) = text.split_once('#') {
        let nth = number(nth).filter(|nth| (1..=5).contains(nth)).ok_or_else(wrong)?;
        return Ok(OfWeek::Nth(range.value(day).map_err(|_| wrong())?, nth));
    }
    match text.strip_suffix('L') {
        Some(day) => Ok(OfWeek::Last(range.value(day).map_err(|_| wrong())?)),
        None => range.part(text).map(OfWeek::These),
    }
}

//! An expression in words (`StartProcessCronSummary`).

use super::Cron;
use super::days::{Days, OfMonth, OfWeek};
use super::field::{Bits, HOURS, MINUTES, MONTHS, Range, WEEK_DAYS};

const WEEK: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const YEAR: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Cron {
    /// `At 09:00, Monday to Friday`
    pub fn summary(&self) -> String {
        let mut parts = vec![self.time()];
        parts.extend(self.days());
        if self.months.len() < 12 {
            parts.push(format!(
                "in {}",
                listed(self.months, &MONTHS, |month| name(&YEAR, month))
            ));
        }
        if let Some(years) = &self.years {
            let shown: Vec<String> = years.iter().take(5).map(i16::to_string).collect();
            let more = if years.len() > 5 { ", …" } else { "" };
            parts.push(format!("in {}{more}", shown.join(", ")));
        }
        parts.join(", ")
    }

    fn time(&self) -> String {
        let single = |bits: Bits| bits.iter().next().filter(|_| bits.len() == 1);
        let second = single(self.seconds);
        if let (Some(second), Some(minute)) = (second, single(self.minutes))
            && (1..=4).contains(&self.hours.len())
        {
            let times: Vec<String> = self
                .hours
                .iter()
                .map(|hour| match second {
                    0 => format!("{hour:02}:{minute:02}"),
                    _ => format!("{hour:02}:{minute:02}:{second:02}"),
                })
                .collect();
            return format!("At {}", times.join(", "));
        }
        let mut told = String::new();
        match second {
            Some(0) => {}
            Some(second) => told = format!("At second {second}, "),
            None => told = format!("At seconds {}, ", numbers(self.seconds, &MINUTES)),
        }
        let minutes = match every(self.minutes, &MINUTES) {
            Some(1) => "every minute".to_owned(),
            Some(step) => format!("every {step} minutes"),
            None => format!("at minute {}", numbers(self.minutes, &MINUTES)),
        };
        told += &minutes;
        if self.hours.len() < 24 {
            let hours = match every(self.hours, &HOURS) {
                Some(step) => format!(", every {step} hours"),
                None => format!(", in hour {}", numbers(self.hours, &HOURS)),
            };
            told += &hours;
        } else if every(self.minutes, &MINUTES).is_none() {
            told += " of every hour";
        }
        let mut letters = told.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    fn days(&self) -> Option<String> {
        let parts: Vec<String> = match &self.days {
            Days::OfMonth(parts) => parts.iter().filter_map(|part| of_month(*part)).collect(),
            Days::OfWeek(parts) => parts.iter().filter_map(|part| of_week(*part)).collect(),
        };
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}

fn of_month(part: OfMonth) -> Option<String> {
    let before = |days: i8| match days {
        0 => String::new(),
        1 => " but one day".to_owned(),
        days => format!(" but {days} days"),
    };
    Some(match part {
        OfMonth::These(days) if days.len() == 31 => return None,
        OfMonth::These(days) => format!("on day {} of the month", numbers(days, &super::field::MONTH_DAYS)),
        OfMonth::Last {
            before: days,
            working: false,
        } => format!("on the last day of the month{}", before(days)),
        OfMonth::Last {
            before: days,
            working: true,
        } => {
            format!(
                "on the working day nearest to the last day of the month{}",
                before(days)
            )
        }
        OfMonth::Nearest(day) => format!("on the working day nearest to day {day} of the month"),
    })
}

fn of_week(part: OfWeek) -> Option<String> {
    const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    Some(match part {
        OfWeek::These(days) if days.len() == 7 => return None,
        OfWeek::These(days) => listed(days, &WEEK_DAYS, |day| name(&WEEK, day)),
        OfWeek::Last(day) => format!("on the last {} of the month", name(&WEEK, day)),
        OfWeek::Nth(day, nth) => format!("on the {} {} of the month", name(&NTH, nth), name(&WEEK, day)),
    })
}

fn name(names: &[&str], number: i8) -> String {
    let at = usize::try_from(number - 1).unwrap_or_default();
    names.get(at).copied().unwrap_or_default().to_owned()
}

fn numbers(bits: Bits, range: &Range) -> String {
    listed(bits, range, |number| number.to_string())
}

/// Numbers with runs of three and more drawn together.
fn listed(bits: Bits, range: &Range, show: impl Fn(i8) -> String) -> String {
    let mut runs: Vec<(i8, i8)> = Vec::new();
    for number in bits.iter().filter(|number| *number <= range.most) {
        match runs.last_mut() {
            Some((_, to)) if *to + 1 == number => *to = number,
            _ => runs.push((number, number)),
        }
    }
    let mut told = Vec::new();
    for (from, to) in runs {
        if to - from >= 2 {
            told.push(format!("{} to {}", show(from), show(to)));
        } else {
            told.extend((from..=to).map(&show));
        }
    }
    told.join(", ")
}

/// The step of a field that goes evenly over its whole range.
fn every(bits: Bits, range: &Range) -> Option<i8> {
    let numbers: Vec<i8> = bits.iter().collect();
    let [first, second, ..] = numbers.as_slice() else {
        return None;
    };
    let step = second - first;
    let even = numbers.windows(2).all(|pair| pair[1] - pair[0] == step);
    (*first == 0 && even && numbers.last().is_some_and(|last| last + step > range.most)).then_some(step)
}

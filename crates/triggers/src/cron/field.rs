//! One field of an expression: lists of values, ranges and steps.

/// A set of numbers from 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bits(u64);

impl Bits {
    pub(super) fn one(number: i8) -> Self {
        Self(1 << (number & 63))
    }

    pub(super) fn add(&mut self, number: i8) {
        self.0 |= Self::one(number).0;
    }

    pub(super) fn has(self, number: i8) -> bool {
        self.0 & Self::one(number).0 != 0
    }

    /// The least number that is not below `least`.
    pub(super) fn from(self, least: i8) -> Option<i8> {
        let left = self.0 & (u64::MAX.checked_shl(u32::try_from(least).ok()?)?);
        (left != 0).then(|| left.trailing_zeros() as i8)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = i8> {
        (0..64).filter(move |number| self.has(*number))
    }

    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }
}

impl std::ops::BitOr for Bits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a field may hold.
pub(super) struct Range {
    pub name: &'static str,
    pub least: i8,
    pub most: i8,
    /// Names of the numbers from `least` on.
    pub names: &'static [&'static str],
}

pub(super) const SECONDS: Range = Range {
    name: "seconds",
    least: 0,
    most: 59,
    names: &[],
};
pub(super) const MINUTES: Range = Range {
    name: "minutes",
    ..SECONDS
};
pub(super) const HOURS: Range = Range {
    name: "hours",
    most: 23,
    ..SECONDS
};
pub(super) const MONTH_DAYS: Range = Range {
    name: "day of month",
    least: 1,
    most: 31,
    names: &[],
};
pub(super) const MONTHS: Range = Range {
    name: "month",
    least: 1,
    most: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};
/// Sunday is 1.
pub(super) const WEEK_DAYS: Range = Range {
    name: "day of week",
    least: 1,
    most: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

impl Range {
    pub(super) fn wrong(&self, part: &str) -> String {
        let part: String = part.chars().take(40).collect();
        format!("“{part}” is not understood in the field {}.", self.name)
    }

    /// A number or a name.
    pub(super) fn value(&self, text: &str) -> Result<i8, String> {
        let named = self.names.iter().position(|name| *name == text);
        let number = match named {
            Some(at) => Some(self.least + at as i8),
            None => number(text),
        };
        number
            .filter(|number| (self.least..=self.most).contains(number))
            .ok_or_else(|| self.wrong(text))
    }

    /// `*`, `5`, `1-5`, `22-2`, `0/15`, `*/15`, `/15`, `1-31/2`: one entry of a list.
    pub(super) fn part(&self, text: &str) -> Result<Bits, String> {
        let (span, step) = match text.split_once('/') {
            Some((span, step)) => (span, Some(step)),
            None => (text, None),
        };
        let step = match step {
            Some(step) => number(step)
                .filter(|step| (1..=self.most).contains(step))
                .ok_or_else(|| self.wrong(text))?,
            None => 1,
        };
        let (from, to) = if span == "*" || (span.is_empty() && text.starts_with('/')) {
            (self.least, self.most)
        } else if let Some((from, to)) = span.split_once('-') {
            (self.value(from)?, self.value(to)?)
        } else {
            let from = self.value(span)?;
            (from, if text.contains('/') { self.most } else { from })
        };
        // A range that ends before it begins goes on over the end.
        let size = i16::from(self.most - self.least) + 1;
        let length = (i16::from(to) - i16::from(from)).rem_euclid(size);
        let mut bits = Bits::default();
        for at in (0..=length).step_by(step as usize) {
            let number = (i16::from(from - self.least) + at) % size;
            bits.add(number as i8 + self.least);
        }
        Ok(bits)
    }
}

/// A plain number of a field: digits and nothing else.
pub(super) fn number(text: &str) -> Option<i8> {
    let plain = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads a whole field without special days.
pub(super) fn set(text: &str, range: &Range) -> Result<Bits, String> {
    let mut parts = text.split(',').map(|part| range.part(part));
    parts.try_fold(Bits::default(), |set, part| Ok(set | part?))
}

/// Reads the field of years; `None`: all.
pub(super) fn years(text: &str) -> Result<Option<Vec<i16>>, String> {
    if text == "*" {
        return Ok(None);
    }
    let wrong = || {
        let part: String = text.chars().take(40).collect();
        format!("“{part}” is not understood in the field year; it takes 1970 to 2199.")
    };
    let year = |text: &str| {
        let plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let year = plain.then(|| text.parse::<i16>().ok()).flatten();
        year.filter(|year| super::YEARS.contains(year)).ok_or_else(wrong)
    };
    let mut years = Vec::new();
    for part in text.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, number(step).filter(|step| *step > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = if span == "*" {
            (*super::YEARS.start(), *super::YEARS.end())
        } else if let Some((from, to)) = span.split_once('-') {
            (year(from)?, year(to)?)
        } else {
            let from = year(span)?;
            (from, if part.contains('/') { *super::YEARS.end() } else { from })
        };
        if from > to {
            return Err(wrong());
        }
        years.extend((from..=to).step_by(step as usize));
    }
    Ok(Some(years))
}

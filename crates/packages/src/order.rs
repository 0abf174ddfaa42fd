//! The order of versions (reference: execution 3.6; SemVer 2.0.0 section 11, with the fourth number of NuGet).

use std::fmt::Write as _;

/// Characters of a version.
pub const LONGEST_VERSION: usize = 64;
/// Numbers before the suffix.
const NUMBERS: usize = 4;

/// A version taken apart: up to four numbers, and a suffix where it is a prerelease. What follows a `+` says nothing about order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: [u32; NUMBERS],
    /// Identifiers of the suffix, in lower case.
    suffix: Vec<String>,
    /// The suffix as it is written.
    written: String,
}

impl Version {
    /// Reads a version; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_VERSION {
            return None;
        }
        let (text, build) = split(text, '+');
        let (numbers, suffix) = split(text, '-');
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if build.is_some_and(|build| !build.split('.').all(is_word)) {
            return None;
        }
        let mut read = [0; NUMBERS];
        for (count, number) in numbers.split('.').enumerate() {
            let place = read.get_mut(count)?;
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            *place = number.parse().ok()?;
        }
        let mut identifiers = Vec::new();
        for identifier in suffix.into_iter().flat_map(|suffix| suffix.split('.')) {
            if !is_word(identifier) {
                return None;
            }
            identifiers.push(identifier.to_ascii_lowercase());
        }
        Some(Self {
            numbers: read,
            suffix: identifiers,
            written: suffix.unwrap_or_default().to_owned(),
        })
    }

    pub fn is_prerelease(&self) -> bool {
        !self.suffix.is_empty()
    }

    /// A text of hexadecimal digits that sorts as the version does, whatever the order of letters in the database. Versions that mean
    /// the same (`1.0`, `1.0.0+a`) have the same.
    ///
    /// | bytes | meaning |
    /// |---|---|
    /// | 4 × 4 | the numbers |
    /// | 1 | 2 for a release, 1 for a prerelease |
    /// | per identifier | 1, number of digits, digits; or 2, letters, 0 |
    /// | 1 | 0: no more identifiers |
    pub fn rank(&self) -> String {
        let mut bytes: Vec<u8> = self.numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        bytes.push(if self.is_prerelease() { 1 } else { 2 });
        for identifier in &self.suffix {
            if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
                let digits = identifier.trim_start_matches('0');
                bytes.extend([1, u8::try_from(digits.len()).unwrap_or(u8::MAX)]);
                bytes.extend(digits.bytes());
            } else {
                bytes.push(2);
                bytes.extend(identifier.bytes());
                bytes.push(0);
            }
        }
        bytes.push(0);
        bytes
            .iter()
            .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
                // Writing to a text cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }

    /// As NuGet writes it: three numbers, the fourth only where it is not 0, and no build metadata.
    pub fn normalized(&self) -> String {
        let [major, minor, patch, revision] = self.numbers;
        let mut text = format!("{major}.{minor}.{patch}");
        if revision > 0 {
            let _ = write!(text, ".{revision}");
        }
        if self.is_prerelease() {
            let _ = write!(text, "-{}", self.written);
        }
        text
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The rank of a version as a caller writes it; for what is no version, one that nothing has.
pub fn rank_of(text: &str) -> String {
    Version::parse(text).map(|version| version.rank()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ascending: &[&str]) {
        let ranks: Vec<String> = ascending
            .iter()
            .map(|text| Version::parse(text).unwrap_or_else(|| panic!("{text}")).rank())
            .collect();
        for (pair, names) in ranks.windows(2).zip(ascending.windows(2)) {
            assert!(pair[0] < pair[1], "{names:?}");
        }
    }

    #[test]
    fn ranks_sort_as_versions_do() {
        // The example of SemVer 2.0.0, section 11.
        check(&[
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
        ]);
        check(&["1.9.0", "1.10.0", "1.10.0.1", "2.0", "10.0"]);
        check(&["1.0.6980.35861", "1.0.6981.2", "1.0.6981.35861"]);
        check(&[
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-a",
            "1.0.0-a-b",
            "1.0.0-a1",
            "1.0.0-ab",
            "1.0.0-b",
        ]);
        check(&[
            "1.0.0-99999999999999999998",
            "1.0.0-99999999999999999999",
            "1.0.0-100000000000000000000",
        ]);
        check(&["0.0.0", "0.0.1-x", "4294967295.0.0"]);
    }

    #[test]
    fn versions_that_mean_the_same_have_one_rank() {
        for (one, other) in [
            ("1.0", "1.0.0.0"),
            ("1", "1.0.0"),
            ("01.02", "1.2.0"),
            ("1.0.0+build.5", "1.0.0"),
            ("1.0.0-RC.1", "1.0.0-rc.1"),
            ("1.0.0-rc.01", "1.0.0-rc.1"),
        ] {
            assert_eq!(rank_of(one), rank_of(other), "{one} {other}");
            assert!(!rank_of(one).is_empty());
        }
    }

    #[test]
    fn ranks_are_hexadecimal_digits() {
        let rank = rank_of("1.2.3-Alpha.7");
        assert!(
            rank.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{rank}"
        );
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "a",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "1.0-",
            "1.0-a..b",
            "1.0.0-a_b",
            "1.0 ",
            "-1",
            "1.0+",
            "4294967296",
            "1.0.0.dev1",
            "1.0rc1",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert_eq!(Version::parse(&"1".repeat(65)), None);
        assert_eq!(rank_of("nothing"), "");
    }

    #[test]
    fn the_normal_form_is_that_of_nuget() {
        let normal = |text: &str| Version::parse(text).unwrap().normalized();
        assert_eq!(normal("1.0"), "1.0.0");
        assert_eq!(normal("01.2.3.0"), "1.2.3");
        assert_eq!(normal("1.2.3.4-Beta.1+x"), "1.2.3.4-Beta.1");
    }
}

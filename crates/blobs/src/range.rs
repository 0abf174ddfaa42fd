//! Parts of a content (RFC 9110 section 14).

use std::ops::Range;

/// The part that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// From the first byte to the last one, both included; without a last one to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Wanted {
    /// Reads a `Range` header. Several ranges, other units and what is not well formed count as if the header were not there.
    pub fn parse(header: &str) -> Option<Self> {
        let (unit, ranges) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = ranges.trim().split_once('-')?;
        let number = |text: &str| text.trim().parse::<u64>().ok();
        match (first.trim().is_empty(), last.trim().is_empty()) {
            (true, false) => number(last).map(Self::Last),
            (false, true) => number(first).map(|first| Self::From(first, None)),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
            (true, true) => None,
        }
    }

    /// The part of a content of `size` bytes; `None` when there is nothing of it.
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        match self {
            Self::From(first, last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                (first < size).then_some(first..end)
            }
            Self::Last(bytes) => (bytes > 0 && size > 0).then(|| size.saturating_sub(bytes)..size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_and_cut_to_the_content() {
        let within = |header: &str| Wanted::parse(header).map(|wanted| wanted.within(10));
        assert_eq!(within("bytes=0-3"), Some(Some(0..4)));
        assert_eq!(within("bytes=4-"), Some(Some(4..10)));
        assert_eq!(within("bytes=-3"), Some(Some(7..10)));
        assert_eq!(within("bytes=-30"), Some(Some(0..10)));
        assert_eq!(within("bytes=9-99"), Some(Some(9..10)));
        assert_eq!(within("bytes=10-"), Some(None));
        assert_eq!(within("bytes=-0"), Some(None));
        for other in [
            "bytes=3-2",
            "bytes=0-1,4-5",
            "items=0-1",
            "bytes=-",
            "bytes",
            "bytes=a-b",
        ] {
            assert_eq!(within(other), None, "{other}");
        }
    }
}

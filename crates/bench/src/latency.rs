//! Times of many requests, and what most of them stayed below.

use std::time::Duration;

/// Collected times. Kept as nanoseconds in 32 bits, so that a long run stays small; longer than 4 s counts as 4 s.
#[derive(Debug, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    pub fn add(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_nanos()).unwrap_or(u32::MAX));
    }

    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The times that 50 and 99 of 100 requests did not exceed, and the longest one.
    pub fn summary(mut self) -> Summary {
        self.0.sort_unstable();
        let at = |share: f64| {
            let rank = (self.0.len() as f64 * share).ceil() as usize;
            let nanos = self.0.get(rank.saturating_sub(1)).copied().unwrap_or(0);
            Duration::from_nanos(u64::from(nanos))
        };
        Summary {
            p50: at(0.5),
            p99: at(0.99),
            worst: at(1.0),
        }
    }
}

/// See [`Latencies::summary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub p50: Duration,
    pub p99: Duration,
    pub worst: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut latencies = Latencies::default();
        for micros in (1..=100).rev() {
            latencies.add(Duration::from_micros(micros));
        }
        let summary = latencies.summary();
        let micros = |time: Duration| time.as_micros();
        assert_eq!(
            (micros(summary.p50), micros(summary.p99), micros(summary.worst)),
            (50, 99, 100)
        );
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Latencies::default().summary().worst, Duration::ZERO);
    }
}

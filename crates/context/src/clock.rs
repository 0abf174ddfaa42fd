//! The clock as an argument.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time. The binary passes [`SystemClock`]; tests pass [`ManualClock`].
pub trait Clock: Send + Sync {
    /// Now, UTC, cut to whole microseconds (the resolution of the store).
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        whole_microseconds(Timestamp::now())
    }
}

/// The machine's clock plus an offset that a test moves.
#[derive(Debug, Default)]
pub struct ManualClock {
    offset_microseconds: AtomicI64,
}

impl ManualClock {
    /// Moves the clock by `seconds`; negative values move it back.
    pub fn advance(&self, seconds: i64) {
        self.offset_microseconds
            .fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now().as_microsecond() + self.offset_microseconds.load(Ordering::SeqCst);
        Timestamp::from_microsecond(now).unwrap_or(Timestamp::MAX)
    }
}

fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

//! The clock and the randomness of the robot. It is a program of its own, so both come from the system, here and nowhere else.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use uuid::Uuid;

/// Now.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the robot looks at the clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Now, for the times of files.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the robot looks at the clock"
)]
pub fn file_time() -> SystemTime {
    SystemTime::now()
}

/// Random bytes of the system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's source does not fail once it is seeded; jitter and installation ids need no secrecy.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    bytes
}

/// A random GUID (RFC 9562 version 4).
pub fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(random()).into_uuid()
}

/// Waits between tries: each twice as long as the one before, and a random part of it, so that many robots do not come at once.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// How long to wait now: between half of the step and the whole of it.
    pub fn step(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.longest);
        let part = f64::from(u32::from_le_bytes(random())) / f64::from(u32::MAX);
        step.mul_f64(0.5 + part / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_vary() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        let steps: Vec<Duration> = (0..12).map(|_| backoff.step()).collect();
        assert!(steps[0] >= Duration::from_millis(25) && steps[0] <= Duration::from_millis(50));
        assert!(steps[11] >= Duration::from_secs(1) && steps[11] <= Duration::from_secs(2));
        assert!(steps.windows(2).any(|pair| pair[0] != pair[1]));
    }
}

//! How often one address may get a password wrong, over all accounts (reference: identity 7, row 107).

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use context::Error;

/// Wrong passwords from one address within the window; the next attempt is told to wait.
const MOST_FAILURES: u32 = 30;
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// Addresses that are remembered; the ones idle longest are forgotten first.
const MOST_ADDRESSES: u64 = 50_000;

/// Failures by address. Kept per node and in memory: it slows down guessing, it is no record.
pub struct Throttle {
    windows: moka::sync::Cache<IpAddr, Arc<Mutex<Window>>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    failures: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            windows: moka::sync::Cache::builder().max_capacity(MOST_ADDRESSES).build(),
        }
    }
}

/// An attempt that was counted as a failure before its outcome is known, so that attempts at the same time cannot all pass.
#[derive(Debug)]
#[must_use = "an attempt that succeeds is given back"]
pub struct Attempted {
    window: Option<(Arc<Mutex<Window>>, Timestamp)>,
}

impl Throttle {
    /// Counts an attempt as a failure until [`Attempted::succeeded`] takes that back.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn attempt(&self, address: Option<IpAddr>, now: Timestamp) -> Result<Attempted, Error> {
        let Some(address) = address else {
            return Ok(Attempted { window: None });
        };
        let fresh = Window {
            since: now,
            failures: 0,
        };
        let shared = self.windows.get_with(network(address), || Arc::new(Mutex::new(fresh)));
        let mut window = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.duration_since(window.since);
        if age >= WINDOW || age.is_negative() {
            *window = fresh;
        } else if window.failures >= MOST_FAILURES {
            let rest = (WINDOW - age).as_secs().max(1);
            return Err(Error::too_many_requests(u32::try_from(rest).unwrap_or(u32::MAX)));
        }
        window.failures += 1;
        let since = window.since;
        drop(window);
        Ok(Attempted {
            window: Some((shared, since)),
        })
    }
}

impl Attempted {
    /// The password was right: the attempt does not count, unless its window is over anyway.
    pub fn succeeded(self) {
        let Some((window, since)) = self.window else { return };
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.since == since {
            window.failures = window.failures.saturating_sub(1);
        }
    }
}

/// An IPv6 client owns its whole /64; counting single addresses would count nothing.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let segments = address.segments();
            IpAddr::from([segments[0], segments[1], segments[2], segments[3], 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn an_address_that_fails_too_often_waits_for_the_end_of_the_window() {
        let throttle = Throttle::default();
        for _ in 0..MOST_FAILURES {
            assert!(throttle.attempt(address("192.0.2.1"), at(0)).is_ok());
        }
        let error = throttle.attempt(address("192.0.2.1"), at(60)).unwrap_err();
        assert_eq!(error.kind, context::Kind::TooManyRequests { retry_after: 240 });
        assert!(throttle.attempt(address("192.0.2.2"), at(60)).is_ok());
        assert!(throttle.attempt(address("192.0.2.1"), at(300)).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let throttle = Throttle::default();
        for host in 0..MOST_FAILURES {
            assert!(throttle.attempt(address(&format!("2001:db8::{host:x}")), at(0)).is_ok());
        }
        assert!(throttle.attempt(address("2001:db8::ffff"), at(1)).is_err());
        assert!(throttle.attempt(address("2001:db8:0:1::1"), at(1)).is_ok());
    }

    #[test]
    fn attempts_under_way_count_and_those_that_succeed_are_given_back() {
        let throttle = Throttle::default();
        let under_way: Vec<_> = (0..400)
            .filter_map(|_| throttle.attempt(address("192.0.2.1"), at(0)).ok())
            .collect();
        assert_eq!(under_way.len(), MOST_FAILURES as usize);
        under_way.into_iter().for_each(Attempted::succeeded);
        for _ in 0..10 * MOST_FAILURES {
            throttle.attempt(address("192.0.2.1"), at(1)).unwrap().succeeded();
        }
        // One from before the window does not count against the next one's.
        let early = throttle.attempt(address("192.0.2.1"), at(2)).unwrap();
        for _ in 0..MOST_FAILURES {
            assert!(throttle.attempt(address("192.0.2.1"), at(301)).is_ok());
        }
        early.succeeded();
        assert!(throttle.attempt(address("192.0.2.1"), at(302)).is_err());
    }
}

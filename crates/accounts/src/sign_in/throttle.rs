//! How often one address may get a password wrong, over all accounts (reference: identity 7, row 107).

use std::net::IpAddr;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use context::Error;

/// Wrong passwords from one address within the window; the next attempt is told to wait.
const MOST_FAILURES: u32 = 30;
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// Addresses that are remembered; the ones idle longest are forgotten first.
const MOST_ADDRESSES: u64 = 50_000;

/// Failures by address. Kept per node and in memory: it slows down guessing, it is no record.
pub struct Throttle {
    windows: moka::sync::Cache<IpAddr, std::sync::Arc<Mutex<Window>>>,
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

impl Throttle {
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn check(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        let Some(window) = address.and_then(|address| self.windows.get(&network(address))) else {
            return Ok(());
        };
        let window = *window.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let age = now.duration_since(window.since);
        if window.failures < MOST_FAILURES || age >= WINDOW || age.is_negative() {
            return Ok(());
        }
        let rest = (WINDOW - age).as_secs().max(1);
        Err(Error::too_many_requests(u32::try_from(rest).unwrap_or(u32::MAX)))
    }

    /// Counts a failure.
    pub fn failed(&self, address: Option<IpAddr>, now: Timestamp) {
        let Some(address) = address else { return };
        let fresh = || {
            std::sync::Arc::new(Mutex::new(Window {
                since: now,
                failures: 0,
            }))
        };
        let window = self.windows.get_with(network(address), fresh);
        let mut window = window.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let age = now.duration_since(window.since);
        if age >= WINDOW || age.is_negative() {
            *window = Window {
                since: now,
                failures: 0,
            };
        }
        window.failures = window.failures.saturating_add(1);
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
            assert!(throttle.check(address("192.0.2.1"), at(0)).is_ok());
            throttle.failed(address("192.0.2.1"), at(0));
        }
        let error = throttle.check(address("192.0.2.1"), at(60)).unwrap_err();
        assert_eq!(error.kind, context::Kind::TooManyRequests { retry_after: 240 });
        assert!(throttle.check(address("192.0.2.2"), at(60)).is_ok());
        assert!(throttle.check(address("192.0.2.1"), at(300)).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let throttle = Throttle::default();
        for host in 0..MOST_FAILURES {
            throttle.failed(address(&format!("2001:db8::{host:x}")), at(0));
        }
        assert!(throttle.check(address("2001:db8::ffff"), at(1)).is_err());
        assert!(throttle.check(address("2001:db8:0:1::1"), at(1)).is_ok());
    }
}

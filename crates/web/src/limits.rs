//! Requests of an organization to the identity API, where the operator wants them bounded (reference: identity 1.9).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use context::Error;
use http::Method;
use jiff::Timestamp;
use uuid::Uuid;

/// Length of a window, in seconds.
const WINDOW: i64 = 300;

/// Requests that share a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Create,
    Change,
}

impl Class {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::POST => Self::Create,
            _ => Self::Change,
        }
    }

    /// Most requests in a window.
    const fn most(self) -> u32 {
        match self {
            Self::Read => 300,
            Self::Create => 24_000,
            Self::Change => 160,
        }
    }
}

/// Counts per organization in fixed windows of five minutes, on this node. Takes a few words per organization.
#[derive(Debug, Default)]
pub(crate) struct OrganizationLimits(Mutex<HashMap<(Uuid, Class), (i64, u32)>>);

impl OrganizationLimits {
    /// Counts a request.
    ///
    /// # Errors
    /// 429 with the seconds until the next window when the organization has used this one up.
    pub(crate) fn count(&self, organization: Uuid, method: &Method, now: Timestamp) -> Result<(), Error> {
        let class = Class::of(method);
        let second = now.as_second();
        let window = second.div_euclid(WINDOW);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((organization, class)).or_insert((window, 0));
        if count.0 != window {
            *count = (window, 0);
        }
        if count.1 >= class.most() {
            let wait = (window + 1) * WINDOW - second;
            return Err(Error::too_many_requests(u32::try_from(wait).unwrap_or(1)));
        }
        count.1 += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_used_up_closes_for_its_organization_and_kind_only() {
        let limits = OrganizationLimits::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..160 {
            limits.count(one, &Method::PUT, at(600)).unwrap();
        }
        let refused = limits.count(one, &Method::DELETE, at(610)).unwrap_err();
        assert_eq!(refused.kind, context::Kind::TooManyRequests { retry_after: 290 });
        limits.count(one, &Method::GET, at(610)).unwrap();
        limits.count(other, &Method::PUT, at(610)).unwrap();
        limits.count(one, &Method::PUT, at(900)).unwrap();
    }
}

//! A session as the server keeps it in memory for a few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Session;
use crate::organizations::SessionPolicy;

/// A session that was found in the database.
#[derive(Debug)]
pub struct SessionState {
    /// `sid` of tokens.
    pub id: Uuid,
    pub organization: Uuid,
    pub user: Uuid,
    pub csrf: Arc<str>,
    /// `auth_time` of tokens.
    pub authenticated_at: Timestamp,
    pub created_at: Timestamp,
    /// Good for changing the password only.
    pub must_change_password: bool,
    seen_microseconds: AtomicI64,
}

impl SessionState {
    pub(crate) fn of(organization: Uuid, session: &Session) -> Self {
        Self {
            id: session.id,
            organization,
            user: session.user_id,
            csrf: Arc::from(session.csrf.as_str()),
            authenticated_at: session.authenticated_at,
            created_at: session.created_at,
            must_change_password: session.must_change_password,
            seen_microseconds: AtomicI64::new(session.seen_at.as_microsecond()),
        }
    }

    /// The last request a person made.
    pub fn seen_at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.seen_microseconds.load(Ordering::Relaxed)).unwrap_or(self.created_at)
    }

    /// Whether the request at `now` is worth a write: at most one a minute, more often where the timeout is shorter.
    pub(crate) fn wants_touch(&self, policy: &SessionPolicy, now: Timestamp) -> bool {
        let idle = SignedDuration::from_mins(i64::from(policy.idle_minutes.max(4)));
        now.duration_since(self.seen_at()) >= (idle / 4).min(SignedDuration::from_mins(1))
    }

    pub(crate) fn touched(&self, now: Timestamp) {
        self.seen_microseconds
            .fetch_max(now.as_microsecond(), Ordering::Relaxed);
    }
}

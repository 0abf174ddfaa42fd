//! The life of a session.

use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tx, params};
use uuid::Uuid;

use super::{EndReason, Session};
use crate::organizations::SessionPolicy;
use crate::users::User;

type Handle<'t> = Scoped<'t, store::Organization>;

/// Ended sessions are remembered as long as refresh tokens made in them could live (reference: identity 2.6).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 61);
/// Rows of one clean-up.
const BATCH: i64 = 1000;

/// A session that was just made or renewed, and the value its cookie gets. The value is known now and never again.
#[derive(Clone)]
pub struct Opened {
    pub session: Session,
    pub token: String,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("session", &self.session.id)
            .finish_non_exhaustive()
    }
}

/// Opens a session for a user who has just proved who it is. `replaced` is the session the browser had before.
pub fn open(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    policy: &SessionPolicy,
    user: &User,
    must_change_password: bool,
) -> Result<Opened, Error> {
    if policy.one_per_user {
        end_all(scope, ctx, user.id, EndReason::Replaced, None)?;
    }
    let token = ctx.token(32);
    let session = Session {
        id: ctx.id(),
        token_hash: vault::hash_secret(&token).to_vec(),
        user_id: user.id,
        csrf: ctx.token(32),
        authenticated_at: ctx.now,
        created_at: ctx.now,
        seen_at: ctx.now,
        must_change_password,
        address: ctx.address.map(|address| address.to_string()),
        agent: ctx.agent.as_deref().map(str::to_owned),
        ended_at: None,
        end_reason: None,
    };
    scope.insert(&session)?;
    scope.changed("sessions", session.id);
    Ok(Opened { session, token })
}

/// Gives a session a new cookie value and anti-forgery value: what somebody knew before the privilege changed is
/// worth nothing after it.
pub fn renew(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid) -> Result<Option<Opened>, Error> {
    let Some(mut session) = scope.lock::<Session>(id)?.filter(|session| session.ended_at.is_none()) else {
        return Ok(None);
    };
    let token = ctx.token(32);
    session.token_hash = vault::hash_secret(&token).to_vec();
    session.csrf = ctx.token(32);
    session.must_change_password = false;
    session.authenticated_at = ctx.now;
    session.seen_at = ctx.now;
    scope.update(&session)?;
    scope.changed("sessions", id);
    Ok(Some(Opened { session, token }))
}

/// The session with this cookie value and its organization; ended ones count as none.
pub fn by_token_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<(Uuid, Session)>, Error> {
    let found = tx.locate::<Session>("token_hash = ? and ended_at is null", params![hash])?;
    Ok(found.map(|(scope, session)| (scope.0, session)))
}

/// Whether a session that nobody ended is still good (reference: identity 5.8).
pub fn is_live(created_at: Timestamp, seen_at: Timestamp, policy: &SessionPolicy, now: Timestamp) -> bool {
    let idle = SignedDuration::from_mins(i64::from(policy.idle_minutes));
    let absolute = SignedDuration::from_hours(i64::from(policy.absolute_hours));
    now.duration_since(created_at) < absolute && (policy.idle_minutes == 0 || now.duration_since(seen_at) < idle)
}

/// Notes that a person used the session now.
pub fn touch(scope: &mut Handle<'_>, id: Uuid, now: Timestamp) -> Result<(), Error> {
    scope.update_where::<Session>("seen_at = ?", "id = ? and seen_at < ?", params![now, id, now])?;
    Ok(())
}

/// Ends one session; `false` when it is not there or has ended already.
pub fn end(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, reason: EndReason) -> Result<bool, Error> {
    let values = params![ctx.now, reason, id];
    let ended =
        scope.update_where::<Session>("ended_at = ?, end_reason = ?", "id = ? and ended_at is null", values)? > 0;
    if ended {
        scope.changed("sessions", id);
    }
    Ok(ended)
}

/// Ends all sessions of a user but `keep`.
pub fn end_all(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    user: Uuid,
    reason: EndReason,
    keep: Option<Uuid>,
) -> Result<(), Error> {
    for session in scope.find::<Session>("user_id = ? and ended_at is null", params![user])? {
        if Some(session.id) != keep {
            end(scope, ctx, session.id, reason)?;
        }
    }
    Ok(())
}

/// The sessions of a user that are good now, the latest used first.
pub fn list(scope: &mut Handle<'_>, user: Uuid, policy: &SessionPolicy, now: Timestamp) -> Result<Vec<Session>, Error> {
    let sessions = scope.find::<Session>(
        "user_id = ? and ended_at is null order by seen_at desc limit 200",
        params![user],
    )?;
    Ok(sessions
        .into_iter()
        .filter(|session| is_live(session.created_at, session.seen_at, policy, now))
        .collect())
}

/// Whether somebody ended the session on purpose, so that refresh tokens made in it are void. Sessions that ran out,
/// or gave way to a new sign-in, do not take tokens with them (reference: identity 5.8).
pub fn voids_tokens(scope: &mut Handle<'_>, id: Uuid) -> Result<bool, Error> {
    let session = scope.get::<Session>(id)?;
    let reason = session.and_then(|session| session.end_reason);
    Ok(reason.is_some_and(|reason| reason != EndReason::Replaced))
}

/// Removes sessions that nothing needs any more; says whether there may be more.
pub fn prune(tx: &mut Tx, now: Timestamp) -> Result<bool, Error> {
    let Ok(before) = now.checked_sub(REMEMBERED) else {
        return Ok(false);
    };
    let old = tx.locate_all::<Session>("created_at < ? order by created_at limit ?", params![before, BATCH])?;
    let more = old.len() as i64 == BATCH;
    for (scope, session) in old {
        tx.scope(scope).delete::<Session>(session.id)?;
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &SessionPolicy, created: i64, seen: i64, now: i64, expected: bool) {
        let at = |minutes| Timestamp::from_second(minutes * 60).unwrap();
        assert_eq!(
            is_live(at(created), at(seen), policy, at(now)),
            expected,
            "{created} {seen} {now}"
        );
    }

    #[test]
    fn a_session_ends_when_idle_and_at_the_latest_after_a_day() {
        let policy = SessionPolicy::default();
        check(&policy, 0, 0, 59, true);
        check(&policy, 0, 0, 60, false);
        check(&policy, 0, 1430, 1439, true);
        check(&policy, 0, 1439, 1440, false);
    }

    #[test]
    fn without_idle_timeout_only_the_day_counts() {
        let policy = SessionPolicy {
            idle_minutes: 0,
            ..SessionPolicy::default()
        };
        check(&policy, 0, 0, 1439, true);
        check(&policy, 0, 0, 1440, false);
    }
}

//! The log of attempts to sign in (reference: identity 4.9).

use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tx, params};
use uuid::Uuid;

use super::{AttemptResult, LoginAttempt};

/// How long attempts are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Rows of one clean-up.
const BATCH: i64 = 1000;

/// Writes one attempt.
pub fn record(
    scope: &mut Scoped<'_, store::Organization>,
    ctx: &Ctx,
    user: Option<Uuid>,
    typed: &str,
    result: AttemptResult,
) -> Result<(), Error> {
    scope.insert(&LoginAttempt {
        id: 0,
        user_id: user,
        user_name_or_email: typed.chars().filter(|c| !c.is_control()).take(256).collect(),
        client_address: ctx.address.map(|address| address.to_string()),
        agent: ctx.agent.as_deref().map(str::to_owned),
        result,
        created_at: ctx.now,
    })?;
    Ok(())
}

/// Attempts on a user since a moment, the latest first unless `ascending`, and how many there are in all.
pub fn of_user(
    scope: &mut Scoped<'_, store::Organization>,
    user: Uuid,
    since: Option<Timestamp>,
    ascending: bool,
    top: u32,
    skip: u32,
) -> Result<(i64, Vec<LoginAttempt>), Error> {
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let total = scope.count::<LoginAttempt>("user_id = ? and created_at >= ?", params![user, since])?;
    let direction = if ascending { "asc" } else { "desc" };
    let condition =
        format!("user_id = ? and created_at >= ? order by created_at {direction}, id {direction} limit ? offset ?");
    let rows = scope.find::<LoginAttempt>(&condition, params![user, since, i64::from(top), i64::from(skip)])?;
    Ok((total, rows))
}

/// Removes old attempts; says whether there may be more.
pub fn prune(tx: &mut Tx, now: Timestamp) -> Result<bool, Error> {
    let Ok(before) = now.checked_sub(KEPT) else {
        return Ok(false);
    };
    let old = tx.locate_all::<LoginAttempt>("created_at < ? order by created_at limit ?", params![before, BATCH])?;
    let more = old.len() as i64 == BATCH;
    for (scope, attempt) in old {
        tx.scope(scope).delete::<LoginAttempt>(attempt.id)?;
    }
    Ok(more)
}

//! What follows from a password: the one transaction in which an attempt is judged and written down.

use context::{Ctx, Error};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{AttemptResult, attempts};
use crate::audit::{self, Event};
use crate::organizations::{HOST, Settings};
use crate::sessions::service::{self as sessions, Opened};
use crate::sessions::{self as session, EndReason};
use crate::users::{Phc, User, service as users};

/// An attempt whose password has been compared already.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The organization that was named, if it exists, and whether it is open.
    pub organization: Option<(Uuid, bool)>,
    /// The account that was named, if it exists.
    pub user: Option<Uuid>,
    /// What was typed as user name.
    pub typed: String,
    /// The hash the password matched; `None`: it did not match.
    pub matched: Option<Phc>,
    /// A hash of the same password with today's parameters, where the stored one is old.
    pub rehashed: Option<Phc>,
    /// The session the browser had before; it does not outlive the sign-in.
    pub replaces: Option<(Uuid, Uuid)>,
}

/// How an attempt ended. A caller that is refused is never told which reason it was.
#[derive(Debug)]
pub enum Outcome {
    SignedIn { opened: Box<Opened>, user: Box<User> },
    Refused(AttemptResult),
}

/// Judges an attempt against the account as it is now, counts, locks, writes the log, and opens the session.
pub fn complete(tx: &mut Tx, ctx: &Ctx, settings: &Settings, attempt: &Attempt) -> Result<Outcome, Error> {
    let Some((organization, is_open)) = attempt.organization else {
        let result = AttemptResult::InvalidUserNameTenancyName;
        attempts::record(&mut tx.organization(HOST), ctx, None, &attempt.typed, result)?;
        return Ok(Outcome::Refused(result));
    };
    let mut scope = tx.organization(organization);
    let mut user = match attempt.user {
        Some(id) => match users::lock(&mut scope, id) {
            Ok(user) => Some(user),
            Err(error) if error.kind == context::Kind::NotFound => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    let result = judge(user.as_ref(), is_open, attempt.matched.as_ref(), ctx);
    if result == AttemptResult::InvalidPassword
        && let Some(user) = &mut user
    {
        let locked = users::count_failure(user, &settings.lockout, ctx.now);
        scope.update(&*user)?;
        if locked {
            let event = Event::identity(
                "Authentication",
                "User Locked Out",
                format!("{} was locked out.", user.user_name),
            )
            .details(json!({ "userId": user.id, "seconds": settings.lockout.seconds }))
            .by(user.id, &user.user_name, user.email.as_deref())
            .failed();
            audit::record(&mut scope, ctx, event)?;
        }
    }
    let id = user.as_ref().map(|user| user.id);
    attempts::record(&mut scope, ctx, id, &attempt.typed, result)?;
    let mut event = Event::identity("Authentication", "User Login", "Sign-in with password.")
        .details(json!({ "provider": "local", "result": result.to_string() }));
    if let Some(user) = &user {
        event = event.by(user.id, &user.user_name, user.email.as_deref());
    }
    let (AttemptResult::Success, Some(mut user)) = (result, user) else {
        audit::record(&mut scope, ctx, event.failed())?;
        return Ok(Outcome::Refused(result));
    };
    audit::record(&mut scope, ctx, event)?;
    user.failed_attempts = 0;
    user.locked_until = None;
    user.last_login_at = Some(ctx.now);
    if attempt.rehashed.is_some() {
        user.password.clone_from(&attempt.rehashed);
    }
    scope.update(&user)?;
    scope.changed("users", user.id);
    let must_change = user.must_change_password || users::is_expired(&user, &settings.password, ctx.now);
    let opened = sessions::open(&mut scope, ctx, &settings.session, &user, must_change)?;
    if let Some((organization, old)) = attempt.replaces {
        sessions::end(&mut tx.organization(organization), ctx, old, EndReason::Replaced)?;
    }
    Ok(Outcome::SignedIn {
        opened: Box::new(opened),
        user: Box::new(user),
    })
}

/// The result of an attempt, most telling reason first. `matched` must still be the account's hash: the password may
/// have changed while it was being compared.
fn judge(user: Option<&User>, is_open: bool, matched: Option<&Phc>, ctx: &Ctx) -> AttemptResult {
    let Some(user) = user else {
        return AttemptResult::InvalidUserNameTenancyName;
    };
    if user.is_locked(ctx.now) {
        return AttemptResult::LockedOut;
    }
    if matched.is_none() || matched != user.password.as_ref() {
        return AttemptResult::InvalidPassword;
    }
    match (is_open, user.is_active, user.invitation_accepted) {
        (false, _, _) => AttemptResult::TenantIsNotActive,
        (true, false, _) => AttemptResult::UserIsNotActive,
        (true, true, false) => AttemptResult::UserEmailIsNotConfirmed,
        (true, true, true) => AttemptResult::Success,
    }
}

/// Ends the session and writes that the user left.
pub fn sign_out(tx: &mut Tx, ctx: &Ctx, session: &session::SessionState, everywhere: bool) -> Result<(), Error> {
    let mut scope = tx.organization(session.organization);
    let reason = if everywhere {
        EndReason::SignedOutEverywhere
    } else {
        EndReason::SignedOut
    };
    let ended = sessions::end(&mut scope, ctx, session.id, reason)?;
    if everywhere {
        sessions::end_all(&mut scope, ctx, session.user, reason, None)?;
    }
    if !ended && !everywhere {
        return Ok(());
    }
    let mut event =
        Event::identity("Authentication", "User Logout", "Sign-out.").details(json!({ "everywhere": everywhere }));
    if let Some(user) = users::find(&mut scope, session.user)? {
        event = event.by(user.id, &user.user_name, user.email.as_deref());
    }
    audit::record(&mut scope, ctx, event)
}

//! Creating, changing and deleting users. Passwords arrive hashed: hashing takes time that no transaction may take.

use context::{Ctx, Error, codes};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{Scoped, params};
use uuid::Uuid;

use super::names::{check_names, is_email, is_user_name, shorten};
use super::{Failure, Fault, Phc, User};
use crate::audit::{self, Event};
use crate::groups::{self, MemberKind};
use crate::organizations::{Lockout, PasswordPolicy};
use crate::sessions::{self, EndReason};

type Handle<'t> = Scoped<'t, store::Organization>;

/// Earlier hashes kept, however the policy is set: the policy may be tightened later.
const KEPT_HASHES: usize = 10;

/// A user to be created.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub user_name: String,
    pub email: Option<String>,
    pub name: String,
    pub surname: String,
    pub display_name: String,
    pub bypass_basic_auth: bool,
    pub invitation_accepted: bool,
    pub is_built_in: bool,
    pub password: Option<Phc>,
    pub must_change_password: bool,
    pub groups: Vec<Uuid>,
}

/// What is to be different; `None`: stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub surname: Option<String>,
    pub display_name: Option<String>,
    /// An empty text takes the address away.
    pub email: Option<String>,
    pub is_active: Option<bool>,
    pub bypass_basic_auth: Option<bool>,
    pub invitation_accepted: Option<bool>,
    pub password: Option<NewPassword>,
    pub groups_to_add: Vec<Uuid>,
    pub groups_to_remove: Vec<Uuid>,
}

/// A password that passed the policy.
#[derive(Debug, Clone)]
pub struct NewPassword {
    pub phc: Phc,
    /// Whoever uses it must choose another at the next sign-in.
    pub temporary: bool,
}

/// The user, or 404. Deleted ones do not exist.
pub fn get(scope: &mut Handle<'_>, id: Uuid) -> Result<User, Error> {
    find(scope, id)?.ok_or_else(|| Error::not_found("User", id))
}

/// The user, if it exists and is not deleted.
pub fn find(scope: &mut Handle<'_>, id: Uuid) -> Result<Option<User>, Error> {
    Ok(scope.find_one::<User>("id = ? and deleted_at is null", params![id])?)
}

/// The user who signs in with `name`: a user name, else an e-mail address.
pub fn by_login(scope: &mut Handle<'_>, name: &str) -> Result<Option<User>, Error> {
    let name = store::fold(name.trim());
    let named = scope.find_one::<User>("user_name_folded = ? and deleted_at is null", params![&name])?;
    if named.is_some() {
        return Ok(named);
    }
    Ok(scope.find_one::<User>("email_folded = ? and deleted_at is null", params![name])?)
}

/// A page of users.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Text within user name, display name or e-mail.
    pub search: Option<String>,
    /// Members of this group only.
    pub group: Option<Uuid>,
    /// Wire name of a property of `UserDto`; unknown ones mean the user name.
    pub sort_by: Option<String>,
    pub descending: bool,
    pub top: u32,
    pub skip: u32,
}

/// The users wanted, and how many there are in all.
pub fn list(scope: &mut Handle<'_>, listing: &Listing) -> Result<(i64, Vec<User>), Error> {
    let mut condition = "deleted_at is null".to_owned();
    let mut values = params![];
    if let Some(search) = listing.search.as_deref().filter(|search| !search.trim().is_empty()) {
        let pattern = crate::like(search);
        condition += " and (user_name_folded like ? escape '\\' or email_folded like ? escape '\\' \
            or display_name_folded like ? escape '\\')";
        values.extend(params![&pattern, &pattern, &pattern]);
    }
    if let Some(group) = listing.group {
        condition += " and id in (select member_id from group_members where group_id = ?)";
        values.extend(params![group]);
    }
    let total = scope.count::<User>(&condition, values.clone())?;
    let column = match listing.sort_by.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("email") => "email_folded",
        Some("name") => "name",
        Some("surname") => "surname",
        Some("displayname") => "display_name_folded",
        Some("creationtime") => "created_at",
        Some("lastlogintime") => "last_login_at",
        Some("isactive") => "is_active",
        Some("legacyid" | "id") => "legacy_id",
        _ => "user_name_folded",
    };
    let direction = if listing.descending { "desc" } else { "asc" };
    values.extend(params![i64::from(listing.top), i64::from(listing.skip)]);
    let condition = format!("{condition} order by {column} {direction}, legacy_id limit ? offset ?");
    Ok((total, scope.find::<User>(&condition, values)?))
}

/// The groups of several users, in the order of `users`.
pub fn groups_of_all(scope: &mut Handle<'_>, users: &[User]) -> Result<Vec<Vec<Uuid>>, Error> {
    users
        .iter()
        .map(|user| groups::service::groups_of(scope, MemberKind::User, user.id))
        .collect()
}

/// Adds a user.
pub fn create(scope: &mut Handle<'_>, ctx: &Ctx, new: NewUser) -> Result<User, Failure> {
    let user_name = new.user_name.trim().to_owned();
    let email = new
        .email
        .as_deref()
        .map(str::trim)
        .filter(|email| !email.is_empty())
        .map(str::to_owned);
    let mut faults = Vec::new();
    if !is_user_name(&user_name) {
        faults.push(Fault::invalid_user_name(&shorten(&user_name)));
    } else if is_taken(scope, "user_name_folded", &user_name, None)? {
        faults.push(Fault::duplicate_user_name(&user_name));
    }
    check_email(scope, email.as_deref(), None, &mut faults)?;
    check_names(&[&new.name, &new.surname, &new.display_name], &mut faults);
    if !faults.is_empty() {
        return Err(Failure::Refused(faults));
    }
    let id = ctx.id();
    let display_name = match new.display_name.trim() {
        "" => format!("{} {}", new.name.trim(), new.surname.trim()).trim().to_owned(),
        given => given.to_owned(),
    };
    let user = User {
        legacy_id: 0,
        id,
        user_name,
        email,
        email_confirmed: false,
        name: new.name.trim().to_owned(),
        surname: new.surname.trim().to_owned(),
        display_name,
        is_active: true,
        invitation_accepted: new.invitation_accepted,
        bypass_basic_auth: new.bypass_basic_auth,
        is_built_in: new.is_built_in,
        password_changed_at: new.password.as_ref().map(|_| ctx.now),
        must_change_password: new.password.is_some() && new.must_change_password,
        password: new.password,
        password_history: store::Json(Vec::new()),
        failed_attempts: 0,
        locked_until: None,
        stamp: ctx.id(),
        stamped_at: ctx.now,
        last_login_at: None,
        created_at: ctx.now,
        modified_at: None,
        deleted_at: None,
    };
    let organization = scope.scope().0;
    let inserted = scope.tx().attempt(|tx| tx.organization(organization).insert(&user));
    let legacy_id = match inserted {
        Ok(legacy_id) => legacy_id,
        Err(error) if error.is_unique("users_user_name") => {
            return Err(Fault::duplicate_user_name(&user.user_name).into());
        }
        Err(error) if error.is_unique("users_email") => {
            return Err(Fault::duplicate_email(user.email.as_deref().unwrap_or_default()).into());
        }
        Err(error) => return Err(error.into()),
    };
    scope.changed("users", id);
    let event = Event::identity("Users", "User Created", format!("User {} was created.", user.user_name))
        .details(json!({ "userId": id, "userName": user.user_name, "email": user.email, "groups": new.groups }));
    audit::record(scope, ctx, event)?;
    for group in &new.groups {
        join(scope, ctx, *group, id)?;
    }
    Ok(User { legacy_id, ..user })
}

/// Changes a user. Deactivation and a new password end sessions and void tokens.
pub fn update(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid, change: UserChange) -> Result<User, Failure> {
    let mut user = lock(scope, id)?;
    let before = user.clone();
    let mut faults = Vec::new();
    let names = [&change.name, &change.surname, &change.display_name];
    check_names(&names.map(|name| name.as_deref().unwrap_or_default()), &mut faults);
    if let Some(email) = &change.email {
        let email = Some(email.trim()).filter(|email| !email.is_empty());
        check_email(scope, email, Some(id), &mut faults)?;
        if user.email.as_deref() != email {
            user.email = email.map(str::to_owned);
            user.email_confirmed = false;
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Refused(faults));
    }
    let trimmed = |text: String| text.trim().to_owned();
    user.name = change.name.map_or(user.name, trimmed);
    user.surname = change.surname.map_or(user.surname, trimmed);
    user.display_name = change.display_name.map_or(user.display_name, trimmed);
    user.bypass_basic_auth = change.bypass_basic_auth.unwrap_or(user.bypass_basic_auth);
    user.invitation_accepted = change.invitation_accepted.unwrap_or(user.invitation_accepted);
    user.is_active = change.is_active.unwrap_or(user.is_active);
    let password_set = change.password.is_some();
    if let Some(password) = change.password {
        put_password(&mut user, ctx, password);
    }
    if before.is_active && !user.is_active {
        void(scope, ctx, &mut user, EndReason::AccountClosed, None)?;
    } else if password_set {
        void(scope, ctx, &mut user, EndReason::PasswordChanged, None)?;
    }
    user.modified_at = Some(ctx.now);
    scope.update(&user)?;
    if before.is_active && !user.is_active && groups::service::is_administrator(scope, id)? {
        groups::service::require_an_administrator(scope)?;
    }
    scope.changed("users", id);
    let mut details = differences(&before, &user);
    details["passwordSet"] = json!(password_set);
    let name = match (before.is_active, user.is_active) {
        (true, false) => "User Disabled",
        (false, true) => "User Enabled",
        _ if password_set => "User Password Reset",
        _ => "User Updated",
    };
    let event = Event::identity("Users", name, format!("{name}: {}.", user.user_name)).details(details);
    audit::record(scope, ctx, event)?;
    for group in &change.groups_to_add {
        join(scope, ctx, *group, id)?;
    }
    for group in &change.groups_to_remove {
        let group = groups::service::get(scope, *group)?;
        groups::service::remove_member(scope, ctx, &group, id)?;
    }
    Ok(user)
}

/// Deletes a user; the row stays for the audit. Nobody deletes oneself, the built-in administrator or the last one.
pub fn delete(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid) -> Result<(), Error> {
    let mut user = lock(scope, id)?;
    let refuse = |reason: &str| Err(Error::invalid(codes::FORBIDDEN_OPERATION, reason));
    if ctx.caller.user() == Some(id) {
        return refuse("You cannot delete yourself.");
    }
    if user.is_built_in {
        return refuse("The built-in administrator cannot be deleted.");
    }
    let administrator = groups::service::is_administrator(scope, id)?;
    void(scope, ctx, &mut user, EndReason::AccountClosed, None)?;
    user.is_active = false;
    user.deleted_at = Some(ctx.now);
    user.modified_at = Some(ctx.now);
    scope.update(&user)?;
    if administrator {
        groups::service::require_an_administrator(scope)?;
    }
    groups::service::forget(scope, id)?;
    scope.changed("users", id);
    let event = Event::identity("Users", "User Deleted", format!("User {} was deleted.", user.user_name))
        .details(json!({ "userId": id, "userName": user.user_name }));
    audit::record(scope, ctx, event)
}

/// Opens an account that wrong passwords closed.
pub fn unlock(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid) -> Result<(), Error> {
    let mut user = lock(scope, id)?;
    user.failed_attempts = 0;
    user.locked_until = None;
    scope.update(&user)?;
    scope.changed("users", id);
    let event = Event::identity(
        "Users",
        "User Unlocked",
        format!("User {} was unlocked.", user.user_name),
    );
    audit::record(scope, ctx, event.details(json!({ "userId": id })))
}

/// Sets the password a user chose. Other sessions end; `keep` goes on.
pub fn choose_password(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    id: Uuid,
    phc: Phc,
    keep: Option<Uuid>,
) -> Result<User, Error> {
    let mut user = lock(scope, id)?;
    put_password(&mut user, ctx, NewPassword { phc, temporary: false });
    void(scope, ctx, &mut user, EndReason::PasswordChanged, keep)?;
    scope.update(&user)?;
    scope.changed("users", id);
    let event = Event::identity(
        "Users",
        "User Password Changed",
        format!("{} changed the password.", user.user_name),
    )
    .details(json!({ "userId": id }))
    .by(id, &user.user_name, user.email.as_deref());
    audit::record(scope, ctx, event)?;
    Ok(user)
}

/// The user row, locked until the unit of work ends, or 404.
pub fn lock(scope: &mut Handle<'_>, id: Uuid) -> Result<User, Error> {
    let user = scope.find_one::<User>("id = ? and deleted_at is null {for_update}", params![id])?;
    user.ok_or_else(|| Error::not_found("User", id))
}

/// Hashes that a new password is compared with: the current one and the latest earlier ones.
pub fn refused_hashes(user: &User, policy: &PasswordPolicy) -> Vec<Phc> {
    user.password
        .iter()
        .chain(&user.password_history.0)
        .take(policy.previous_refused as usize)
        .cloned()
        .collect()
}

/// Whether a password is older than the policy allows.
pub fn is_expired(user: &User, policy: &PasswordPolicy, now: Timestamp) -> bool {
    let life = SignedDuration::from_hours(24 * i64::from(policy.expiration_days));
    policy.expiration_days > 0
        && user
            .password_changed_at
            .is_some_and(|since| now.duration_since(since) > life)
}

/// Counts a wrong password; true when the account gets locked by it. A lock that is over starts a new count.
pub fn count_failure(user: &mut User, lockout: &Lockout, now: Timestamp) -> bool {
    if !lockout.enabled || user.is_locked(now) {
        return false;
    }
    if user.locked_until.take().is_some() {
        user.failed_attempts = 0;
    }
    user.failed_attempts = user.failed_attempts.saturating_add(1);
    if user.failed_attempts < i32::try_from(lockout.attempts).unwrap_or(i32::MAX) || lockout.seconds == 0 {
        return false;
    }
    user.locked_until = now
        .checked_add(SignedDuration::from_secs(i64::from(lockout.seconds)))
        .ok();
    true
}

fn put_password(user: &mut User, ctx: &Ctx, password: NewPassword) {
    if let Some(old) = user.password.replace(password.phc) {
        user.password_history.0.insert(0, old);
        user.password_history.0.truncate(KEPT_HASHES);
    }
    user.password_changed_at = Some(ctx.now);
    user.must_change_password = password.temporary;
    user.failed_attempts = 0;
    user.locked_until = None;
}

/// Makes everything that was handed out to the user worthless.
fn void(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    user: &mut User,
    reason: EndReason,
    keep: Option<Uuid>,
) -> Result<(), Error> {
    user.stamp = ctx.id();
    user.stamped_at = ctx.now;
    sessions::service::end_all(scope, ctx, user.id, reason, keep)
}

fn join(scope: &mut Handle<'_>, ctx: &Ctx, group: Uuid, user: Uuid) -> Result<(), Error> {
    let group = groups::service::get(scope, group)?;
    if groups::service::is_everyone(&group) {
        return Ok(());
    }
    groups::service::add_member(scope, ctx, &group, user)
}

fn is_taken(scope: &mut Handle<'_>, column: &str, text: &str, own: Option<Uuid>) -> Result<bool, Error> {
    let condition = format!("{column} = ? and deleted_at is null");
    let same = scope.find_one::<User>(&condition, params![store::fold(text)])?;
    Ok(same.is_some_and(|user| Some(user.id) != own))
}

fn check_email(
    scope: &mut Handle<'_>,
    email: Option<&str>,
    own: Option<Uuid>,
    faults: &mut Vec<Fault>,
) -> Result<(), Error> {
    let Some(email) = email else { return Ok(()) };
    if !is_email(email) {
        faults.push(Fault::invalid_email(&shorten(email)));
    } else if is_taken(scope, "email_folded", email, own)? {
        faults.push(Fault::duplicate_email(email));
    }
    Ok(())
}

/// The visible properties that differ, for the audit.
fn differences(before: &User, after: &User) -> Value {
    let mut details = json!({ "userId": after.id, "userName": after.user_name });
    let mut note = |name: &str, old: Value, new: Value| {
        if old != new {
            details[name] = json!({ "before": old, "after": new });
        }
    };
    note("name", json!(before.name), json!(after.name));
    note("surname", json!(before.surname), json!(after.surname));
    note("displayName", json!(before.display_name), json!(after.display_name));
    note("email", json!(before.email), json!(after.email));
    note("isActive", json!(before.is_active), json!(after.is_active));
    note(
        "bypassBasicAuthRestriction",
        json!(before.bypass_basic_auth),
        json!(after.bypass_basic_auth),
    );
    note(
        "invitationAccepted",
        json!(before.invitation_accepted),
        json!(after.invitation_accepted),
    );
    details
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        let now = Timestamp::UNIX_EPOCH;
        User {
            legacy_id: 1,
            id: Uuid::nil(),
            user_name: "ada".into(),
            email: None,
            email_confirmed: false,
            name: String::new(),
            surname: String::new(),
            display_name: String::new(),
            is_active: true,
            invitation_accepted: true,
            bypass_basic_auth: false,
            is_built_in: false,
            password: None,
            password_history: store::Json(Vec::new()),
            password_changed_at: Some(now),
            must_change_password: false,
            failed_attempts: 0,
            locked_until: None,
            stamp: Uuid::nil(),
            stamped_at: now,
            last_login_at: None,
            created_at: now,
            modified_at: None,
            deleted_at: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_tenth_wrong_password_locks_for_five_minutes() {
        let (mut user, lockout) = (user(), Lockout::default());
        for _ in 0..9 {
            assert!(!count_failure(&mut user, &lockout, at(0)));
        }
        assert!(count_failure(&mut user, &lockout, at(0)));
        assert!(user.is_locked(at(299)) && !user.is_locked(at(300)));
    }

    #[test]
    fn attempts_while_locked_do_not_prolong_the_lock_and_the_count_starts_anew_after_it() {
        let (mut user, lockout) = (
            user(),
            Lockout {
                attempts: 2,
                ..Lockout::default()
            },
        );
        count_failure(&mut user, &lockout, at(0));
        assert!(count_failure(&mut user, &lockout, at(0)));
        assert!(!count_failure(&mut user, &lockout, at(200)));
        assert!(!user.is_locked(at(300)));
        assert!(!count_failure(&mut user, &lockout, at(301)));
        assert!(count_failure(&mut user, &lockout, at(302)));
    }

    #[test]
    fn without_lockout_nothing_is_counted() {
        let (mut user, lockout) = (
            user(),
            Lockout {
                enabled: false,
                ..Lockout::default()
            },
        );
        assert!(!(0..100).any(|_| count_failure(&mut user, &lockout, at(0))));
    }

    #[test]
    fn passwords_expire_by_the_day() {
        let policy = PasswordPolicy {
            expiration_days: 1,
            ..PasswordPolicy::default()
        };
        assert!(!is_expired(&user(), &policy, at(86_400)));
        assert!(is_expired(&user(), &policy, at(86_401)));
        assert!(!is_expired(&user(), &PasswordPolicy::default(), at(10_000_000)));
    }
}

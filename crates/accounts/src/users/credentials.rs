//! Setting and changing passwords: what needs time for hashing happens outside of transactions.

use context::{Ctx, Error};
use uuid::Uuid;
use vault::Secret;

use super::service::{self, NewPassword};
use super::{Failure, Fault, judge_password};
use crate::organizations::{PasswordPolicy, Settings};
use crate::sign_in::{AttemptResult, attempts};
use crate::state::Accounts;

impl Accounts {
    /// Compares a password that an administrator chose with the policy, and hashes it.
    pub async fn prepare_password(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        password: Secret,
        validate: bool,
    ) -> Result<NewPassword, Failure> {
        let policy = self.require_organization(organization).await?.settings.password.clone();
        if validate {
            let faults = judge(&policy, &password);
            if !faults.is_empty() {
                return Err(Failure::Refused(faults));
            }
        }
        let phc = self.hashing.hash(ctx, password).await?;
        // What a program sets, nobody has read over a shoulder: the rule is about passwords that an administrator knows.
        let temporary = policy.change_at_first_sign_in && ctx.caller.user().is_some();
        Ok(NewPassword { phc, temporary })
    }

    /// Changes a password at the wish of its owner. A wrong old password counts towards lockout (reference: identity
    /// 4.8). `old` is `None` only where it was proved a moment ago, in a session that waits for a new password.
    /// All sessions but `keep` end.
    pub async fn change_password(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        user: Uuid,
        old: Option<Secret>,
        new: Secret,
        keep: Option<Uuid>,
    ) -> Result<(), Failure> {
        let attempted = self.throttle.attempt(ctx.address, ctx.now)?;
        let settings = self.require_organization(organization).await?.settings.clone();
        let account = self
            .store
            .read(move |tx| service::get(&mut tx.organization(organization), user))
            .await?;
        if let Some(old) = old {
            let matches = self.hashing.verify(old, account.password.clone()).await?;
            if account.is_locked(ctx.now) || !matches {
                self.count_failure(ctx, organization, user, settings).await?;
                return Err(Fault::password_mismatch().into());
            }
        }
        attempted.succeeded();
        let mut faults = judge(&settings.password, &new);
        let refused = service::refused_hashes(&account, &settings.password);
        if faults.is_empty() && self.hashing.matches_any(new.clone(), refused).await? {
            faults.push(Fault::new(
                "PasswordUsedBefore",
                "This password was used before. Choose another one.",
            ));
        }
        if !faults.is_empty() {
            return Err(Failure::Refused(faults));
        }
        let phc = self.hashing.hash(ctx, new).await?;
        let (ctx, stamp) = (ctx.clone(), account.stamp);
        let changed = self.store.write(move |tx| {
            let mut scope = tx.organization(organization);
            // The password may have been changed while this one was compared with it.
            if service::lock(&mut scope, user)?.stamp != stamp {
                return Ok::<_, Error>(false);
            }
            service::choose_password(&mut scope, &ctx, user, phc.clone(), keep)?;
            Ok(true)
        });
        if changed.await? {
            Ok(())
        } else {
            Err(Fault::password_mismatch().into())
        }
    }

    async fn count_failure(&self, ctx: &Ctx, organization: Uuid, user: Uuid, settings: Settings) -> Result<(), Error> {
        let ctx = ctx.clone();
        let counted = self.store.write(move |tx| {
            let mut scope = tx.organization(organization);
            let mut account = service::lock(&mut scope, user)?;
            let result = if account.is_locked(ctx.now) {
                AttemptResult::LockedOut
            } else {
                AttemptResult::InvalidPassword
            };
            service::count_failure(&mut account, &settings.lockout, ctx.now);
            scope.update(&account)?;
            attempts::record(&mut scope, &ctx, Some(user), &account.user_name, result)
        });
        counted.await
    }
}

fn judge(policy: &PasswordPolicy, password: &Secret) -> Vec<Fault> {
    match password.expose_str() {
        Ok(text) => judge_password(policy, text),
        Err(_) => vec![Fault::new("PasswordInvalid", "The password must be text.")],
    }
}

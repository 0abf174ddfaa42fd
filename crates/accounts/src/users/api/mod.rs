//! `/api/User` (reference: identity 4.1).

mod bulk_create;
mod bulk_delete;
mod change_password;
mod create;
mod delete;
mod get;
mod list;
mod login_attempts;
mod update;

use context::{Caller, Error};
use uuid::Uuid;
use web::{Operation, Request};

use crate::state::Accounts;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get::operation(),
        list::operation(),
        create::operation(),
        bulk_create::operation(),
        update::operation(),
        delete::operation(),
        bulk_delete::operation(),
        change_password::operation(),
        login_attempts::operation(),
    ]
}

/// Whether the caller may decide who is in which group, or become someone who is: administrators, and applications that
/// hold the scope for groups.
async fn decides_groups(accounts: &Accounts, caller: &Caller) -> Result<bool, Error> {
    let by_scope = caller.application().is_some()
        && ["PM.Group", "PM.Group.Write"]
            .iter()
            .any(|scope| caller.scopes.contains(scope));
    Ok(by_scope || accounts.is_administrating(caller).await?)
}

/// # Errors
/// 403 for group changes by a caller who may not make them.
async fn check_groups(request: &Request, groups: &[&[Uuid]]) -> Result<(), Error> {
    let accounts = request.state::<Accounts>()?;
    if groups.iter().all(|list| list.is_empty()) || decides_groups(&accounts, &request.ctx.caller).await? {
        return Ok(());
    }
    Err(Error::denied(
        0,
        "Only organization administrators may change group memberships.",
    ))
}

//! The accounts of a tenant, as far as assets need them.

use std::collections::HashMap;

use access::directory::is_own;
use access::users::model::{TenantUser, UserType};
use access::users::service;
use context::{Ctx, Error};
use store::{Scoped, Tenant, params};

/// Accounts offered for choice at a time.
const MOST_OFFERED: usize = 500;

/// The caller's own id in the tenant; `None` for applications that are not assigned there.
pub fn of_caller(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<Option<i64>, Error> {
    match ctx.caller.principal_id() {
        Some(principal) => {
            let found = service::known(scope, principal)?;
            Ok(found.filter(|user| is_own(&ctx.caller, user)).map(|user| user.id))
        }
        None => Ok(None),
    }
}

/// The user names of accounts; those that do not exist are missing.
pub fn names(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<HashMap<i64, String>, Error> {
    let users = scope.get_many::<TenantUser>(ids)?;
    Ok(users.into_iter().map(|user| (user.id, user.user_name)).collect())
}

/// Accounts that can have a value of their own, by name.
pub fn offered(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<(i64, String)>, Error> {
    let condition = format!("user_type <> ? order by user_name_folded, id limit {MOST_OFFERED}");
    let users = scope.find::<TenantUser>(&condition, params![UserType::DirectoryGroup])?;
    Ok(users.into_iter().map(|user| (user.id, user.user_name)).collect())
}

//! The accounts of a tenant, as far as assets need them.

use std::collections::HashMap;

use access::users::model::{TenantUser, UserType};
pub use access::users::service::of_caller;
use context::Error;
use store::{Scoped, Tenant, params};

/// Accounts offered for choice at a time.
const MOST_OFFERED: usize = 500;

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

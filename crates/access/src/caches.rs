//! What every request looks up: tenants, folder trees and rights, kept in memory.

use context::{Principal, Rights};
use store::{Kept, Store};
use uuid::Uuid;

use crate::folders::tree::Tree;
use crate::tenants::model::Tenant;

/// Tenants and trees that are kept at most.
const TENANTS: u64 = 10_000;
/// Principals whose rights are kept at most.
const PRINCIPALS: u64 = 100_000;

/// What a principal may do in a tenant, and as which user.
#[derive(Debug, Clone)]
pub struct Standing {
    pub rights: Rights,
    /// Id of the principal's user record in the tenant, if it has one.
    pub user: Option<i64>,
}

pub(crate) struct Caches {
    /// Active and inactive tenants of an organization, by id.
    pub tenants: Kept<Uuid, Vec<Tenant>>,
    pub trees: Kept<i64, Tree>,
    /// By tenant and principal. Its kind belongs to it: an id says nothing without.
    pub standings: Kept<(i64, Principal), Standing>,
}

impl Caches {
    pub fn new(store: &Store) -> Self {
        let rights = &[
            "tenants",
            "organizations",
            "folders",
            "roles",
            "assignments",
            "users",
            "groups",
        ];
        Self {
            tenants: Kept::new(store, &["tenants", "organizations"], TENANTS),
            trees: Kept::new(store, &["folders"], TENANTS),
            standings: Kept::new(store, rights, PRINCIPALS),
        }
    }
}

//! What requests ask about tenants, folders and rights, answered from memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use accounts::Accounts;
use context::{Caller, Clock, Confined, Ctx, Error, Principal, Rights};
use identity::Identity;
use jiff::Timestamp;
use store::{Store, Tx};
use uuid::Uuid;
use vault::{Vault, WrappedKey};
use web::TenantRef;

use crate::audit;
use crate::bearers::Bearers;
use crate::caches::{Caches, Standing};
use crate::directory;
use crate::exports;
use crate::folders::contents::Registry;
use crate::folders::service as folders;
use crate::folders::tree::Tree;
use crate::panels::Panels;
use crate::roles::rights;
use crate::tenants::model::Tenant;
use crate::tenants::service as tenants;
use crate::users::model::{TenantUser, UserType};
use crate::users::service as users;

/// How old the noted time of the last visit may be before it is noted again.
const VISIT_MICROSECONDS: i64 = 15 * 60 * 1_000_000;

/// The access half of the server. One per process; handlers find it by `request.state::<Access>()`.
pub struct Access {
    pub store: Store,
    pub vault: Arc<Vault>,
    pub accounts: Arc<Accounts>,
    pub identity: Arc<Identity>,
    /// What other crates keep in folders.
    pub contents: Registry,
    /// Lists that can be exported.
    pub exports: exports::Registry,
    /// What other crates show on pages of this one.
    pub panels: Panels,
    /// Credentials of other crates.
    pub bearers: Bearers,
    clock: Arc<dyn Clock>,
    random: Arc<dyn vault::Random + Send + Sync>,
    caches: Caches,
    probes: AtomicBool,
}

impl Access {
    /// The state over the halves it rests on. `clock` and `random` serve what happens outside of a request's own work.
    pub fn new(
        store: Store,
        vault: Arc<Vault>,
        accounts: Arc<Accounts>,
        identity: Arc<Identity>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn vault::Random + Send + Sync>,
    ) -> Arc<Self> {
        let caches = Caches::new(&store);
        let exports = exports::Registry::default();
        exports.register(Arc::new(audit::export::Entries));
        Arc::new(Self {
            store,
            vault,
            accounts,
            identity,
            contents: Registry::default(),
            exports,
            panels: Panels::default(),
            bearers: Bearers::default(),
            clock,
            random,
            caches,
            probes: AtomicBool::new(false),
        })
    }

    /// Lets the reachability check try private and loopback addresses too.
    pub fn allow_private_probes(&self, allowed: bool) {
        self.probes.store(allowed, Ordering::Relaxed);
    }

    /// Whether the reachability check may try private and loopback addresses.
    pub fn private_probes_allowed(&self) -> bool {
        self.probes.load(Ordering::Relaxed)
    }

    /// All tenants of an organization, inactive ones included.
    pub async fn tenants(&self, organization: Uuid) -> Result<Arc<Vec<Tenant>>, Error> {
        let store = &self.store;
        let load = async || store.read(move |tx| tenants::of_organization(tx, organization)).await;
        self.caches.tenants.get_or(organization, load).await
    }

    /// The active tenant with this name or GUID; without a name the first one.
    pub async fn tenant(&self, organization: Uuid, name: Option<&str>) -> Result<Option<TenantRef>, Error> {
        let all = self.tenants(organization).await?;
        let key = name.and_then(|name| Uuid::parse_str(name).ok());
        let folded = name.map(odata::fold);
        let fits = |tenant: &&Tenant| match (&folded, key) {
            (None, _) => true,
            (Some(_), Some(key)) => tenant.key == key,
            (Some(folded), None) => odata::fold(&tenant.name) == *folded,
        };
        let found = all.iter().filter(|tenant| tenant.active).find(fits);
        Ok(found.map(|tenant| TenantRef {
            id: tenant.id,
            key: tenant.key,
            name: tenant.name.as_str().into(),
            organization,
        }))
    }

    /// The stored form of a tenant that was found before.
    pub async fn tenant_row(&self, tenant: &TenantRef) -> Result<Tenant, Error> {
        let all = self.tenants(tenant.organization).await?;
        let found = all.iter().find(|row| row.id == tenant.id).cloned();
        found.ok_or_else(|| Error::not_found("Tenant", tenant.id))
    }

    /// What the wire form of users says about their tenant.
    pub async fn home(&self, tenant: &TenantRef) -> Result<users::Home, Error> {
        let row = self.tenant_row(tenant).await?;
        Ok(users::Home {
            id: row.id,
            key: row.key,
            name: row.name,
            display_name: row.display_name,
        })
    }

    /// The data key under which secrets of the tenant are sealed with the vault.
    pub async fn tenant_key(&self, tenant: &TenantRef) -> Result<WrappedKey, Error> {
        Ok(WrappedKey::from_bytes(self.tenant_row(tenant).await?.wrapped_key))
    }

    /// A tenant by its internal id, for background work; `None` for one that is not active.
    pub async fn tenant_by_id(&self, id: i64) -> Result<Option<TenantRef>, Error> {
        let load = move |tx: &mut store::Tx| tx.locate::<Tenant>("id = ? and active = ?", store::params![id, true]);
        let found = self.store.read(load).await.map_err(Error::from)?;
        Ok(found.map(|(organization, tenant)| TenantRef {
            id: tenant.id,
            key: tenant.key,
            name: tenant.name.as_str().into(),
            organization: organization.0,
        }))
    }

    /// The folder tree of a tenant.
    pub async fn tree(&self, tenant: i64) -> Result<Arc<Tree>, Error> {
        let store = &self.store;
        let load = async || {
            let all = store.read(move |tx| folders::all(&mut tx.tenant(tenant))).await?;
            Ok(Tree::new(all))
        };
        self.caches.trees.get_or(tenant, load).await
    }

    /// What role assignments give the caller in the tenant, whatever its token says.
    pub async fn rights(&self, caller: &Caller, tenant: &TenantRef) -> Result<Rights, Error> {
        if caller.principal == Principal::System {
            return Ok(Rights::Everything);
        }
        let standing = self.standing(caller, tenant).await?;
        let rights = standing.map_or(Rights::None, |standing| standing.rights.clone());
        Ok(match caller.confined {
            Some(confined) if confined.tenant != tenant.key => Rights::None,
            Some(Confined {
                folder: Some(folder), ..
            }) => rights.confined(folder),
            _ => rights,
        })
    }

    /// The caller's user record in the tenant.
    pub async fn user_id(&self, caller: &Caller, tenant: &TenantRef) -> Result<Option<i64>, Error> {
        Ok(self.standing(caller, tenant).await?.and_then(|standing| standing.user))
    }

    /// Rights and user record of the caller; `None` for those that have neither here.
    pub async fn standing(&self, caller: &Caller, tenant: &TenantRef) -> Result<Option<Arc<Standing>>, Error> {
        let has_none = caller.principal_id().is_none() || caller.machine().is_some();
        if has_none || caller.organization != Some(tenant.organization) {
            return Ok(None);
        }
        let load = async || {
            let tree = self.tree(tenant.id).await?;
            self.read_standing(caller.clone(), tenant.clone(), tree).await
        };
        self.caches
            .standings
            .get_or((tenant.id, caller.principal), load)
            .await
            .map(Some)
    }

    async fn read_standing(&self, caller: Caller, tenant: TenantRef, tree: Arc<Tree>) -> Result<Standing, Error> {
        let ctx = Ctx::new(Caller::system(), self.clock.now(), self.random.clone());
        let (who, home, now) = (caller.clone(), tenant.clone(), ctx.now);
        let (mut standing, is_due) = self
            .store
            .read(move |tx| find_standing(tx, &who, &home, &tree, now))
            .await?;
        if is_due && let Some(key) = caller.user() {
            standing.user = self.store.write(move |tx| note_visit(tx, &ctx, &tenant, key)).await?;
        }
        Ok(standing)
    }
}

/// Rights and user record of a principal, and whether its visit is to be noted. Only records of the right kind count: the
/// caller's own, and those of its groups.
fn find_standing(
    tx: &mut Tx,
    caller: &Caller,
    tenant: &TenantRef,
    tree: &Tree,
    now: Timestamp,
) -> Result<(Standing, bool), Error> {
    let groups = directory::groups_of(tx, tenant.organization, caller)?;
    let keys = groups.iter().copied().chain(caller.principal_id());
    let (marks, keys) = store::any_of(keys.map(store::Value::Guid));
    let mut scope = tx.tenant(tenant.id);
    let mut known = scope.find::<TenantUser>(&format!("key in ({marks})"), keys)?;
    let is_group = |user: &TenantUser| user.user_type == UserType::DirectoryGroup && groups.contains(&user.key);
    known.retain(|user| directory::is_own(caller, user) || is_group(user));
    let own = known.iter().find(|user| directory::is_own(caller, user));
    let user = own.map(|user| user.id);
    if own.is_some_and(|user| !user.is_active) {
        return Ok((
            Standing {
                rights: Rights::None,
                user,
            },
            false,
        ));
    }
    let ids: Vec<i64> = known.iter().filter(|user| user.is_active).map(|user| user.id).collect();
    let grants = rights::of_users(&mut scope, tree, &ids)?;
    let is_due = match own {
        None => !known.is_empty(),
        Some(user) => user
            .last_login_at
            .is_none_or(|last| now.as_microsecond() - last.as_microsecond() > VISIT_MICROSECONDS),
    };
    Ok((
        Standing {
            rights: Rights::Granted(Arc::new(grants)),
            user,
        },
        is_due,
    ))
}

/// What a user of a tenant may do there, by itself and through its groups.
pub fn rights_of(tx: &mut Tx, tenant: &TenantRef, tree: &Tree, user: &TenantUser) -> Result<Rights, Error> {
    let groups = directory::groups_of_user(tx, tenant.organization, user.key)?;
    let mut scope = tx.tenant(tenant.id);
    let mut ids = vec![user.id];
    if !groups.is_empty() {
        let (marks, keys) = store::any_of(groups.into_iter().map(store::Value::Guid));
        let known = scope.find::<TenantUser>(&format!("key in ({marks})"), keys)?;
        let groups = known
            .iter()
            .filter(|user| user.user_type == UserType::DirectoryGroup && user.is_active);
        ids.extend(groups.map(|group| group.id));
    }
    Ok(Rights::Granted(Arc::new(rights::of_users(&mut scope, tree, &ids)?)))
}

/// Notes the visit of a person, with the names the directory has for it now. A member of a known group that comes for
/// the first time gets a record of its own.
fn note_visit(tx: &mut Tx, ctx: &Ctx, tenant: &TenantRef, key: Uuid) -> Result<Option<i64>, Error> {
    let Some(principal) = directory::by_key(tx, tenant.organization, key)? else {
        return Ok(None);
    };
    let mut scope = tx.tenant(tenant.id);
    let mut user = users::provision(&mut scope, ctx, &principal)?;
    if !directory::is_same_kind(user.user_type, principal.kind) {
        return Ok(None);
    }
    users::copy_names(&mut user, &principal);
    user.last_login_at = Some(ctx.now);
    scope.update(&user)?;
    Ok(Some(user.id))
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("contents", &self.contents)
            .field("exports", &self.exports)
            .finish_non_exhaustive()
    }
}

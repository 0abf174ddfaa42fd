//! What every request asks: organizations, users, memberships and sessions, kept in memory and dropped when the change
//! feed says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use context::{Caller, Credential, Error, Principal, SessionRef};
use jiff::Timestamp;
use moka::sync::Cache;
use store::{Change, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use uuid::Uuid;
use vault::{Vault, WrappedKey};

use crate::groups::{self, BuiltIn, MemberKind};
use crate::kept::{Kept, MOST_ENTRIES};
use crate::organizations::{self, HOST, Settings};
use crate::sessions::{self, SessionState};
use crate::sign_in::{Hashing, Throttle};
use crate::users::User;

/// Longest time an answer is kept although no change was reported: a lost report costs no more than this.
const KEPT: Duration = Duration::from_secs(60);
const KEPT_SESSION: Duration = Duration::from_secs(5);
/// Header by which fragments that load by themselves say that no person is behind them.
const BACKGROUND: &str = "x-background";

/// An organization as requests need it.
#[derive(Debug)]
pub struct OrganizationState {
    pub id: Uuid,
    pub name: Arc<str>,
    pub url_name: Arc<str>,
    pub is_active: bool,
    pub settings: Settings,
    /// Wrapped data key of the organization's secrets.
    pub data_key: WrappedKey,
    pub administrators: Uuid,
    pub everyone: Uuid,
}

impl OrganizationState {
    pub fn is_host(&self) -> bool {
        self.id == HOST
    }

    /// Where its people land after sign-in.
    pub fn home(&self) -> String {
        if self.is_host() {
            "/identity/management".to_owned()
        } else {
            format!("/console/{}", self.url_name)
        }
    }
}

/// A user as requests need it. Deleted users have no state.
#[derive(Debug)]
pub struct UserState {
    pub id: Uuid,
    pub organization: Uuid,
    pub is_active: bool,
    pub user_name: Arc<str>,
    pub display: Arc<str>,
    pub email: Option<Arc<str>>,
    pub email_confirmed: bool,
    pub name: Arc<str>,
    pub surname: Arc<str>,
    /// Groups, Everyone included.
    pub groups: Vec<Uuid>,
    /// A system administrator.
    pub host: bool,
    /// Changes when everything handed out before is void.
    pub stamp: Uuid,
    /// Tokens issued in an earlier second are void.
    pub tokens_valid_from: Timestamp,
    pub bypass_basic_auth: bool,
    /// Has a local password.
    pub is_local: bool,
    pub must_change_password: bool,
}

/// The accounts of the installation. One per process; handlers find it by `request.state::<Accounts>()`.
pub struct Accounts {
    pub store: Store,
    pub vault: Arc<Vault>,
    pub hashing: Hashing,
    pub throttle: Throttle,
    organizations: Kept<Uuid, Option<Arc<OrganizationState>>>,
    names: Kept<String, Option<Uuid>>,
    users: Kept<Uuid, Option<Arc<UserState>>>,
    members: Kept<(Uuid, Uuid), Arc<[Uuid]>>,
    sessions: Kept<[u8; 32], Option<Arc<SessionState>>>,
    session_hashes: Cache<Uuid, [u8; 32]>,
    feed: Mutex<Receiver<Change>>,
}

impl Accounts {
    pub fn new(store: Store, vault: Arc<Vault>) -> Arc<Self> {
        Arc::new(Self {
            feed: Mutex::new(store.changes()),
            store,
            vault,
            hashing: Hashing::default(),
            throttle: Throttle::default(),
            organizations: Kept::new(KEPT),
            names: Kept::new(KEPT),
            users: Kept::new(KEPT),
            members: Kept::new(KEPT),
            sessions: Kept::new(KEPT_SESSION),
            session_hashes: Cache::builder().max_capacity(MOST_ENTRIES).time_to_live(KEPT).build(),
        })
    }

    /// Starts the task that drops what changed while nobody asks. Those who ask catch up themselves: a request that comes
    /// after the answer to a change sees the change.
    pub fn watch(self: &Arc<Self>) {
        let (accounts, mut changes) = (Arc::downgrade(self), self.store.changes());
        tokio::spawn(async move {
            loop {
                if let Err(RecvError::Closed) = changes.recv().await {
                    return;
                }
                let Some(accounts) = accounts.upgrade() else { return };
                accounts.catch_up();
            }
        });
    }

    /// Acts on every change that is known by now.
    fn catch_up(&self) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match feed.try_recv() {
                Ok(change) => self.forget(&change),
                Err(TryRecvError::Lagged(_)) => self.forget(&Change::Resync),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn forget(&self, change: &Change) {
        let Change::Changed { topic, id } = change else {
            self.organizations.drop_all();
            self.names.drop_all();
            self.users.drop_all();
            self.members.drop_all();
            self.sessions.drop_all();
            return;
        };
        let id = Uuid::parse_str(id).ok();
        match (&**topic, id) {
            ("organizations", _) => {
                self.organizations.drop_all();
                self.names.drop_all();
            }
            ("users", Some(id)) => self.users.drop_one(&id),
            ("users", None) => self.users.drop_all(),
            ("clients" | "robots" | "groups", _) => self.members.drop_all(),
            ("sessions", Some(id)) => match self.session_hashes.get(&id) {
                Some(hash) => self.sessions.drop_one(&hash),
                // Whoever is loading it now must not keep it.
                None => self.sessions.drop_one(&[0; 32]),
            },
            _ => {}
        }
    }

    /// The organization with this id, closed ones included.
    pub async fn organization_by_id(&self, id: Uuid) -> Result<Option<Arc<OrganizationState>>, Error> {
        self.catch_up();
        let load = self.store.read_here(move |tx| {
            let Some(organization) = organizations::service::get(tx, id)? else {
                return Ok(None);
            };
            let mut scope = tx.organization(id);
            let administrators = groups::service::built_in(&mut scope, BuiltIn::Administrators)?;
            let everyone = groups::service::built_in(&mut scope, BuiltIn::Everyone)?;
            Ok::<_, Error>(Some(Arc::new(OrganizationState {
                id,
                name: Arc::from(organization.name),
                url_name: Arc::from(organization.url_name),
                is_active: organization.is_active,
                settings: organization.settings.0,
                data_key: WrappedKey::from_bytes(organization.data_key),
                administrators: administrators.map_or(Uuid::nil(), |group| group.id),
                everyone: everyone.map_or(Uuid::nil(), |group| group.id),
            })))
        });
        self.organizations.get(id, load).await
    }

    /// The organization named by URL name (any letter case) or GUID, closed ones included.
    pub async fn organization(&self, name_or_guid: &str) -> Result<Option<Arc<OrganizationState>>, Error> {
        self.catch_up();
        let name = store::fold(name_or_guid.trim());
        if name.is_empty() || name.len() > 200 {
            return Ok(None);
        }
        let id = if let Ok(id) = Uuid::parse_str(&name) {
            Some(id)
        } else {
            let key = name.clone();
            let load = self.store.read_here(move |tx| {
                let found = organizations::service::by_url_name(tx, &name)?;
                Ok::<_, Error>(found.map(|organization| organization.id))
            });
            self.names.get(key, load).await?
        };
        match id {
            Some(id) => self.organization_by_id(id).await,
            None => Ok(None),
        }
    }

    /// The organization with this id, or 404.
    pub async fn require_organization(&self, id: Uuid) -> Result<Arc<OrganizationState>, Error> {
        self.organization_by_id(id)
            .await?
            .ok_or_else(|| Error::not_found("Organization", id))
    }

    /// The user; `None` when there is none or it was deleted.
    pub async fn user(&self, id: Uuid) -> Result<Option<Arc<UserState>>, Error> {
        self.catch_up();
        let load = self.store.read_here(move |tx| {
            let found = tx.locate::<User>("id = ? and deleted_at is null", store::params![id])?;
            let Some((store::Organization(organization), user)) = found else {
                return Ok(None);
            };
            let groups = groups::service::groups_of(&mut tx.organization(organization), MemberKind::User, id)?;
            Ok::<_, Error>(Some(Arc::new(UserState {
                id,
                organization,
                is_active: user.is_active,
                display: Arc::from(user.shown()),
                user_name: Arc::from(user.user_name),
                email: user.email.map(Arc::from),
                email_confirmed: user.email_confirmed,
                name: Arc::from(user.name),
                surname: Arc::from(user.surname),
                groups,
                host: organization == HOST,
                stamp: user.stamp,
                tokens_valid_from: user.stamped_at,
                bypass_basic_auth: user.bypass_basic_auth,
                is_local: user.password.is_some(),
                must_change_password: user.must_change_password,
            })))
        });
        self.users.get(id, load).await
    }

    /// The groups of an application, Everyone included.
    pub async fn application_groups(&self, organization: Uuid, application: Uuid) -> Result<Arc<[Uuid]>, Error> {
        self.catch_up();
        let load = self.store.read_here(move |tx| {
            let mut scope = tx.organization(organization);
            let groups = groups::service::groups_of(&mut scope, MemberKind::Application, application)?;
            Ok::<_, Error>(Arc::from(groups))
        });
        self.members.get((organization, application), load).await
    }

    /// Whether the user is in the Administrators of its organization.
    pub async fn is_administrator(&self, user: Uuid) -> Result<bool, Error> {
        let Some(user) = self.user(user).await?.filter(|user| user.is_active) else {
            return Ok(false);
        };
        let organization = self.organization_by_id(user.organization).await?;
        Ok(organization.is_some_and(|organization| user.groups.contains(&organization.administrators)))
    }

    /// Whether the caller, a person or an application, is in the Administrators of its organization.
    pub async fn is_administrating(&self, caller: &Caller) -> Result<bool, Error> {
        match (caller.principal, caller.organization) {
            (Principal::User(id), _) => self.is_administrator(id).await,
            (Principal::Application(id), Some(organization)) => {
                let groups = self.application_groups(organization, id).await?;
                let organization = self.organization_by_id(organization).await?;
                Ok(organization.is_some_and(|organization| groups.contains(&organization.administrators)))
            }
            _ => Ok(false),
        }
    }

    /// The session behind the request's cookie, if it is good; one that waits for a new password included.
    pub async fn session(&self, request: &web::Request) -> Result<Option<Arc<SessionState>>, Error> {
        let Some(token) = sessions::session_token(request) else {
            return Ok(None);
        };
        let hash = vault::hash_secret(token);
        self.catch_up();
        let load = async {
            let read = self.store.read_here(move |tx| {
                let found = sessions::service::by_token_hash(tx, &hash)?;
                Ok::<_, Error>(found.map(|(organization, session)| Arc::new(SessionState::of(organization, &session))))
            });
            let found = read.await?;
            // Known before it is kept, so that its end finds it.
            if let Some(session) = &found {
                self.session_hashes.insert(session.id, hash);
            }
            Ok(found)
        };
        let Some(session) = self.sessions.get(hash, load).await? else {
            return Ok(None);
        };
        let now = request.ctx.now;
        let organization = self
            .organization_by_id(session.organization)
            .await?
            .filter(|organization| organization.is_active);
        let user = self.user(session.user).await?.filter(|user| user.is_active);
        let (Some(organization), Some(_)) = (organization, user) else {
            return Ok(None);
        };
        let policy = &organization.settings.session;
        if !sessions::service::is_live(session.created_at, session.seen_at(), policy, now) {
            return Ok(None);
        }
        if request.header(BACKGROUND).is_none() && session.wants_touch(policy, now) {
            session.touched(now);
            let (id, organization) = (session.id, session.organization);
            self.store
                .write(move |tx| sessions::service::touch(&mut tx.organization(organization), id, now))
                .await?;
        }
        Ok(Some(session))
    }

    /// The caller behind the request's cookie; anonymous when there is no good session.
    pub async fn session_caller(&self, request: &web::Request) -> Result<Caller, Error> {
        let session = self
            .session(request)
            .await?
            .filter(|session| !session.must_change_password);
        let Some(session) = session else {
            return Ok(Caller::anonymous());
        };
        let Some(user) = self.user(session.user).await? else {
            return Ok(Caller::anonymous());
        };
        Ok(Caller {
            principal: Principal::User(user.id),
            name: user.user_name.clone(),
            organization: (!user.host).then_some(user.organization),
            host: user.host,
            credential: Credential::Session,
            session: Some(SessionRef {
                id: session.id,
                csrf: session.csrf.clone(),
            }),
            ..Caller::anonymous()
        })
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

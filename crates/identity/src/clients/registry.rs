//! Applications as the endpoints see them: kept in memory, dropped when the change feed says so, and after a minute anyway.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use context::Error;
use jiff::Timestamp;
use jose::KeySet;
use moka::sync::Cache;
use store::{Store, params};
use uuid::Uuid;

use super::model::{Client, ClientSecret};
use super::redirects::origin_of;
use crate::scopes::{IDENTITY_ACCESS, Kind, ORCHESTRATOR_USER_ACCESS, catalogue};

/// The public client that ships with the product, so that the vendor's command line can sign in (reference: identity 2.12).
pub const FIRST_PARTY_ID: Uuid = Uuid::from_u128(0x36de_a5b8_e8bb_423d_8e7b_c808_df8f_1c00);
const FIRST_PARTY_REDIRECTS: [&str; 3] = [
    "http://localhost:8104/oidc/login",
    "http://localhost:8055/oidc/login",
    "http://localhost:42042/oidc/login",
];

/// Longest time without a look at the database.
const KEEP: Duration = Duration::from_secs(60);
const MOST_KEPT: u64 = 20_000;

/// A client that may talk to the endpoints.
#[derive(Debug)]
pub struct Registered {
    pub id: Uuid,
    pub name: Arc<str>,
    /// `None`: it works for every organization.
    pub organization: Option<Uuid>,
    pub first_party: bool,
    pub confidential: bool,
    pub enabled: bool,
    pub redirect_uris: Vec<String>,
    pub user_scopes: Vec<String>,
    pub application_scopes: Vec<String>,
    pub(crate) keys: KeySet,
    /// Seconds.
    pub access_token_lifetime: i64,
    /// The client of a machine object: key of its tenant.
    pub machine: Option<Uuid>,
    secrets: Vec<ClientSecret>,
}

impl Registered {
    /// The secret that `given` is, when it is a good one. Every secret is compared, so that time tells nothing.
    pub(crate) fn secret(&self, given: &str, now: Timestamp) -> Option<i64> {
        let hash = vault::hash_secret(given);
        let mut found = None;
        for secret in &self.secrets {
            if jose::constant_time_equal(hash, &secret.hash) && !secret.is_expired(now) {
                found = Some(secret.id);
            }
        }
        found
    }

    /// Whether the secret with this id is still there.
    pub(crate) fn has_secret(&self, id: i64) -> bool {
        self.secrets.iter().any(|secret| secret.id == id)
    }

    /// Whether `uri` is registered, byte for byte.
    pub fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri)
    }

    pub fn has_scope(&self, kind: Kind, name: &str) -> bool {
        let list = match kind {
            Kind::User => &self.user_scopes,
            Kind::Application => &self.application_scopes,
        };
        list.iter().any(|scope| scope == name)
    }

    fn first_party() -> Self {
        let own = [ORCHESTRATOR_USER_ACCESS, IDENTITY_ACCESS].map(str::to_owned);
        Self {
            id: FIRST_PARTY_ID,
            name: Arc::from("UiPath command line"),
            organization: None,
            first_party: true,
            confidential: false,
            enabled: true,
            redirect_uris: FIRST_PARTY_REDIRECTS.map(str::to_owned).to_vec(),
            user_scopes: own
                .into_iter()
                .chain(catalogue().names(Kind::User).map(str::to_owned))
                .collect(),
            application_scopes: Vec::new(),
            keys: KeySet::default(),
            access_token_lifetime: 3600,
            machine: None,
            secrets: Vec::new(),
        }
    }

    fn from_rows(organization: Uuid, client: Client, secrets: Vec<ClientSecret>) -> Self {
        let keys = client
            .keys
            .0
            .iter()
            .filter_map(|jwk| jose::VerifyingKey::from_jwk(jwk).ok());
        Self {
            id: client.id,
            name: Arc::from(client.name.as_str()),
            organization: Some(organization),
            first_party: false,
            confidential: client.confidential,
            enabled: client.enabled,
            keys: KeySet::new(keys),
            redirect_uris: client.redirect_uris.0,
            user_scopes: client.user_scopes.0,
            application_scopes: client.application_scopes.0,
            access_token_lifetime: client.access_token_lifetime,
            machine: client.machine_tenant,
            secrets,
        }
    }
}

/// Origins of browsers that may call from scripts.
pub type Origins = HashSet<String>;

/// The clients in memory.
pub struct Registry {
    store: Store,
    clients: Cache<Uuid, Option<Arc<Registered>>>,
    first_party: Arc<Registered>,
    origins: RwLock<Option<(u64, Arc<Origins>)>>,
    /// Counts changes, so that what was read before one is not kept after it.
    generation: AtomicU64,
}

impl Registry {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            clients: Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEEP).build(),
            first_party: Arc::new(Registered::first_party()),
            origins: RwLock::new(None),
            generation: AtomicU64::new(0),
        }
    }

    /// The client, if it exists; enabled or not.
    pub async fn get(&self, id: Uuid) -> Result<Option<Arc<Registered>>, Error> {
        if id == FIRST_PARTY_ID {
            return Ok(Some(self.first_party.clone()));
        }
        if let Some(known) = self.clients.get(&id) {
            return Ok(known);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let found = self
            .store
            .read_here(move |tx| -> Result<_, Error> {
                let Some((organization, client)) = tx.locate::<Client>("id = ?", params![id])? else {
                    return Ok(None);
                };
                let secrets = tx
                    .scope(organization)
                    .find::<ClientSecret>("client_id = ? order by id", params![id])?;
                Ok(Some(Registered::from_rows(organization.0, client, secrets)))
            })
            .await?
            .map(Arc::new);
        if self.generation.load(Ordering::SeqCst) == generation {
            self.clients.insert(id, found.clone());
        }
        Ok(found)
    }

    /// Origins of the redirect addresses of enabled non-confidential applications.
    pub async fn origins(&self) -> Result<Arc<Origins>, Error> {
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some((at, origins)) = &*self.origins.read().unwrap_or_else(PoisonError::into_inner)
            && *at == generation
        {
            return Ok(origins.clone());
        }
        let clients = self
            .store
            .read(|tx| {
                tx.locate_all::<Client>("enabled and not confidential", params![])
                    .map_err(Error::from)
            })
            .await?;
        let uris = clients
            .iter()
            .flat_map(|(_, client)| client.redirect_uris.0.iter().map(String::as_str));
        let origins: Arc<Origins> = Arc::new(uris.chain(FIRST_PARTY_REDIRECTS).filter_map(origin_of).collect());
        *self.origins.write().unwrap_or_else(PoisonError::into_inner) = Some((generation, origins.clone()));
        Ok(origins)
    }

    /// Something about the client changed.
    pub(crate) fn forget(&self, id: Uuid) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.clients.invalidate(&id);
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.clients.invalidate_all();
    }
}

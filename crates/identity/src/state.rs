//! What the crate keeps in memory, and how it stays true.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use context::{Caller, Clock, Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use jose::Algorithm;
use moka::sync::Cache;
use store::{Change, Store};
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;
use vault::Vault;

use crate::access_token::{AccessToken, PersonalAccess};
use crate::clients::usage::{self, Login};
use crate::clients::{Registered, Registry, Usage};
use crate::keys::{self, Rings};
use crate::oauth::{Denied, Documents};
use crate::personal_tokens;
use crate::scopes::{self, Kind};

/// Verified tokens kept at most.
const MOST_VERIFIED: u64 = 10_000;
/// How long a personal access token is believed without a look at the database.
const PERSONAL_KEPT: Duration = Duration::from_secs(60);
/// How often counters are written.
const FLUSH_EVERY: Duration = Duration::from_secs(5);
/// A revoked grant is remembered as long as its longest access token could live.
const DENIED_FOR: SignedDuration = SignedDuration::from_secs(86_400 + 120);

/// What an operator decides about tokens.
#[derive(Debug, Clone)]
pub struct Options {
    /// What tokens are signed with.
    pub algorithm: Algorithm,
    pub token_type: TokenType,
    /// Life of authorization codes.
    pub code_lifetime: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Rs256,
            token_type: TokenType::default(),
            code_lifetime: SignedDuration::from_secs(60),
        }
    }
}

/// `typ` of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenType {
    /// `at+jwt` (RFC 9068).
    #[default]
    AtJwt,
    /// `JWT`, for resource servers that know no other.
    Jwt,
}

impl TokenType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}

/// The identity of the installation: applications, keys and tokens. One per process; handlers find it by
/// `request.state::<Identity>()`.
pub struct Identity {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub clients: Registry,
    pub options: Options,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn vault::Random + Send + Sync>,
    pub(crate) usage: Usage,
    pub(crate) rings: Rings,
    pub(crate) denied: Denied,
    pub(crate) documents: Documents,
    /// Access tokens by SHA-256 of their text; signature and times were checked.
    pub(crate) verified: Cache<[u8; 32], Arc<AccessToken>>,
    /// Personal access tokens by SHA-256 of their text; `None`: there is none.
    pub(crate) personal: Cache<[u8; 32], Option<Arc<PersonalAccess>>>,
}

impl Identity {
    pub fn new(
        store: Store,
        vault: Arc<Vault>,
        accounts: Arc<Accounts>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn vault::Random + Send + Sync>,
        options: Options,
    ) -> Arc<Self> {
        Arc::new(Self {
            clients: Registry::new(store.clone()),
            store,
            accounts,
            options,
            vault,
            clock,
            random,
            usage: Usage::default(),
            rings: Rings::new(),
            denied: Denied::default(),
            documents: Documents::new(),
            verified: Cache::builder().max_capacity(MOST_VERIFIED).build(),
            personal: Cache::builder()
                .max_capacity(MOST_VERIFIED)
                .time_to_live(PERSONAL_KEPT)
                .build(),
        })
    }

    /// Starts the tasks that listen to the change feed and write counters. Call inside the runtime, before the seeds.
    pub fn watch(self: &Arc<Self>) {
        let (identity, mut changes) = (Arc::downgrade(self), self.store.changes());
        tokio::spawn(async move {
            loop {
                let change = match changes.recv().await {
                    Ok(change) => change,
                    Err(RecvError::Lagged(_)) => Change::Resync,
                    Err(RecvError::Closed) => return,
                };
                let Some(identity) = identity.upgrade() else { return };
                if let Err(error) = identity.follow(&change).await {
                    tracing::warn!(%error, "a change could not be followed; what was kept is dropped");
                    identity.forget_everything();
                }
            }
        });
        let identity = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FLUSH_EVERY).await;
                let Some(identity) = identity.upgrade() else { return };
                if let Err(error) = identity.flush_usage().await {
                    tracing::warn!(%error, "usage could not be written; it is lost");
                }
            }
        });
    }

    /// The server acting on its own behalf, now.
    pub(crate) fn system(&self) -> Ctx {
        Ctx::new(Caller::system(), self.clock.now(), self.random.clone())
    }

    async fn follow(&self, change: &Change) -> Result<(), Error> {
        match change {
            Change::Changed { topic, id } => match &**topic {
                "clients" => match id.parse() {
                    Ok(id) => self.clients.forget(id),
                    Err(_) => self.clients.forget_all(),
                },
                "keys" => self.load_keys().await?,
                "tokens" if id.starts_with(personal_tokens::PREFIX) => self.personal.invalidate_all(),
                "tokens" => self.denied.load(&self.store, Some(id)).await?,
                _ => {}
            },
            Change::Resync => {
                self.forget_everything();
                self.denied.load(&self.store, None).await?;
                self.load_keys().await?;
            }
        }
        Ok(())
    }

    fn forget_everything(&self) {
        self.clients.forget_all();
        self.personal.invalidate_all();
        self.verified.invalidate_all();
    }

    /// Drops what is known of personal access tokens.
    pub(crate) fn forget_personal_tokens(&self) {
        self.personal.invalidate_all();
    }

    /// Reads the keys anew. Tokens verified before are verified again: their key may be gone.
    pub(crate) async fn load_keys(&self) -> Result<(), Error> {
        if let Some(ring) = keys::load(&self.store, &self.vault, self.options.algorithm, self.clock.now()).await? {
            self.rings.put(Arc::new(ring));
            self.documents.forget();
            self.verified.invalidate_all();
        }
        Ok(())
    }

    /// Does what is due about keys.
    pub async fn rotate_keys(&self) -> Result<(), Error> {
        keys::rotate(&self.store, &self.vault, &self.system(), self.options.algorithm).await?;
        self.load_keys().await
    }

    /// Signs claims as the endpoints do: for whoever speaks in the name of the server, and for tests that forge tokens.
    pub async fn sign(&self, token_type: &str, claims: &serde_json::Value) -> Result<String, Error> {
        self.rings
            .get()
            .await?
            .keys
            .sign(token_type, claims)
            .map_err(Error::internal)
    }

    /// Denies a grant on this node at once; the others hear of it by the change feed.
    pub(crate) fn deny_here(&self, id: &str) {
        let until = self.clock.now().checked_add(DENIED_FOR).unwrap_or(Timestamp::MAX);
        self.denied.add(id, until);
    }

    /// Notes for statistics and audit that an application came for a token.
    pub(crate) fn note_login(
        &self,
        ctx: &Ctx,
        client: &Registered,
        secret: Option<i64>,
        grant: &'static str,
        error: Option<&'static str>,
    ) {
        let Some(organization) = client.organization else {
            return;
        };
        // Hosts come every hour, by the thousand: of them only what failed is told, and which secret is in use.
        if client.machine.is_some() && error.is_none() {
            if let Some(secret) = secret {
                self.usage.secret(organization, secret, ctx.now);
            }
            return;
        }
        let login = Login {
            organization,
            client: client.id,
            name: client.name.to_string(),
            machine: client.machine.is_some(),
            grant,
            error,
            address: ctx.address,
        };
        self.usage.login(login, secret, ctx.now);
    }

    /// Notes that a scope of the caller's token opened an operation. Asked by the guard, on every request.
    pub fn used_scope(&self, ctx: &Ctx, scope: &'static str) {
        let caller = &ctx.caller;
        let (Some(organization), Some(client)) = (caller.organization, caller.client) else {
            return;
        };
        if caller.first_party || scope == scopes::DEFAULT {
            return;
        }
        let kind = if caller.application().is_some() {
            Kind::Application
        } else {
            Kind::User
        };
        self.usage.scope(organization, client, kind, scope, ctx.now);
    }

    /// Writes the counters. Reports do it first, so that they are up to date.
    pub async fn flush_usage(&self) -> Result<(), Error> {
        let Some(pending) = self.usage.take() else {
            return Ok(());
        };
        let ctx = self.system();
        self.store.write(move |tx| usage::flush(tx, &ctx, &pending)).await
    }

    /// Whether browsers may call from this origin: that of a redirect address of an enabled non-confidential application.
    pub async fn allows_origin(&self, origin: &str) -> Result<bool, Error> {
        Ok(origin != "null" && self.clients.origins().await?.contains(origin))
    }

    /// Something about the client of a machine object changed: this node must know before it answers.
    pub fn forget_machine(&self, id: Uuid) {
        self.clients.forget(id);
    }

    /// The application as the endpoints see it.
    pub async fn client(&self, id: Uuid) -> Result<Option<Arc<Registered>>, Error> {
        self.clients.get(id).await
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

//! What requests look up over and over, kept in memory and dropped when the change feed says so.
//!
//! The feed is read before every look-up, so an answer never rests on something that this node changed before the
//! question came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use context::{Error, Principal, Rights};
use moka::sync::Cache;
use store::{Change, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use uuid::Uuid;

use crate::folders::tree::Tree;
use crate::tenants::model::Tenant;

/// Tenants and trees that are kept at most.
const TENANTS: u64 = 10_000;
/// Principals whose rights are kept at most.
const PRINCIPALS: u64 = 100_000;
/// Nothing is kept longer than this without being read again from the database.
const LONGEST: Duration = Duration::from_secs(600);

/// What a principal may do in a tenant, and as which user.
#[derive(Debug, Clone)]
pub struct Standing {
    pub rights: Rights,
    /// Id of the principal's user record in the tenant, if it has one.
    pub user: Option<i64>,
}

pub(crate) struct Caches {
    feed: Mutex<Receiver<Change>>,
    generation: AtomicU64,
    /// Active and inactive tenants of an organization, by id.
    pub tenants: Cache<Uuid, Arc<Vec<Tenant>>>,
    pub trees: Cache<i64, Arc<Tree>>,
    /// By tenant and principal. Its kind belongs to it: an id says nothing without.
    pub standings: Cache<(i64, Principal), Arc<Standing>>,
}

impl Caches {
    pub fn new(store: &Store) -> Self {
        fn cache<K, V>(most: u64) -> Cache<K, V>
        where
            K: std::hash::Hash + Eq + Send + Sync + 'static,
            V: Clone + Send + Sync + 'static,
        {
            Cache::builder().max_capacity(most).time_to_live(LONGEST).build()
        }
        Self {
            feed: Mutex::new(store.changes()),
            generation: AtomicU64::new(0),
            tenants: cache(TENANTS),
            trees: cache(TENANTS),
            standings: cache(PRINCIPALS),
        }
    }

    /// Acts on every change that is known by now.
    pub fn catch_up(&self) {
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
        let concerns = |topics: &[&str]| topics.iter().any(|topic| change.concerns(topic));
        if !concerns(&[
            "tenants",
            "organizations",
            "folders",
            "roles",
            "assignments",
            "users",
            "groups",
        ]) {
            return;
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        if concerns(&["tenants", "organizations"]) {
            self.tenants.invalidate_all();
        }
        if concerns(&["folders"]) {
            self.trees.invalidate_all();
        }
        self.standings.invalidate_all();
    }

    /// The value kept under `key`, else the one that `load` finds, which is kept unless something changed meanwhile.
    pub async fn get_or<K, V, F>(&self, cache: &Cache<K, Arc<V>>, key: K, load: F) -> Result<Arc<V>, Error>
    where
        K: std::hash::Hash + Eq + Send + Sync + Clone + 'static,
        V: Send + Sync + 'static,
        F: AsyncFnOnce() -> Result<V, Error>,
    {
        self.catch_up();
        if let Some(found) = cache.get(&key) {
            return Ok(found);
        }
        let before = self.generation.load(Ordering::Acquire);
        let found = Arc::new(load().await?);
        self.catch_up();
        if self.generation.load(Ordering::Acquire) == before {
            cache.insert(key, found.clone());
        }
        Ok(found)
    }
}

//! What is looked up over and over, kept in memory and dropped when the change feed says so.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::change::Change;
use crate::store::Store;

/// Nothing is kept longer than this without being read again from the database.
const LONGEST: Duration = Duration::from_secs(600);

/// Values read from the database, by key.
///
/// The feed is read before every look-up, so an answer never rests on something that this node changed before the question came;
/// what another node changed is known as soon as the feed has told it.
pub struct Kept<K, V> {
    feed: Mutex<Receiver<Change>>,
    topics: &'static [&'static str],
    generation: AtomicU64,
    cache: Cache<K, Arc<V>>,
}

impl<K, V> Kept<K, V>
where
    K: Hash + Eq + Send + Sync + Clone + 'static,
    V: Send + Sync + 'static,
{
    /// Keeps at most `most` values, and drops all of them when something of one of the topics changes.
    pub fn new(store: &Store, topics: &'static [&'static str], most: u64) -> Self {
        Self {
            feed: Mutex::new(store.changes()),
            topics,
            generation: AtomicU64::new(0),
            cache: Cache::builder().max_capacity(most).time_to_live(LONGEST).build(),
        }
    }

    /// The value kept under `key`, else the one that `load` finds, which is kept unless something changed meanwhile.
    ///
    /// # Errors
    /// What `load` answers; nothing is kept then.
    pub async fn get_or<E, F>(&self, key: K, load: F) -> Result<Arc<V>, E>
    where
        F: AsyncFnOnce() -> Result<V, E>,
    {
        self.catch_up();
        if let Some(found) = self.cache.get(&key) {
            return Ok(found);
        }
        let before = self.generation.load(Ordering::Acquire);
        let found = Arc::new(load().await?);
        self.catch_up();
        if self.generation.load(Ordering::Acquire) == before {
            self.cache.insert(key, found.clone());
        }
        Ok(found)
    }

    /// Drops one value, for whoever found out that it is out of date before the feed told.
    pub fn drop(&self, key: &K) {
        self.cache.invalidate(key);
    }

    /// Acts on every change that is known by now.
    fn catch_up(&self) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let concerned = match feed.try_recv() {
                Ok(change) => self.topics.iter().any(|topic| change.concerns(topic)),
                Err(TryRecvError::Lagged(_)) => true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            };
            if concerned {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.cache.invalidate_all();
            }
        }
    }
}

impl<K, V> std::fmt::Debug for Kept<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}

//! A cache for what the change feed keeps right.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use context::Error;
use moka::sync::Cache;

/// Most entries of one cache.
pub(crate) const MOST_ENTRIES: u64 = 20_000;

/// A cache that never keeps what was read before a change it was told of afterwards.
pub(crate) struct Kept<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> {
    entries: Cache<K, V>,
    epoch: AtomicU64,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Kept<K, V> {
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            entries: Cache::builder()
                .max_capacity(MOST_ENTRIES)
                .time_to_live(longest)
                .build(),
            epoch: AtomicU64::new(0),
        }
    }

    pub(crate) fn drop_one(&self, key: &K) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate(key);
    }

    pub(crate) fn drop_all(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate_all();
    }

    pub(crate) async fn get(&self, key: K, load: impl Future<Output = Result<V, Error>>) -> Result<V, Error> {
        if let Some(value) = self.entries.get(&key) {
            return Ok(value);
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let value = load.await?;
        if self.epoch.load(Ordering::SeqCst) == epoch {
            self.entries.insert(key.clone(), value.clone());
            if self.epoch.load(Ordering::SeqCst) != epoch {
                self.entries.invalidate(&key);
            }
        }
        Ok(value)
    }
}

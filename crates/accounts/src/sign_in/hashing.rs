//! Argon2id without starving the server: on blocking threads, as many at a time as there are cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use context::{Ctx, Error};
use tokio::sync::Semaphore;
use vault::Secret;

use crate::users::Phc;

/// Callers that may wait for a core; more are told to come back.
const MOST_WAITING: usize = 200;

/// Where passwords are hashed and verified.
pub struct Hashing {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            cores: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Hashing {
    /// Whether `password` matches; without a hash the same time is spent and the answer is no.
    pub async fn verify(&self, password: Secret, phc: Option<Phc>) -> Result<bool, Error> {
        self.run(move || {
            let Ok(password) = password.expose_str() else {
                return Ok(false);
            };
            Ok(match &phc {
                Some(phc) => vault::verify_password(password, phc.as_str()),
                None => vault::verify_dummy_password(password),
            })
        })
        .await
    }

    /// Whether `password` matches any of the hashes.
    pub async fn matches_any(&self, password: Secret, hashes: Vec<Phc>) -> Result<bool, Error> {
        if hashes.is_empty() {
            return Ok(false);
        }
        self.run(move || {
            let Ok(password) = password.expose_str() else {
                return Ok(false);
            };
            Ok(hashes.iter().any(|phc| vault::verify_password(password, phc.as_str())))
        })
        .await
    }

    /// Hashes a password; the salt comes from `ctx`.
    pub async fn hash(&self, ctx: &Ctx, password: Secret) -> Result<Phc, Error> {
        let ctx = ctx.clone();
        self.run(move || {
            let text = password.expose_str().map_err(Error::internal)?;
            vault::hash_password(text, ctx.random())
                .map(Phc::new)
                .map_err(Error::internal)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _place = Place::take(&self.waiting).ok_or_else(|| Error::too_many_requests(2))?;
        let permit = self.cores.clone().acquire_owned().await.map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(Error::internal)?
    }
}

/// A place in the queue, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < MOST_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

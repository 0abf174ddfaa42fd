//! The keys in memory: a ring is never changed, only replaced.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use context::{Error, Kind};
use jose::{Algorithm, KeyRing};
use tokio::sync::watch;

/// How long a request waits for the first key of an installation to be made.
const FIRST_KEY_TIME: Duration = Duration::from_secs(20);

/// The keys at one moment.
#[derive(Debug)]
pub struct Ring {
    pub keys: KeyRing,
    /// The body of the JWKS endpoint.
    pub jwks: Bytes,
    /// What tokens may be signed with, the active algorithm first.
    pub algorithms: Vec<Algorithm>,
}

impl Ring {
    pub(super) fn new(keys: KeyRing) -> Result<Self, Error> {
        let published = keys.jwks();
        let mut algorithms = vec![keys.active().algorithm()];
        for name in published.keys.iter().filter_map(|key| key.alg.as_deref()) {
            if let Some(algorithm) = Algorithm::from_name(name)
                && !algorithms.contains(&algorithm)
            {
                algorithms.push(algorithm);
            }
        }
        let jwks = serde_json::to_vec(&published).map_err(Error::internal)?;
        Ok(Self {
            keys,
            jwks: Bytes::from(jwks),
            algorithms,
        })
    }
}

/// Holds the current ring.
#[derive(Debug)]
pub struct Rings(watch::Sender<Option<Arc<Ring>>>);

impl Rings {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    pub(crate) fn put(&self, ring: Arc<Ring>) {
        self.0.send_replace(Some(ring));
    }

    /// Whether there is a ring already.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The ring; at the first start of an installation after a moment.
    pub async fn get(&self) -> Result<Arc<Ring>, Error> {
        if let Some(ring) = &*self.0.borrow() {
            return Ok(ring.clone());
        }
        let mut receiver = self.0.subscribe();
        let waiting = receiver.wait_for(Option::is_some);
        match tokio::time::timeout(FIRST_KEY_TIME, waiting).await {
            Ok(Ok(ring)) => ring.clone().ok_or_else(|| Error::internal("the ring went away")),
            _ => Err(Error::of(Kind::Unavailable, "The signing keys are not ready yet.")),
        }
    }
}

//! What requests about packages share.

use std::sync::{Arc, PoisonError, RwLock};

use access::Access;
use blobs::{Blobs, Found};
use context::{Error, codes};

use crate::model::PackageVersion;
use crate::service::Observer;

/// The packages' half of the server. One per process; handlers find it by `request.state::<Packages>()`.
pub struct Packages {
    pub access: Arc<Access>,
    pub blobs: Arc<Blobs>,
    observers: RwLock<Vec<Arc<dyn Observer>>>,
}

impl Packages {
    pub fn new(access: Arc<Access>, blobs: Arc<Blobs>) -> Arc<Self> {
        Arc::new(Self {
            access,
            blobs,
            observers: RwLock::new(Vec::new()),
        })
    }

    /// Tells `observer` of packages from now on. Called while the server is put together.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(observer);
    }

    pub(crate) fn observers(&self) -> Vec<Arc<dyn Observer>> {
        self.observers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The content of a package, as it was uploaded.
    ///
    /// # Errors
    /// 404 (1650) when the storage has lost it.
    pub async fn open(&self, version: &PackageVersion) -> Result<Found, Error> {
        self.blobs.get(&version.blob, None).await?.ok_or_else(|| {
            Error::missing(
                codes::DOWNLOAD_UNAVAILABLE,
                format!("The content of {} is not available.", version.key_text()),
            )
        })
    }
}

impl std::fmt::Debug for Packages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packages").finish_non_exhaustive()
    }
}

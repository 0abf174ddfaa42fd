//! Values at rest that must be read back: sealed with the data key of the tenant, for the place they are kept in.

use std::sync::Arc;

use context::Error;
use vault::{Secret, Vault, WrappedKey};
use web::Request;

use crate::state::Access;

/// Seals and opens the values of one tenant.
#[derive(Debug, Clone)]
pub struct Sealer {
    vault: Arc<Vault>,
    key: WrappedKey,
}

impl Sealer {
    pub fn new(vault: Arc<Vault>, key: WrappedKey) -> Self {
        Self { vault, key }
    }

    /// For the tenant that the request addresses.
    pub async fn of(request: &Request) -> Result<Self, Error> {
        let access = request.state::<Access>()?;
        let key = access.tenant_key(request.tenant()?).await?;
        Ok(Self::new(access.vault.clone(), key))
    }

    /// Seals a value for `place`, the name of where it is kept. A sealed value copied to any other place cannot be opened.
    pub fn seal(&self, place: &str, value: &Secret) -> Result<Vec<u8>, Error> {
        self.vault
            .seal(&self.key, place, value.expose_bytes())
            .map_err(Error::internal)
    }

    /// Opens a value that was sealed for `place`.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Secret, Error> {
        self.vault.unseal(&self.key, place, sealed).map_err(Error::internal)
    }
}

//! Passwords and secrets at rest: sealed with the data key of the tenant, for the place they are kept in.

use std::sync::Arc;

use access::Access;
use context::Error;
use uuid::Uuid;
use vault::{Secret, Vault, WrappedKey};
use web::Request;

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

    /// Seals a value for `place`, see [`place`].
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

/// The name of the place a value belongs to: an asset, and the account where it is for one only. A sealed value copied
/// to any other place cannot be opened.
pub fn place(asset: Uuid, user: Option<i64>) -> String {
    match user {
        Some(user) => format!("assets/{asset}/users/{user}"),
        None => format!("assets/{asset}"),
    }
}

#[cfg(test)]
impl Sealer {
    /// A sealer with keys of its own.
    pub(crate) fn for_tests() -> Self {
        let random = Arc::new(vault::SystemRandom);
        let vault = Vault::open([vault::InstallationKey::from_bytes(&[7; 32]).unwrap()], random).unwrap();
        let key = vault.new_scope_key().unwrap();
        Self::new(Arc::new(vault), key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_in_its_own_place_only() {
        let sealer = Sealer::for_tests();
        let (asset, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = sealer.seal(&place(asset, None), &Secret::from("x")).unwrap();
        assert!(sealer.unseal(&place(asset, None), &sealed).is_ok());
        assert!(sealer.unseal(&place(other, None), &sealed).is_err());
        assert!(sealer.unseal(&place(asset, Some(3)), &sealed).is_err());
    }
}

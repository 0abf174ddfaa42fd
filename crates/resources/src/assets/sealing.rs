//! Where the passwords and secrets of assets are kept.

pub use access::sealing::Sealer;
use uuid::Uuid;

/// The name of the place a value belongs to: an asset, and the account where it is for one only. A sealed value copied
/// to any other place cannot be opened.
pub fn place(asset: Uuid, user: Option<i64>) -> String {
    match user {
        Some(user) => format!("assets/{asset}/users/{user}"),
        None => format!("assets/{asset}"),
    }
}

#[cfg(test)]
/// A sealer with keys of its own.
pub(crate) fn for_tests() -> Sealer {
    let random = std::sync::Arc::new(vault::SystemRandom);
    let vault = vault::Vault::open([vault::InstallationKey::from_bytes(&[7; 32]).unwrap()], random).unwrap();
    let key = vault.new_scope_key().unwrap();
    Sealer::new(std::sync::Arc::new(vault), key)
}

#[cfg(test)]
mod tests {
    use vault::Secret;

    use super::*;

    #[test]
    fn a_value_opens_in_its_own_place_only() {
        let sealer = for_tests();
        let (asset, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = sealer.seal(&place(asset, None), &Secret::from("x")).unwrap();
        assert!(sealer.unseal(&place(asset, None), &sealed).is_ok());
        assert!(sealer.unseal(&place(other, None), &sealed).is_err());
        assert!(sealer.unseal(&place(asset, Some(3)), &sealed).is_err());
    }
}

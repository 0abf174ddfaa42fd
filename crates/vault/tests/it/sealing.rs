use std::sync::Arc;

use vault::{Error, InstallationKey, SeededRandom, Vault, WrappedKey};

fn key(byte: u8) -> InstallationKey {
    InstallationKey::from_bytes(&[byte; 32]).unwrap()
}

fn vault(keys: impl IntoIterator<Item = u8>) -> Vault {
    Vault::open(keys.into_iter().map(key), Arc::new(SeededRandom::new(1))).unwrap()
}

#[test]
fn a_sealed_value_opens_again_under_its_context() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    for plaintext in [&b""[..], b"x", &[7; 10_000]] {
        let sealed = vault.seal(&scope, "assets/1", plaintext).unwrap();
        assert_eq!(
            vault.unseal(&scope, "assets/1", &sealed).unwrap().expose_bytes(),
            plaintext
        );
    }
}

#[test]
fn the_same_value_is_never_sealed_to_the_same_bytes() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    assert_ne!(
        vault.seal(&scope, "a", b"x").unwrap(),
        vault.seal(&scope, "a", b"x").unwrap()
    );
}

#[test]
fn another_context_is_refused() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    let sealed = vault.seal(&scope, "assets/1", b"x").unwrap();
    for context in ["assets/2", "assets/", "assets/11", ""] {
        assert!(
            matches!(vault.unseal(&scope, context, &sealed), Err(Error::Damaged)),
            "{context}"
        );
    }
}

#[test]
fn the_key_of_another_scope_is_refused() {
    let vault = vault([1]);
    let (one, two) = (vault.new_scope_key().unwrap(), vault.new_scope_key().unwrap());
    let sealed = vault.seal(&one, "a", b"x").unwrap();
    assert!(matches!(vault.unseal(&two, "a", &sealed), Err(Error::UnknownKey)));
}

#[test]
fn another_installation_key_is_refused() {
    let scope = vault([1]).new_scope_key().unwrap();
    assert!(matches!(vault([2]).seal(&scope, "a", b"x"), Err(Error::UnknownKey)));
}

#[test]
fn every_changed_or_missing_byte_is_refused() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    let sealed = vault.seal(&scope, "a", b"secret").unwrap();
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert!(vault.unseal(&scope, "a", &changed).is_err(), "value, byte {position}");
        assert!(
            vault.unseal(&scope, "a", &sealed[..position]).is_err(),
            "value cut at {position}"
        );
    }
    for position in 0..scope.as_bytes().len() {
        let mut changed = scope.as_bytes().to_vec();
        changed[position] ^= 1;
        assert!(
            vault.unseal(&WrappedKey::from_bytes(changed), "a", &sealed).is_err(),
            "key, byte {position}"
        );
    }
    let mut longer = sealed;
    longer.push(0);
    assert!(vault.unseal(&scope, "a", &longer).is_err());
}

#[test]
fn a_sealed_value_does_not_pass_for_a_scope_key() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    let sealed = vault.seal(&scope, "", &[0; 32]).unwrap();
    assert!(vault.seal(&WrappedKey::from_bytes(sealed), "a", b"x").is_err());
    assert!(vault.unseal(&scope, "", scope.as_bytes()).is_err());
}

#[test]
fn old_installation_keys_still_open_and_new_wraps_use_the_newest() {
    let before = vault([1]);
    let scope = before.new_scope_key().unwrap();
    let sealed = before.seal(&scope, "a", b"x").unwrap();
    assert_eq!(before.rewrap(&scope).unwrap(), None);

    let both = vault([2, 1]);
    assert_eq!(both.unseal(&scope, "a", &sealed).unwrap().expose_bytes(), b"x");
    let rewrapped = both.rewrap(&scope).unwrap().unwrap();

    let after = vault([2]);
    assert_eq!(after.unseal(&rewrapped, "a", &sealed).unwrap().expose_bytes(), b"x");
    assert!(matches!(after.unseal(&scope, "a", &sealed), Err(Error::UnknownKey)));
}

#[test]
fn a_vault_needs_a_key() {
    assert!(matches!(
        Vault::open([], Arc::new(SeededRandom::new(1))),
        Err(Error::NoKey)
    ));
}

#[test]
fn nothing_secret_is_printed() {
    let vault = vault([1]);
    let scope = vault.new_scope_key().unwrap();
    let sealed = vault.seal(&scope, "a", b"hunter2").unwrap();
    let secret = vault.unseal(&scope, "a", &sealed).unwrap();
    let printed = format!("{vault:?} {scope:?} {secret:?} {:?}", key(1));
    assert_eq!(printed, "Vault(***) WrappedKey(***) *** InstallationKey(***)");
}

#[test]
fn a_signature_is_good_for_its_text_and_purpose_under_any_installation_key() {
    let (old, new, other) = (vault([1]), vault([2, 1]), vault([2]));
    let signature = old.sign("transfer", b"text");
    assert!(old.verify("transfer", b"text", &signature));
    assert!(new.verify("transfer", b"text", &signature));
    assert!(!other.verify("transfer", b"text", &signature));
    assert!(!old.verify("transfer", b"texT", &signature));
    assert!(!old.verify("transfe", b"rtext", &signature));
    assert!(!old.verify("transfer", b"text", &signature[..31]));
    assert_ne!(new.sign("transfer", b"text"), signature);
}

use std::{fs, sync::Arc};

use vault::{
    Error, InstallationKey, MASTER_KEY_FILE, SeededRandom, SystemRandom, Vault, WrappedKey, load_installation_keys,
};

const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWOS: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn opens(keys: Vec<InstallationKey>, scope: &WrappedKey) -> bool {
    Vault::open(keys, Arc::new(SeededRandom::new(9)))
        .unwrap()
        .seal(scope, "a", b"x")
        .is_ok()
}

fn scope_of(keys: Vec<InstallationKey>) -> WrappedKey {
    Vault::open(keys, Arc::new(SeededRandom::new(3)))
        .unwrap()
        .new_scope_key()
        .unwrap()
}

#[test]
fn the_key_file_is_made_once_and_for_the_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let scope = scope_of(load_installation_keys(&data, None, &SystemRandom).unwrap());
    assert!(opens(
        load_installation_keys(&data, None, &SystemRandom).unwrap(),
        &scope
    ));
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no draft is left behind");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(data.join(MASTER_KEY_FILE)).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn the_variable_wins_and_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let scope = scope_of(load_installation_keys(directory.path(), Some(ONES), &SystemRandom).unwrap());
    assert!(opens(vec![InstallationKey::from_bytes(&[1; 32]).unwrap()], &scope));
    assert!(!directory.path().join(MASTER_KEY_FILE).exists());
}

#[test]
fn a_blank_variable_counts_as_unset() {
    let directory = tempfile::tempdir().unwrap();
    load_installation_keys(directory.path(), Some(" \n"), &SystemRandom).unwrap();
    assert!(directory.path().join(MASTER_KEY_FILE).exists());
}

#[test]
fn several_keys_are_read_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(MASTER_KEY_FILE), format!("{TWOS}\n{ONES}\n")).unwrap();
    let load = || load_installation_keys(directory.path(), None, &SystemRandom).unwrap();
    assert!(opens(
        vec![InstallationKey::from_base64(TWOS).unwrap()],
        &scope_of(load())
    ));
    assert!(opens(
        load(),
        &scope_of(vec![InstallationKey::from_base64(ONES).unwrap()])
    ));
}

#[test]
fn a_key_that_is_not_32_bytes_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for text in ["abc", "AQEBAQ==", &format!("{ONES},x")] {
        assert!(
            matches!(
                load_installation_keys(directory.path(), Some(text), &SystemRandom),
                Err(Error::MalformedKey)
            ),
            "{text}"
        );
    }
    fs::write(directory.path().join(MASTER_KEY_FILE), "\n").unwrap();
    assert!(matches!(
        load_installation_keys(directory.path(), None, &SystemRandom),
        Err(Error::NoKey)
    ));
}

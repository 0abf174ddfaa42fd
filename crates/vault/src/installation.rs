//! The installation key: the one secret that is not in the database. It wraps the data keys of all scopes.

use std::{
    fmt, fs,
    io::{self, Write as _},
    path::Path,
};

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{Error, Random, sha256};

/// The environment variable that carries the installation keys.
pub const MASTER_KEY_VARIABLE: &str = "ORCHESTRION_MASTER_KEY";

/// The file in the data directory that carries them when the variable is not set.
pub const MASTER_KEY_FILE: &str = "master.key";

/// The first bytes of a digest of the key; names it without giving anything of it away.
pub(crate) type KeyId = [u8; 8];

/// An AES-256 key and its name.
pub struct InstallationKey {
    pub(crate) id: KeyId,
    pub(crate) key: LessSafeKey,
    pub(crate) signing: hmac::Key,
}

impl InstallationKey {
    /// Takes 32 bytes of full entropy.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        Ok(Self {
            id: key_id(bytes),
            key: cipher(bytes)?,
            signing: signing_key(bytes),
        })
    }

    /// Reads the base64 form of 32 bytes; white space around it is ignored.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| Error::MalformedKey)?);
        Self::from_bytes(bytes.as_slice().try_into().map_err(|_| Error::MalformedKey)?)
    }
}

impl fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationKey(***)")
    }
}

/// The installation keys, newest first: from `variable` (the value of [`MASTER_KEY_VARIABLE`]) when it is set and not
/// blank, otherwise from `<data>/master.key`, which is created with one fresh key and mode 0600 when it does not exist.
///
/// Several keys are separated by commas or line breaks. To rotate, put a new key in front, restart, re-wrap the data
/// keys ([`crate::Vault::rewrap`]), and remove the old key afterwards.
pub fn load_installation_keys(
    data: &Path,
    variable: Option<&str>,
    random: &dyn Random,
) -> Result<Vec<InstallationKey>, Error> {
    if let Some(value) = variable.filter(|value| !value.trim().is_empty()) {
        return parse(value);
    }
    let path = data.join(MASTER_KEY_FILE);
    let failed = |source| Error::KeyFile {
        path: path.clone(),
        source,
    };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(data, &path, random).map_err(failed)?;
            fs::read_to_string(&path).map_err(failed)?
        }
        other => other.map_err(failed)?,
    };
    parse(&Zeroizing::new(text))
}

fn parse(text: &str) -> Result<Vec<InstallationKey>, Error> {
    let keys: Vec<_> = text
        .split([',', '\n'])
        .filter(|part| !part.trim().is_empty())
        .map(InstallationKey::from_base64)
        .collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(Error::NoKey) } else { Ok(keys) }
}

/// Writes a fresh key beside the target and links it into place: a node that starts at the same moment on a shared
/// directory sees a complete file or none, and the first one wins.
fn create(data: &Path, path: &Path, random: &dyn Random) -> io::Result<()> {
    fs::create_dir_all(data)?;
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(bytes.as_mut());
    let mut text = Zeroizing::new(STANDARD.encode(bytes.as_ref()));
    text.push('\n');

    let mut unique = [0; 8];
    random.fill(&mut unique);
    let draft = data.join(format!("{MASTER_KEY_FILE}.{:016x}", u64::from_be_bytes(unique)));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&draft)?;
    linked?;
    #[cfg(unix)]
    fs::File::open(data)?.sync_all()?;
    Ok(())
}

pub(crate) fn key_id(key: &[u8; 32]) -> KeyId {
    let mut input = Zeroizing::new(b"orchestrion key id\0".to_vec());
    input.extend_from_slice(key);
    let mut id = KeyId::default();
    id.copy_from_slice(&sha256(&input)[..8]);
    id
}

/// A key for signatures, which gives nothing of the key away that it is made from (NIST SP 800-108r1, a KDF in counter mode
/// with one block).
fn signing_key(key: &[u8; 32]) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key);
    let derived = hmac::sign(&root, b"\x01orchestrion signatures\0\x01\x00");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

pub(crate) fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&AES_256_GCM, key)
        .map(LessSafeKey::new)
        .map_err(|_| Error::MalformedKey)
}

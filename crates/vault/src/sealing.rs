//! Envelope encryption with AES-256-GCM.
//!
//! Both kinds of stored bytes have the same layout:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | id of the key that sealed it |
//! | 12 | nonce, random |
//! | n + 16 | ciphertext and tag |
//!
//! Purpose, version, key id and context are authenticated, so a value cannot be moved to another row, and a wrapped
//! key cannot pass for a sealed value. Nonces of 96 random bits are safe for 2^32 values per key (NIST SP 800-38D, 8.3);
//! each scope has its own key.

use std::{fmt, sync::Arc};

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::hmac;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    Error, InstallationKey, Random, Secret,
    installation::{KeyId, cipher, key_id},
};

const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + size_of::<KeyId>();
const TAG_LEN: usize = 16;

/// The data key of one scope (host, organization, tenant), wrapped by an installation key. Safe to store.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Takes stored bytes; they are checked when the key is used.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedKey(***)")
    }
}

/// Seals and opens values. Holds the installation keys and nothing of the scopes; cheap to share behind an `Arc`.
pub struct Vault {
    newest: InstallationKey,
    older: Vec<InstallationKey>,
    random: Arc<dyn Random>,
}

impl Vault {
    /// A vault over the installation keys, newest first. New data keys are wrapped by the newest; those wrapped by an
    /// older one still open. Fails with [`Error::NoKey`] when there is none.
    pub fn open(keys: impl IntoIterator<Item = InstallationKey>, random: Arc<dyn Random>) -> Result<Self, Error> {
        let mut keys = keys.into_iter();
        let newest = keys.next().ok_or(Error::NoKey)?;
        Ok(Self {
            newest,
            older: keys.collect(),
            random,
        })
    }

    /// Makes the data key for a new scope.
    pub fn new_scope_key(&self) -> Result<WrappedKey, Error> {
        let mut key = Zeroizing::new([0; 32]);
        self.random.fill(key.as_mut());
        self.wrap(&key)
    }

    /// Wraps the data key with the newest installation key. `None` when it already is.
    pub fn rewrap(&self, wrapped: &WrappedKey) -> Result<Option<WrappedKey>, Error> {
        let (id, _) = split(&wrapped.0)?;
        if id == self.newest.id {
            Ok(None)
        } else {
            self.wrap(&*self.unwrap(wrapped)?).map(Some)
        }
    }

    /// Seals `plaintext` with the data key of its scope. `context` names the place the value belongs to
    /// (`"assets/123"`); the same text is needed to open it again.
    pub fn seal(&self, scope_key: &WrappedKey, context: &str, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.unwrap(scope_key)?;
        self.encrypt(&cipher(&key)?, key_id(&key), Purpose::Value, context, plaintext)
    }

    /// Opens what [`Vault::seal`] made. Fails with [`Error::UnknownKey`] when the value was sealed with another data
    /// key, and with [`Error::Damaged`] when a byte or the context differs.
    pub fn unseal(&self, scope_key: &WrappedKey, context: &str, sealed: &[u8]) -> Result<Secret, Error> {
        let key = self.unwrap(scope_key)?;
        let (id, _) = split(sealed)?;
        if id != key_id(&key) {
            return Err(Error::UnknownKey);
        }
        let mut plaintext = decrypt(&cipher(&key)?, Purpose::Value, context, sealed)?;
        Ok(Secret::new(std::mem::take(&mut *plaintext)))
    }

    /// Signs a text that this installation gives out and gets back, with HMAC-SHA-256 under a key derived from the newest installation
    /// key. `purpose` keeps signatures of one kind from passing for another.
    pub fn sign(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.newest.signing, &signed(purpose, text));
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    /// Whether [`Vault::sign`] made the signature, under any of the installation keys. Constant time.
    pub fn verify(&self, purpose: &str, text: &[u8], signature: &[u8]) -> bool {
        let text = signed(purpose, text);
        std::iter::once(&self.newest)
            .chain(&self.older)
            .any(|key| hmac::verify(&key.signing, &text, signature).is_ok())
    }

    fn wrap(&self, key: &[u8; 32]) -> Result<WrappedKey, Error> {
        self.encrypt(&self.newest.key, self.newest.id, Purpose::Key, "", key)
            .map(WrappedKey)
    }

    fn unwrap(&self, wrapped: &WrappedKey) -> Result<Zeroizing<[u8; 32]>, Error> {
        let (id, _) = split(&wrapped.0)?;
        let installation = std::iter::once(&self.newest)
            .chain(&self.older)
            .find(|key| key.id == id)
            .ok_or(Error::UnknownKey)?;
        let bytes = decrypt(&installation.key, Purpose::Key, "", &wrapped.0)?;
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(Error::Damaged);
        }
        key.copy_from_slice(&bytes);
        Ok(key)
    }

    fn encrypt(
        &self,
        key: &LessSafeKey,
        id: KeyId,
        purpose: Purpose,
        context: &str,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce);
        let mut out = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + TAG_LEN);
        out.push(VERSION);
        out.extend_from_slice(&id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        let aad = authenticated(purpose, &out[..HEADER_LEN], context);
        let body = &mut out[HEADER_LEN + NONCE_LEN..];
        let Ok(tag) = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body) else {
            out.zeroize();
            return Err(Error::TooLong);
        };
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

#[derive(Clone, Copy)]
enum Purpose {
    Key = 1,
    Value = 2,
}

/// Checks version and length; gives the key id and what follows it.
fn split(sealed: &[u8]) -> Result<(KeyId, &[u8]), Error> {
    let (header, rest) = sealed.split_at_checked(HEADER_LEN).ok_or(Error::Damaged)?;
    if header[0] != VERSION || rest.len() < NONCE_LEN + TAG_LEN {
        return Err(Error::Damaged);
    }
    let mut id = KeyId::default();
    id.copy_from_slice(&header[1..]);
    Ok((id, rest))
}

fn decrypt(key: &LessSafeKey, purpose: Purpose, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (_, rest) = split(sealed)?;
    let (nonce, body) = rest.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Damaged)?;
    let mut buffer = Zeroizing::new(body.to_vec());
    let aad = authenticated(purpose, &sealed[..HEADER_LEN], context);
    let length = key
        .open_in_place(nonce, aad, buffer.as_mut_slice())
        .map_err(|_| Error::Damaged)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// The purpose's length comes first, so that the concatenation has one reading only.
fn signed(purpose: &str, text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + purpose.len() + text.len());
    bytes.extend_from_slice(&(purpose.len() as u64).to_be_bytes());
    bytes.extend_from_slice(purpose.as_bytes());
    bytes.extend_from_slice(text);
    bytes
}

/// The header has a fixed length, so the concatenation has one reading only.
fn authenticated(purpose: Purpose, header: &[u8], context: &str) -> Aad<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1 + header.len() + context.len());
    bytes.push(purpose as u8);
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(context.as_bytes());
    Aad::from(bytes)
}

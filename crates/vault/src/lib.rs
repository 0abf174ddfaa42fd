//! Secrets at rest: values that must be read back are sealed, passwords and tokens are hashed.
//!
//! * [`Vault`] seals values with AES-256-GCM under a data key per scope; data keys are wrapped by the installation key.
//! * [`InstallationKey`] comes from the environment or from `<data>/master.key`.
//! * [`hash_password`] and [`verify_password`] are Argon2id; [`hash_secret`] is SHA-256 for secrets the server made itself.
//! * [`Random`] is the source of randomness, passed in by the caller.
//! * [`Secret`] holds a value in clear and never prints it.
//!
//! The crate knows neither accounts nor the database: callers store the bytes it returns.

mod digest;
mod installation;
mod password;
mod random;
mod sealing;
mod secret;

pub use digest::{hash_secret, hmac_sha256, sha256, verify_secret};
pub use installation::{InstallationKey, MASTER_KEY_FILE, MASTER_KEY_VARIABLE, load_installation_keys};
pub use password::{hash_password, needs_rehash, verify_dummy_password, verify_password};
pub use random::{Random, SeededRandom, SystemRandom};
pub use sealing::{Vault, WrappedKey};
pub use secret::Secret;

/// What can go wrong with keys and sealed values. No variant carries secret material.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The value was changed, belongs to another context, or is not a sealed value at all.
    #[error("the sealed value cannot be opened")]
    Damaged,
    /// The value names a key that this vault does not hold.
    #[error("the value is sealed with a key that is not available")]
    UnknownKey,
    /// An installation key is not the base64 form of 32 bytes.
    #[error("an installation key must be 32 bytes in base64")]
    MalformedKey,
    /// No installation key was given where at least one is needed.
    #[error("no installation key")]
    NoKey,
    /// The value is longer than the cipher or the hash can take.
    #[error("the value is too long to be protected")]
    TooLong,
    /// The secret is not text in UTF-8.
    #[error("the secret is not text")]
    NotText,
    /// The password could not be hashed (memory exhausted).
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// The key file could not be read or written.
    #[error("cannot use the key file {path}")]
    KeyFile {
        /// The file in question.
        path: std::path::PathBuf,
        /// What the operating system answered.
        source: std::io::Error,
    },
}

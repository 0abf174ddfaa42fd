//! What every business rule is given besides its unit of work: who asks, when, and with which rights.
//!
//! A service is a synchronous function on (`&mut Tx`, [`&Ctx`](Ctx), ..). It takes the time, identifiers and random
//! bytes from here and nowhere else, and answers with an [`Error`] that knows no protocol.

mod caller;
mod clock;
mod error;
mod input;
mod permission;
mod requirement;
mod rights;

pub use caller::{Caller, Confined, Credential, Principal, Scopes, SessionRef};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, Field, Kind, codes};
pub use input::{MOST_LISTED, Wrong, check_length, has_hidden, is_hidden, shortened};
pub use permission::{Action, CATALOGUE, Level, Permission, PermissionSet, Subject};
pub use requirement::Requirement;
pub use rights::{Grants, Reach, Rights};

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

/// The circumstances of one unit of work.
#[derive(Clone)]
pub struct Ctx {
    /// Who asks.
    pub caller: Caller,
    /// The moment the request arrived, UTC. One value for the whole request.
    pub now: Timestamp,
    /// W3C trace context text (`00-<32 hex>-<16 hex>-00`); the `traceId` of error answers.
    pub trace: Arc<str>,
    /// Address of the client after trusted proxies were taken off.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`, cut to 256 characters.
    pub agent: Option<Arc<str>>,
    random: Arc<dyn vault::Random + Send + Sync>,
}

impl Ctx {
    /// A context for `caller` at `now`; identifiers and secrets come from `random`.
    pub fn new(caller: Caller, now: Timestamp, random: Arc<dyn vault::Random + Send + Sync>) -> Self {
        Self {
            caller,
            now,
            trace: Arc::from(""),
            address: None,
            agent: None,
            random,
        }
    }

    /// The same circumstances seen by another caller.
    pub fn with_caller(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// A new random (version 4) identifier.
    pub fn id(&self) -> Uuid {
        let mut bytes = [0u8; 16];
        self.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// `bytes` random bytes as unpadded base64url text: 32 bytes make a 43 character secret.
    pub fn token(&self, bytes: usize) -> String {
        let mut buffer = vec![0u8; bytes];
        self.random.fill(&mut buffer);
        URL_SAFE_NO_PAD.encode(buffer)
    }

    /// The source of randomness, for crates that need bytes of their own (keys, salts, nonces).
    pub fn random(&self) -> &dyn vault::Random {
        &*self.random
    }
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx")
            .field("caller", &self.caller)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

//! Whether an application can work, in one word.

use jiff::{SignedDuration, Timestamp};
use ui::Tone;

use crate::clients::service::Application;

/// Days before its end in which a secret is said to end soon.
const SOON: i64 = 14;

/// What an administrator should know at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Active,
    Disabled,
    /// Confidential, with neither a secret nor a public key.
    NoSecret,
    AllExpired,
    /// The secret that lasts longest ends within two weeks.
    EndsSoon,
}

impl Standing {
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Disabled,
        Self::NoSecret,
        Self::AllExpired,
        Self::EndsSoon,
    ];

    pub fn of(application: &Application, now: Timestamp) -> Self {
        let client = &application.client;
        if !client.enabled {
            return Self::Disabled;
        }
        if !client.confidential || !client.keys.0.is_empty() {
            return Self::Active;
        }
        if application.secrets.is_empty() {
            return Self::NoSecret;
        }
        let mut living = application
            .secrets
            .iter()
            .filter(|secret| !secret.is_expired(now))
            .peekable();
        if living.peek().is_none() {
            return Self::AllExpired;
        }
        let soon = now
            .saturating_add(SignedDuration::from_hours(24 * SOON))
            .unwrap_or(Timestamp::MAX);
        if living.all(|secret| secret.expires_at.is_some_and(|at| at <= soon)) {
            Self::EndsSoon
        } else {
            Self::Active
        }
    }

    /// Value of the filter in the list's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::NoSecret => "no-secret",
            Self::AllExpired => "expired",
            Self::EndsSoon => "ends-soon",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::NoSecret => "No secret",
            Self::AllExpired => "Secrets expired",
            Self::EndsSoon => "Secret ends soon",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Success,
            Self::Disabled => Tone::Neutral,
            Self::NoSecret | Self::EndsSoon => Tone::Warning,
            Self::AllExpired => Tone::Danger,
        }
    }
}

//! What an organization decides about passwords, lockout, sessions and tokens, with the ranges of the contract
//! (reference: identity 2.9, 2.13, 4.8, 5.8).

use context::{Error, Field};
use serde::{Deserialize, Serialize};

/// All settings of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    pub password: PasswordPolicy,
    pub lockout: Lockout,
    pub session: SessionPolicy,
    pub tokens: TokenPolicy,
    /// Ask the user before a non-confidential application gets a token.
    pub consent_for_non_confidential: bool,
}

/// What a password must be like. Existing passwords are looked at when they change next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PasswordPolicy {
    pub special_character: bool,
    pub lower_case: bool,
    pub upper_case: bool,
    pub digit: bool,
    /// Characters, 1 to 256.
    pub minimum_length: u32,
    /// Days until a password must be changed, 0 to 1000; 0: never.
    pub expiration_days: u32,
    /// How many passwords back, the current one included, may not be used again, 0 to 10.
    pub previous_refused: u32,
    /// A password that an administrator set must be changed at the first sign-in.
    pub change_at_first_sign_in: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            special_character: false,
            lower_case: true,
            upper_case: false,
            digit: true,
            minimum_length: 12,
            expiration_days: 0,
            previous_refused: 1,
            change_at_first_sign_in: true,
        }
    }
}

/// When an account is locked after wrong passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Lockout {
    pub enabled: bool,
    /// Wrong passwords in a row, 2 to 10.
    pub attempts: u32,
    /// Seconds, 0 to 2,592,000.
    pub seconds: u32,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            enabled: true,
            attempts: 10,
            seconds: 300,
        }
    }
}

/// How long browser sessions live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionPolicy {
    /// Minutes without a request after which the session ends, 1 to 43,200; 0: no idle timeout.
    pub idle_minutes: u32,
    /// Hours after which a session ends whatever happens, 1 to 720.
    pub absolute_hours: u32,
    /// A new sign-in ends the user's other sessions.
    pub one_per_user: bool,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle_minutes: 60,
            absolute_hours: 24,
            one_per_user: false,
        }
    }
}

/// Limits of personal access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TokenPolicy {
    /// Longest life, 1 to 1800 days.
    pub longest_days: u32,
    /// Most tokens of a user, 1 to 50.
    pub per_user: u32,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            longest_days: 360,
            per_user: 5,
        }
    }
}

impl Settings {
    /// # Errors
    /// 400 naming every value that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("minimumLength", self.password.minimum_length, 1, 256),
            ("expirationDays", self.password.expiration_days, 0, 1000),
            ("previousRefused", self.password.previous_refused, 0, 10),
            ("attempts", self.lockout.attempts, 2, 10),
            ("seconds", self.lockout.seconds, 0, 2_592_000),
            ("idleMinutes", self.session.idle_minutes, 0, 43_200),
            ("absoluteHours", self.session.absolute_hours, 1, 720),
            ("longestDays", self.tokens.longest_days, 1, 1800),
            ("perUser", self.tokens.per_user, 1, 50),
        ];
        let wrong = ranges
            .into_iter()
            .filter(|(_, value, least, most)| value < least || value > most);
        let fields = wrong.map(|(name, _, least, most)| Field {
            name: name.to_owned(),
            message: format!("{name} must be between {least} and {most}."),
        });
        Error::fields(fields.collect()).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_ranges() {
        assert!(Settings::default().check().is_ok());
    }

    #[test]
    fn every_value_out_of_range_is_named() {
        let mut settings = Settings::default();
        settings.password.minimum_length = 0;
        settings.lockout.attempts = 11;
        settings.tokens.longest_days = 1801;
        let names: Vec<String> = settings
            .check()
            .unwrap_err()
            .fields
            .into_iter()
            .map(|field| field.name)
            .collect();
        assert_eq!(names, ["minimumLength", "attempts", "longestDays"]);
    }

    #[test]
    fn settings_stored_by_an_older_release_take_defaults_for_what_they_lack() {
        let settings: Settings = serde_json::from_str(r#"{"lockout":{"attempts":5}}"#).unwrap();
        assert_eq!((settings.lockout.attempts, settings.lockout.seconds), (5, 300));
        assert_eq!(settings.session, SessionPolicy::default());
    }
}

//! What a token may be asked to open (reference: identity, chapter 3).
//!
//! The catalogue is fixed: a scope exists when the service behind it does. Scopes of products that are not part of
//! this server are unknown here, whatever their names elsewhere.

mod api;
mod catalogue;

pub use catalogue::{Catalogue, Resource, Scope, catalogue};

use serde::de::{self, Deserialize, Deserializer};

/// Audience of Orchestrator scopes; the name of their resource.
pub const ORCHESTRATOR: &str = "UiPath.Orchestrator";
/// Audience of platform management scopes; the name of their resource.
pub const PLATFORM_MANAGEMENT: &str = "UiPath.PlatformManagement";
/// Scope and audience of first-party clients: all that the user may do in Orchestrator.
pub const ORCHESTRATOR_USER_ACCESS: &str = "OrchestratorApiUserAccess";
/// Scope and audience of first-party clients: all that the user may do in the identity API.
pub const IDENTITY_ACCESS: &str = "IdentityServerApi";
/// "Decide by role assignments"; needs no registration (reference: identity 1.8).
pub const DEFAULT: &str = "OR.Default";
/// Asks for an ID token.
pub const OPENID: &str = "openid";
/// Asks for a refresh token; needs no registration.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// On whose behalf a scope is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Delegated: the application acts as the signed-in user. 0 on the wire.
    User,
    /// The application acts as itself. 1 on the wire.
    Application,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::User, Self::Application];

    /// The number of registrations.
    pub const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Application => 1,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Application => "application",
        }
    }
}

/// Clients send the number, the number as text, or the word in any letter case.
impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Kind;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("0, 1, user or application")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Kind, E> {
                match number {
                    0 => Ok(Kind::User),
                    1 => Ok(Kind::Application),
                    _ => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kind, E> {
                match text.trim() {
                    "0" => Ok(Kind::User),
                    "1" => Ok(Kind::Application),
                    word if word.eq_ignore_ascii_case("user") => Ok(Kind::User),
                    word if word.eq_ignore_ascii_case("application") => Ok(Kind::Application),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Whether the name is one of OpenID Connect's: claims about the user rather than access to an API.
pub fn is_identity_scope(name: &str) -> bool {
    matches!(name, OPENID | "profile" | "email")
}

pub(crate) fn operations() -> Vec<web::Operation> {
    vec![api::operation()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<Kind>) {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(web::bind::<Kind>(value).ok(), expected, "{json}");
    }

    #[test]
    fn a_kind_is_read_from_number_text_and_word() {
        check("0", Some(Kind::User));
        check("\"1\"", Some(Kind::Application));
        check("\"USER\"", Some(Kind::User));
        check("\"application\"", Some(Kind::Application));
        check("2", None);
        check("\"robot\"", None);
    }
}

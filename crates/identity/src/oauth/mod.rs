//! The authorization server: OAuth 2.0 and OpenID Connect endpoints (reference: identity, chapter 2).
//!
//! | endpoint | file |
//! |---|---|
//! | discovery, JWKS | `discovery` |
//! | `/connect/authorize` | `authorize` |
//! | consent | `consent` |
//! | `/connect/token` | `token` |
//! | `/connect/revocation` | `revocation` |
//! | `/connect/introspect` | `introspection` |
//! | `/connect/userinfo` | `userinfo` |
//! | `/connect/endsession` | `end_session` |

mod authorize;
mod authorize_request;
mod claims;
mod client_authentication;
mod consent;
mod delivery;
mod denied;
mod discovery;
mod end_session;
mod form;
pub mod grants;
mod introspection;
mod model;
mod refusal;
mod revocation;
mod token;
mod userinfo;

pub(crate) use claims::user_stamp;
pub(crate) use denied::Denied;
pub(crate) use discovery::Documents;
pub use model::MIGRATION;

use web::Operation;

/// Seconds.
pub(crate) const ID_TOKEN_LIFETIME: i64 = 300;
/// Longest `scope` parameter, in bytes (reference: identity 1.11).
const LONGEST_SCOPE: usize = 4000;

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = discovery::operations();
    operations.extend(authorize::operations());
    operations.extend(end_session::operations());
    operations.extend(userinfo::operations());
    operations.extend([
        consent::operation(),
        token::operation(),
        revocation::operation(),
        introspection::operation(),
    ]);
    operations
}

/// The names of a `scope` parameter, each once; `None` when it is too long or holds what no scope name can.
fn scope_names(text: &str) -> Option<Vec<&str>> {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e | b' ');
    if text.len() > LONGEST_SCOPE || !text.bytes().all(allowed) {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for name in text.split(' ').filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_texts_are_bounded_and_clean() {
        assert_eq!(scope_names("a  b a").unwrap(), ["a", "b"]);
        assert!(scope_names(&"x".repeat(4001)).is_none());
        assert!(scope_names("a\u{7}").is_none());
        assert!(scope_names("a\tb").is_none());
    }
}

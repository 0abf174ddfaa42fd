//! External applications and the tokens they get: scope catalogue, OAuth and OpenID Connect endpoints, signing keys,
//! personal access tokens, and the verification of bearer tokens.
//!
//! * [`Identity`] verifies tokens and holds what is kept in memory.
//! * [`scopes`], [`clients`], [`keys`], [`oauth`], [`personal_tokens`]: one capability each.
//! * [`module`] is all that the binary sees.

mod access_token;
mod background;
pub mod clients;
mod console;
pub mod keys;
pub mod oauth;
pub mod personal_tokens;
pub mod scopes;
mod seed;
mod services;
mod state;

use std::sync::Arc;
use std::time::Duration;

pub use access_token::{AccessToken, PersonalAccess};
pub use state::{Identity, Options, TokenType};

/// Tables of this crate, oldest first.
pub const MIGRATIONS: &[store::Migration] = &[
    clients::MIGRATION,
    keys::MIGRATION,
    oauth::MIGRATION,
    personal_tokens::MIGRATION,
    clients::MACHINES,
];

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The crate's whole face.
pub fn module() -> web::Module {
    let mut operations = scopes::operations();
    operations.extend(clients::operations());
    operations.extend(oauth::operations());
    operations.extend(personal_tokens::operations());
    let reconciler = |name, every, run| web::Reconciler {
        name,
        every,
        wakes_on: &[],
        run,
    };
    web::Module {
        operations,
        navigation: std::iter::once(clients::pages::navigation())
            .chain(personal_tokens::navigation())
            .collect(),
        reconcilers: vec![
            reconciler(
                "identity-keys",
                HOUR,
                Arc::new(|app| Box::pin(background::rotate_keys(app))),
            ),
            reconciler(
                "identity-clean-up",
                10 * MINUTE,
                Arc::new(|app| Box::pin(background::clean_up(app))),
            ),
            reconciler(
                "identity-secret-expiry",
                5 * MINUTE,
                Arc::new(|app| Box::pin(background::secret_expiry(app))),
            ),
        ],
        seed: Some(Arc::new(|app| Box::pin(seed::run(app)))),
        ..web::Module::default()
    }
}

/// The issuer of the authority addressed: always at host level, never below an organization (reference: identity 2.1).
fn issuer(cx: &web::Request) -> String {
    format!("{}{}", cx.origin, cx.layout.identity.path())
}

/// Whether an issuer is one of our two under one of our addresses.
fn is_our_issuer(origins: &web::Origins, issuer: &str) -> bool {
    web::IdentityPath::ALL.iter().any(|path| {
        issuer
            .strip_suffix(path.path())
            .is_some_and(|origin| origins.is_ours(origin))
    })
}

//! Organizations and the people in them: users, groups, sign-in, sessions, and the organization's audit log.
//!
//! * [`Accounts`] answers what every request asks (which organization, which user, whose session) from memory.
//! * [`organizations`], [`users`], [`groups`], [`directory`], [`sessions`], [`sign_in`], [`audit`]: one capability each, with its
//!   stored form in `model`, its rules in `service`, its operations in `api` and its pages in `pages`.
//! * [`module`] is all that the binary sees.

pub mod audit;
mod console;
pub mod directory;
mod first_start;
pub mod groups;
mod kept;
pub mod organizations;
mod rest;
mod seed;
pub mod sessions;
pub mod sign_in;
mod state;
pub mod users;

use std::sync::Arc;
use std::time::Duration;

pub use first_start::FirstStart;
pub use organizations::HOST;
pub use seed::{FIRST_ADMINISTRATOR, FIRST_ORGANIZATION, provision};
pub use sessions::SessionState;
pub use state::{Accounts, OrganizationState, UserState};

/// Tables of this crate, oldest first.
pub const MIGRATIONS: &[store::Migration] = &[
    organizations::MIGRATION,
    users::MIGRATION,
    groups::MIGRATION,
    directory::MIGRATION,
    sessions::MIGRATION,
    sign_in::MIGRATION,
    audit::MIGRATION,
];

/// The crate's whole face.
pub fn module() -> web::Module {
    let clean_up = web::Reconciler {
        name: "accounts-clean-up",
        every: Duration::from_secs(3600),
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(clean_up(app))),
    };
    web::Module {
        operations: operations(),
        navigation: console::navigation(),
        reconcilers: vec![clean_up],
        seed: Some(Arc::new(|app| Box::pin(seed::run(app)))),
        ..web::Module::default()
    }
}

fn operations() -> Vec<web::Operation> {
    [
        users::api::operations(),
        groups::api::operations(),
        directory::api::operations(),
        audit::api::operations(),
        sign_in::pages::operations(),
        users::pages::operations(),
        groups::pages::operations(),
        organizations::pages::operations(),
        organizations::management::operations(),
        audit::pages::operations(),
        sessions::pages::operations(),
    ]
    .concat()
}

/// Removes sessions and login attempts that are too old to matter.
async fn clean_up(app: web::App) -> Result<Option<Duration>, context::Error> {
    let now = app.clock().now();
    let more = app.store().write(move |tx| {
        Ok::<_, context::Error>(sessions::service::prune(tx, now)? | sign_in::attempts::prune(tx, now)?)
    });
    Ok(more.await?.then_some(Duration::from_secs(1)))
}

/// A `like` pattern for text anywhere, folded; `escape '\'` goes with it.
pub(crate) fn like(text: &str) -> String {
    format!("%{}%", escaped(text))
}

/// A `like` pattern for text at the start, folded; `escape '\'` goes with it.
pub(crate) fn starts_with(text: &str) -> String {
    format!("{}%", escaped(text))
}

fn escaped(text: &str) -> String {
    store::fold(text.trim())
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

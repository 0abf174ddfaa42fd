//! Sessions: hosts that connect with the client of a machine object.

mod api;
mod events;
pub mod model;
pub mod read;
pub mod service;

use std::sync::Arc;
use std::time::Duration;

use context::Error;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::{App, Module, Reconciler};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// How often silence is looked for.
const EVERY: Duration = Duration::from_secs(30);

/// Operations of sessions.
pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Session::model(),
        }],
        reconcilers: vec![Reconciler {
            name: "execution-silent-sessions",
            every: EVERY,
            wakes_on: &[],
            run: Arc::new(|app| Box::pin(notice_silent(app))),
        }],
        ..Module::default()
    }
}

/// Tells those who watch of hosts that were not heard for two minutes, each once.
async fn notice_silent(app: App) -> Result<Option<Duration>, Error> {
    loop {
        let ctx = app.system();
        let more = app.store().write(move |tx| service::notice_silent(tx, &ctx)).await?;
        if !more {
            return Ok(None);
        }
    }
}

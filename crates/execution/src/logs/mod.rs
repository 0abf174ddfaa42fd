//! What robots and jobs tell (reference: execution 9).
//!
//! * [`entry`]: the JSON text of an entry. [`service`]: storing and forgetting entries. [`read`]: lists of them, each along an index.
//! * [`export`]: lists as files. [`retention`]: entries go when their time is over, or with their job.
//! * [`Logs`]: what requests share: the units of work of calls that come at the same time.

mod api;
pub mod entry;
pub mod export;
mod filter;
pub mod model;
pub mod pages;
pub mod read;
pub mod retention;
pub mod service;
mod state;

use std::sync::Arc;

use access::Access;
use context::Requirement;
use odata::EntitySet;
pub use state::{Logs, Told};
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// Operations, pages and background work of logs. The seed tells `access` that they can be exported.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::LogEntry::model(),
        }],
        navigation: vec![NavigationEntry {
            area: Area::Folder,
            name: pages::ACTIVE,
            title: "Logs",
            icon: "list",
            path: "/logs",
            requirement: Requirement::parse("Logs.View").unwrap_or(Requirement::Nothing),
        }],
        reconcilers: vec![retention::reconciler()],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let access = app.state::<Access>()?;
                access.exports.register(Arc::new(export::Entries));
                Ok(())
            })
        })),
    }
}

//! Jobs: starting, stopping, suspending and resuming them, and who gets which.

pub mod allocate;
pub mod api;
mod belongings;
pub mod control;
mod events;
pub mod export;
pub mod fleet;
pub mod lane;
pub mod model;
mod notices;
pub mod pages;
pub mod pending;
pub mod read;
pub mod start;
pub mod step;
mod timers;
pub mod transition;
pub mod waits;

use std::sync::Arc;

use access::Access;
use context::Requirement;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

use crate::processes::Processes;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![
            EntitySet {
                name: api::SET,
                entity: model::Job::model(),
            },
            EntitySet {
                name: api::WAITS,
                entity: model::Wait::model(),
            },
        ],
        navigation: vec![NavigationEntry {
            area: Area::Folder,
            name: pages::ACTIVE,
            title: "Jobs",
            icon: "job",
            path: "/jobs",
            requirement: Requirement::parse("Jobs.View").unwrap_or(Requirement::Nothing),
        }],
        reconcilers: vec![timers::reconciler()],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                app.state::<Access>()?.exports.register(Arc::new(export::Jobs));
                app.state::<Processes>()?.goes_with_jobs(Arc::new(belongings::Rows));
                Ok(())
            })
        })),
    }
}

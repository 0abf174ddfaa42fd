//! Processes: package versions deployed into folders, and how long their jobs are kept. The contract calls them releases.

mod api;
mod contents;
pub mod events;
pub mod follow;
pub mod input;
pub mod keeping;
pub mod model;
pub mod package;
pub mod pages;
pub mod read;
pub mod retention;
pub mod service;
pub mod state;
pub mod versions;

use std::sync::Arc;

use access::Access;
use context::Requirement;
use odata::EntitySet;
use packages::Packages;
pub use state::{Belongings, Dependents, Processes, Removed};
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// Operations, pages and navigation of processes. The seed tells `access` that processes are contents of folders, and
/// `packages` that some follow theirs.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![
            EntitySet {
                name: api::SET,
                entity: model::Release::model(),
            },
            EntitySet {
                name: api::RETENTION_SET,
                entity: model::retention_setting(),
            },
        ],
        navigation: vec![NavigationEntry {
            area: Area::Folder,
            name: pages::ACTIVE,
            title: "Processes",
            icon: "process",
            path: "/processes",
            requirement: Requirement::parse("Processes.View").unwrap_or(Requirement::Nothing),
        }],
        reconcilers: vec![keeping::reconciler()],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let processes = app.state::<Processes>()?;
                let contents = Arc::new(contents::InFolders(processes));
                app.state::<Access>()?.contents.register(contents);
                app.state::<Packages>()?.observe(Arc::new(follow::Follower));
                Ok(())
            })
        })),
    }
}

//! Queues themselves: what they are, where they are visible, the schemas that their items must meet, and how long items are kept.

mod api;
pub mod events;
pub mod input;
pub mod model;
pub mod pages;
pub mod processes;
pub mod read;
pub mod retention;
pub mod schemas;
pub mod service;
mod sharing;

use std::sync::Arc;

use access::Access;
use access::folders::links;
use context::Requirement;
use odata::EntitySet;
use store::Entity as _;
use web::{Area, Module, NavigationEntry};

/// Operations, pages and navigation of queues. The seed tells `access` that queues are contents of folders.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![
            EntitySet {
                name: api::SET,
                entity: model::Queue::model(),
            },
            EntitySet {
                name: api::RETENTION_SET,
                entity: model::retention_setting(),
            },
        ],
        navigation: vec![NavigationEntry {
            area: Area::Folder,
            name: crate::console::ACTIVE,
            title: "Queues",
            icon: "queue",
            path: "/queues",
            requirement: Requirement::parse("Queues.View").unwrap_or(Requirement::Nothing),
        }],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let access = app.state::<Access>()?;
                access.contents.register(links::contents::<model::Queue>());
                access.exports.register(Arc::new(crate::items::export::Items));
                Ok(())
            })
        })),
        ..Module::default()
    }
}

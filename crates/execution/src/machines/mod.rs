//! Machine objects: their slots, the secrets of their hosts, and the folders that use them.

mod api;
pub mod folders;
pub mod input;
pub mod model;
pub mod pages;
pub mod read;
pub mod service;

use std::sync::Arc;

use access::Access;
use context::Requirement;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// Operations of machines. The seed tells `access` that assignments go with their folder.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Machine::model(),
        }],
        navigation: vec![
            NavigationEntry {
                area: Area::Tenant,
                name: pages::ACTIVE,
                title: "Machines",
                icon: "machine",
                path: "/machines",
                requirement: Requirement::parse("Machines.View").unwrap_or(Requirement::Nothing),
            },
            NavigationEntry {
                area: Area::Folder,
                name: pages::IN_FOLDER,
                title: "Machines",
                icon: "machine",
                path: "/machines",
                requirement: Requirement::parse("Units.View or SubFolders.View").unwrap_or(Requirement::Nothing),
            },
        ],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let access = app.state::<Access>()?;
                access.contents.register(Arc::new(folders::Assignments));
                Ok(())
            })
        })),
        ..Module::default()
    }
}

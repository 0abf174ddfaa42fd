//! Machine objects: their slots, the secrets of their hosts, and the folders that use them.

mod api;
pub mod folders;
pub mod input;
pub mod model;
pub mod read;
pub mod service;

use std::sync::Arc;

use access::Access;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::Module;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// Operations of machines. The seed tells `access` that assignments go with their folder.
pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Machine::model(),
        }],
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

//! Event triggers: jobs that services outside start (reference: execution 8.8). They are made by those services; here they can be
//! looked at, switched on and off, and deleted.

mod api;
pub mod model;
pub mod service;

use odata::EntitySet;
use store::{Entity as _, Migration};
use web::Module;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::EventTrigger::model(),
        }],
        ..Module::default()
    }
}

//! API triggers: jobs that an HTTP call starts (reference: execution 8.7).

mod api;
pub mod call;
pub mod callback;
pub mod input;
pub mod model;
pub mod service;

use odata::EntitySet;
use store::{Entity as _, Migration};
use web::Module;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(call::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::HttpTrigger::model(),
        }],
        reconcilers: vec![callback::reconciler()],
        ..Module::default()
    }
}

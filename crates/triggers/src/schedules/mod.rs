//! Time and queue triggers. The contract calls them process schedules.

mod api;
pub mod events;
pub mod fire;
pub mod history;
pub mod input;
pub mod model;
pub mod read;
pub mod service;
pub mod work;

use odata::EntitySet;
use store::{Entity as _, Migration};
use web::Module;

pub use service::TOPIC;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![
            EntitySet {
                name: api::SET,
                entity: model::Schedule::model(),
            },
            EntitySet {
                name: api::LOGS,
                entity: model::TriggerLog::model(),
            },
        ],
        reconcilers: vec![work::by_time(), work::by_signals(), history::reconciler()],
        ..Module::default()
    }
}

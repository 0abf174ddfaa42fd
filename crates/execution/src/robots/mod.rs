//! The robots of accounts as the contract shows them: what unattended and attended jobs run under. Robots are made with their account
//! (`access::users::robots`); classic robots, which stand alone, are not made any more.

pub(crate) mod api;
pub mod model;
pub mod read;

use odata::EntitySet;
use web::Module;

/// Operations of robots.
pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::robot(),
        }],
        ..Module::default()
    }
}

//! Files of jobs, and what was recorded before a fault (reference: execution 5.10, 10).
//!
//! An attachment is a row with a name and a place in the storage of files. Who may write or read the file is given an address that is
//! good for a while, without a token. A job is linked with its attachments; those that no job is linked with any more go with the last
//! one.

mod api;
mod belongings;
mod links;
pub mod media;
pub mod model;
pub mod service;

use std::sync::Arc;

pub use links::link_to_jobs;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::Module;

use crate::processes::Processes;

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![
            EntitySet {
                name: api::SET,
                entity: model::Attachment::model(),
            },
            EntitySet {
                name: api::MEDIA_SET,
                entity: model::Media::model(),
            },
        ],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                app.state::<Processes>()?.goes_with_jobs(Arc::new(belongings::Files));
                Ok(())
            })
        })),
        ..Module::default()
    }
}

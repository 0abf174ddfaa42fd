//! Packages and libraries, and the feeds they lie in (reference: execution 3).
//!
//! * `archive` reads a package file, which comes from strangers.
//! * `order` sorts versions.
//! * [`feeds`]: the tenant's feeds, and those of folders.
//! * [`service`]: publishing, finding and removing versions; what other crates ask.
//! * `upload`: files on their way into a feed.
//! * `api`, `nuget`, `pages`: the Orchestrator API, a NuGet feed to read from, the console.
//! * [`Packages`]: what requests share.

mod api;
mod archive;
pub mod feeds;
pub mod model;
mod nuget;
mod order;
mod pages;
pub mod service;
mod state;
mod upload;
mod wire;

use std::sync::Arc;

use access::Access;
use odata::EntitySet;
pub use order::rank_of;
pub use state::Packages;
use store::{Entity as _, Migration};
use web::Module;

/// Steps of the schema, oldest first. They come after those of `access` and `blobs`.
pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// The crate's whole face.
pub fn module() -> Module {
    let operations = [
        api::operations(),
        feeds::operations(),
        nuget::operations(),
        pages::operations(),
    ];
    Module {
        operations: operations.concat(),
        entity_sets: vec![
            EntitySet {
                name: api::PROCESSES.set,
                entity: model::PackageVersion::model(),
            },
            EntitySet {
                name: api::LIBRARIES.set,
                entity: wire::library(),
            },
        ],
        navigation: pages::navigation(),
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let access = app.state::<Access>()?;
                access.contents.register(Arc::new(feeds::Contents));
                Ok(())
            })
        })),
        ..Module::default()
    }
}

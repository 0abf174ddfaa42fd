//! Queues: work that many robots and programs share.
//!
//! * [`definitions`]: queues themselves, where they are visible, their schemas and how long their items are kept.
//! * [`items`]: adding, taking, finishing, reviewing and reading items.
//! * [`statistics`]: the numbers that charts are made of.
//! * [`Queues`]: what requests share: definitions in memory, and the units of work of calls that come at the same time.
//! * `retention`, `purge`: items and queues that are no longer wanted go, in the background.

mod console;
pub mod definitions;
pub mod items;
pub mod purge;
pub mod retention;
mod schema;
mod state;
pub mod statistics;

pub use state::Queues;
use store::Migration;
use web::Module;

/// Steps of the schema, oldest first. They come after those of `access`.
pub const MIGRATIONS: &[Migration] = schema::MIGRATIONS;

/// What this crate contributes to the server. The seed tells `access` that queues are contents of folders.
pub fn module() -> Module {
    let mut module = definitions::module();
    for part in [items::module(), statistics::module()] {
        module.operations.extend(part.operations);
        module.entity_sets.extend(part.entity_sets);
        module.navigation.extend(part.navigation);
        module.reconcilers.extend(part.reconcilers);
    }
    module
        .reconcilers
        .extend([purge::reconciler(), retention::reconciler()]);
    module
}

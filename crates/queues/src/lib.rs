//! Queues: work that many robots and programs share.
//!
//! * [`definitions`]: queues themselves, where they are visible, their schemas and how long their items are kept.
//! * [`items`]: the state machine of items and what they carry.
//! * [`statistics`]: the numbers that charts are made of.
//! * `retention`, `purge`: items and queues that are no longer wanted go, in the background.

pub mod definitions;
pub mod items;
mod purge;
mod retention;
mod schema;
pub mod statistics;

use store::Migration;
use web::Module;

/// Steps of the schema, oldest first. They come after those of `access`.
pub const MIGRATIONS: &[Migration] = schema::MIGRATIONS;

/// What this crate contributes to the server. The seed tells `access` that queues are contents of folders.
pub fn module() -> Module {
    let mut module = definitions::module();
    module
        .reconcilers
        .extend([purge::reconciler(), retention::reconciler()]);
    module
}

//! Resources of a folder that automations use: assets.

pub mod assets;

use store::Migration;
use web::Module;

/// Steps of the schema, oldest first. They come after those of `access`.
pub const MIGRATIONS: &[Migration] = assets::schema::MIGRATIONS;

/// What this crate contributes to the server.
pub fn module() -> Module {
    assets::module()
}

//! The keys that sign tokens: kept sealed in the database, parsed once, rotated (announce, use, retire).

mod model;
mod ring;
mod rotation;

pub use model::{MIGRATION, SigningKeyRow};
pub use ring::{Ring, Rings};
pub use rotation::examine;
pub(crate) use rotation::{load, rotate};

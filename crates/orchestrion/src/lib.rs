//! The binary's parts as a library: configuration, wiring, background work. Tests and benchmarks start the same server.

pub mod background;
pub mod config;
pub mod doctor;
pub mod robot;
mod site;
mod tls;
mod wiring;

pub use wiring::{MIGRATIONS, bind, build, modules, open_store, open_vault};

/// Version of the product.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

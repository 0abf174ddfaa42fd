//! Everyone an organization knows by name: users, groups, and the applications that the identity crate registers.

pub mod api;
mod model;
pub mod service;

pub use model::{DirectoryApplication, MIGRATION};

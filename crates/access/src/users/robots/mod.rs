//! The robots of accounts: what unattended and attended jobs run under (reference: execution 7.2, access 3.1).

mod events;
pub mod input;
mod model;
pub mod service;

pub(crate) use model::MIGRATION;
pub use model::{CredentialType, SimpleRobot, UserRobot};
pub use service::{by_id, by_ids, by_key, of_folder as robots_of_folder, of_users, password, unattended_of_folder};

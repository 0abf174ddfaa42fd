//! Organizations: the top containers of identities, one of which is the host itself.

pub mod management;
mod model;
pub mod pages;
pub mod service;
mod settings;

pub use model::{HOST, HOST_URL_NAME, MIGRATION, Organization};
pub use settings::{Lockout, PasswordPolicy, SessionPolicy, Settings, TokenPolicy};

//! Signing in with a password, and out.

pub mod attempts;
mod hashing;
mod model;
pub mod pages;
mod return_url;
pub mod service;
mod throttle;

pub use hashing::Hashing;
pub use model::{AttemptResult, LoginAttempt, MIGRATION};
pub use pages::describe_policy;
pub use return_url::{own_path, with_query};
pub use throttle::Throttle;

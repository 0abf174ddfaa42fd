//! Personal access tokens: opaque bearer tokens of local users (reference: identity 2.13).

mod api;
mod model;
mod pages;
pub mod service;

pub use model::{MIGRATION, PersonalToken};
pub use service::{Issued, NewToken};

/// What every token starts with.
pub const PREFIX: &str = "rt_";

pub(crate) use pages::navigation;

pub(crate) fn operations() -> Vec<web::Operation> {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    operations
}

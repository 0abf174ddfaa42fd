//! Personal workspaces: a folder of its own for a person, with a package feed of its own (reference: access 2.6).

mod api;
pub mod model;
pub mod service;

pub(crate) use api::operations;

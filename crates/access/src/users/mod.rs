//! Users of a tenant: references to principals of the organization's directory.

pub mod api;
pub(crate) mod departed;
pub mod model;
pub mod pages;
pub mod robots;
pub mod service;

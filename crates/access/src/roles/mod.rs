//! Roles: named sets of permissions, given to principals on the tenant or on folders.

pub mod api;
pub mod assignments;
pub mod builtin;
pub mod catalogue;
pub mod model;
pub mod pages;
pub mod rights;
pub mod service;

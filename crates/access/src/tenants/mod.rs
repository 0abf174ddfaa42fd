//! Tenants: the separate worlds inside an organization.

pub mod api;
pub mod model;
pub mod pages;
pub mod service;

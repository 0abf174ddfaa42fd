//! The tenant's audit log: who did what, written in the unit of work that did it.

pub mod api;
pub mod export;
pub mod model;
pub mod pages;
pub mod service;

pub use model::{Action, Component};
pub use service::{Entry, key, record};

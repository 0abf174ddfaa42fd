//! The organization's audit log.

pub mod api;
mod csv;
mod model;
pub mod pages;
pub mod service;

pub use csv::csv_line;
pub use model::{AuditRecord, MIGRATION};
pub use service::{Event, Search, record};

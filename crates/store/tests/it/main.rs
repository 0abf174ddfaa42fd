//! The behaviour of the store, shown on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod changes;
mod combine;
mod entities;
mod fixture;
mod kept;
mod leases;
mod list;
mod migrations;
mod parts;
mod postgres;
mod scopes;
mod sqlite;
mod units;

//! The behaviour of the store, shown on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod changes;
mod entities;
mod fixture;
mod joined;
mod leases;
mod list;
mod migrations;
mod postgres;
mod scopes;
mod sqlite;
mod units;

//! The behaviour of the store, shown on both databases.

mod changes;
mod entities;
mod fixture;
mod leases;
mod list;
mod migrations;
mod postgres;
mod scopes;
mod sqlite;
mod units;

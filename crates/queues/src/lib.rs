//! Queues: work that many robots and programs share. Here is what the rules of queues rest on: tables, the state machine of items,
//! their content, JSON schemas, and the numbers that charts are made of.

pub mod definitions;
pub mod items;
mod schema;
pub mod state;
pub mod statistics;

/// Steps of the schema, oldest first. They come after those of `access`.
pub const MIGRATIONS: &[store::Migration] = schema::MIGRATIONS;

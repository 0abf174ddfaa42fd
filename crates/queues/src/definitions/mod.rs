//! Queues themselves: what they are, and the schemas that their items must meet.

pub mod events;
pub mod model;
pub mod schemas;

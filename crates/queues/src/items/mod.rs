//! Items: what they are, what they carry, and what can happen to them.

pub mod content;
pub mod model;
pub mod transition;

//! Local groups and who is in them.

mod model;
pub mod service;

pub use model::{BuiltIn, Group, GroupType, MIGRATION, MemberKind, Membership};

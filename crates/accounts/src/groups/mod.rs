//! Local groups and who is in them.

pub mod api;
mod model;
pub mod pages;
pub mod service;

pub use model::{BuiltIn, Group, GroupType, MIGRATION, MemberKind, Membership};

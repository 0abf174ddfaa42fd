//! Local user accounts.

pub mod api;
mod credentials;
mod dto;
mod model;
mod names;
pub mod pages;
mod password;
mod result;
pub mod service;

pub use dto::UserDto;
pub use model::{MIGRATION, Phc, User, UserType};
pub use password::judge_password;
pub use result::{Failure, Fault, IdentityResult};

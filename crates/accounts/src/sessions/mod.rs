//! Browser sessions, kept on the server.

mod cookie;
mod model;
pub mod pages;
pub mod service;
mod state;

pub use cookie::{clear_session, cookie_name, session_cookie, session_token};
pub(crate) use cookie::{is_secure, secure};
pub use model::{EndReason, MIGRATION, Session};
pub use pages::THEME_COOKIE;
pub use state::SessionState;

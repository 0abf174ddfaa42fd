//! External applications: OAuth clients that belong to an organization (reference: identity, chapter 1).

mod api;
mod certificates;
mod changes;
pub mod machines;
mod model;
pub mod pages;
mod redirects;
mod registry;
mod secrets;
pub mod service;
pub mod usage;

pub use changes::{Changes, Creation, ScopeRef};
pub use model::{Client, ClientSecret, MACHINES, MIGRATION};
pub use redirects::{is_loopback_or_private, origin_of};
pub use registry::{FIRST_PARTY_ID, Origins, Registered, Registry};
pub use secrets::Generated;
pub use service::{Application, Created};
pub use usage::{ScopeUse, Usage, UsageReport};

pub(crate) use api::parse_time;
pub(crate) use secrets::notice_expired;

pub(crate) fn operations() -> Vec<web::Operation> {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    operations
}

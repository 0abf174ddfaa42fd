//! `ExternalClient` of the identity API (reference: identity 1.9).

mod create;
mod delete;
mod delete_secret;
mod dto;
mod generate_secret;
mod get;
mod list;
mod update;

pub(crate) use dto::parse_time;

use context::Error;
use uuid::Uuid;
use web::{Operation, Request};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        get::operation(),
        create::operation(),
        update::operation(),
        delete::operation(),
        generate_secret::operation(),
        generate_secret::legacy_operation(),
        delete_secret::operation(),
    ]
}

/// The organization of a body must be the caller's own; whether another one exists is not told.
fn own_organization(request: &Request, named: Option<Uuid>) -> Result<Uuid, Error> {
    let own = request.organization()?;
    if named.is_some_and(|named| named != own) {
        Err(Error::forbidden())
    } else {
        Ok(own)
    }
}

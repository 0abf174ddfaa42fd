//! Operations of tags Releases and ReleaseRetention, and those of newer clients that the contract does not name.
//!
//! Clients name the folder in some calls about one process and leave it out in others. Where it is left out, the folder of the process
//! counts.

mod bulk;
mod create;
mod delete;
mod get;
mod list;
mod replace;
mod requirements;
mod retention;
mod versions;

use access::{Access, Permit};
use context::Error;
use std::sync::Arc;
use web::{Operation, Request};

use super::service::Asked;

/// Names of the entity sets.
pub const SET: &str = "Releases";
pub const RETENTION_SET: &str = "ReleaseRetention";

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut all = vec![
        list::operation(),
        list::rows(),
        get::by_id(),
        get::by_key(),
        get::with_retention(),
        requirements::operation(),
        create::operation(),
        create::with_retention(),
        replace::operation(),
        replace::patch(),
        replace::edit(),
        delete::by_id(),
        delete::by_key(),
        bulk::by_id(),
        bulk::by_key(),
        retention::list(),
        retention::get(),
        retention::replace(),
        retention::reset(),
    ];
    all.extend(versions::operations());
    all
}

/// Who asks.
fn asked(request: &Request) -> Asked {
    Asked {
        folder: request.chosen_folder().map(|folder| folder.id),
        permit: Permit::of(request),
    }
}

async fn tree(request: &Request) -> Result<Arc<access::folders::tree::Tree>, Error> {
    request.state::<Access>()?.tree(request.tenant()?.id).await
}

//! Operations of tags QueueDefinitions and QueueRetention, and four of newer clients that the contract does not name.

mod create;
mod delete;
mod get;
mod list;
mod replace;
mod retention;
mod schema;
mod share;

use context::Error;
use web::{Operation, Request};

use super::read::Seen;

/// Names of the entity sets.
pub const SET: &str = "QueueDefinitions";
pub const RETENTION_SET: &str = "QueueRetention";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        list::rows(),
        list::across_folders(),
        get::by_id(),
        get::by_key(),
        get::with_retention(),
        create::operation(),
        create::with_retention(),
        replace::operation(),
        replace::with_retention(),
        delete::operation(),
        schema::operation(),
        share::operation(),
        share::folders_for(),
        retention::list(),
        retention::get(),
        retention::replace(),
        retention::reset(),
    ]
}

/// The folder of the request.
fn seen(request: &Request) -> Result<Seen, Error> {
    let folder = request.folder()?;
    Ok(Seen {
        folder: folder.id,
        path: folder.path.clone(),
    })
}

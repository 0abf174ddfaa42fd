//! Console pages of machines: those of the tenant with their hosts and secrets, and those of a folder.

mod deeds;
mod folder;
mod form;
mod list;
mod machine;

use access::console::tenant_path;
use context::Error;
use web::{Operation, Request};

/// Name of the navigation entries these pages belong to.
pub const ACTIVE: &str = "machines";
pub const IN_FOLDER: &str = "folder-machines";

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        form::operations(),
        machine::operations(),
        deeds::operations(),
        folder::operations(),
    ]
    .concat()
}

/// The address of the list of machines.
fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", tenant_path(request)?))
}

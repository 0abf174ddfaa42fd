//! Console pages of assets.

mod editor;
mod entry;
mod links;
mod list;
mod remove;

use access::console::{self, folder_path};
use context::Error;
use web::{Operation, Request};

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        editor::operations(),
        links::operations(),
        remove::operations(),
    ]
    .concat()
}

/// Name of the navigation entry these pages belong to.
const ACTIVE: &str = "assets";
const LIST: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets";

/// The address of the folder's asset list.
fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

/// Whether the caller has a permission in the folder of the page.
fn may(request: &Request, permission: &str) -> Result<bool, Error> {
    console::may(request, permission, Some(request.folder()?.id))
}

/// The folder as API clients name it, for the hint below a list.
fn api_folder(request: &Request) -> Result<String, Error> {
    Ok(format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id))
}

//! Console pages of processes.

mod create;
mod deeds;
mod edit;
mod editor;
mod list;
mod overview;

use access::console::{self, folder_path};
use access::folders::tree::Tree;
use access::{Access, Permit};
use context::{Error, Kind};
use maud::{Markup, html};
use std::sync::Arc;
use web::{Operation, Request};

use super::input::{NORMAL, name_of};
use super::service::Asked;

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "processes";
const LIST: &str = "/{org}/tenants/{tenant}/folders/{folder}/processes";

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        create::operations(),
        overview::operations(),
        edit::operations(),
        deeds::operations(),
    ]
    .concat()
}

/// The address of the folder's list of processes.
fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

/// Whether the caller has a permission in the folder of the page.
fn may(request: &Request, permission: &str) -> Result<bool, Error> {
    console::may(request, permission, Some(request.folder()?.id))
}

/// The folder of the page, and who looks at it.
fn asked(request: &Request) -> Result<Asked, Error> {
    Ok(Asked {
        folder: Some(request.folder()?.id),
        permit: Permit::of(request),
    })
}

async fn tree(request: &Request) -> Result<Arc<Tree>, Error> {
    request.state::<Access>()?.tree(request.tenant()?.id).await
}

/// The folder as API clients name it, for the hint below a list.
fn api_folder(request: &Request) -> Result<Markup, Error> {
    let header = format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id);
    Ok(html! { p.muted { "The call needs the header " code { (header) } "." } })
}

/// The status of a form that is shown again.
fn status_of(error: Option<&Error>) -> u16 {
    match error.map(|error| error.kind) {
        None => 200,
        Some(Kind::Conflict) => 409,
        Some(_) => 400,
    }
}

/// Priorities that people choose from (reference: execution 2).
pub const PRIORITIES: [(i32, &str); 10] = [
    (95, "Critical"),
    (85, "Highest"),
    (75, "Very high"),
    (65, "High"),
    (55, "Medium-high"),
    (NORMAL, "Medium"),
    (35, "Medium-low"),
    (25, "Low"),
    (15, "Very low"),
    (5, "Lowest"),
];

/// A priority in words.
pub fn priority(value: i32) -> String {
    match PRIORITIES.iter().find(|(known, _)| *known == value) {
        Some((_, label)) => (*label).to_owned(),
        None => format!("{} ({value})", name_of(value)),
    }
}

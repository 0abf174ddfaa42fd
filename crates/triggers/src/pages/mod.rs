//! Console pages of the triggers of a folder: those of time and queues, and API triggers.

mod calls;
mod calls_form;
mod controls;
mod deeds;
mod form;
mod ground;
mod history;
mod list;

use access::console::{self, folder_path};
use context::{Error, Kind};
use maud::{Markup, html};
use web::{Operation, Request};

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "triggers";

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        form::operations(),
        deeds::operations(),
        history::operations(),
        calls::operations(),
        calls_form::operations(),
    ]
    .concat()
}

/// The address of the folder's list of triggers.
fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

/// The address of the folder's list of API triggers.
fn calls_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/api", list_path(request)?))
}

/// Whether the caller has a permission in the folder of the page.
fn may(request: &Request, permission: &str) -> Result<bool, Error> {
    console::may(request, permission, Some(request.folder()?.id))
}

/// Above both lists.
fn tabs(request: &Request, calls: bool) -> Result<Markup, Error> {
    let (list, api) = (list_path(request)?, calls_path(request)?);
    Ok(ui::link_tabs(
        "Kinds of triggers",
        &[("Time and queues", &list, !calls), ("API", &api, calls)],
    ))
}

/// The folder as API clients name it, for the hint below a list.
fn api_folder(request: &Request) -> Result<Markup, Error> {
    let header = format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id);
    Ok(html! { p.muted { "The call needs the header " code { (header) } "." } })
}

/// The status of a form that is shown again.
fn status_of(error: &Error) -> u16 {
    if error.kind == Kind::Conflict { 409 } else { 400 }
}

//! Console pages of jobs: the list of a folder, one job, and the form that starts some.

mod deeds;
mod entry;
mod files;
mod job;
mod list;
mod search;
mod start;
mod words;

use access::console::folder_path;
use context::Error;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;
use web::{Operation, Request};

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "jobs";

/// All pages.
pub(super) fn operations() -> Vec<Operation> {
    [
        list::operations(),
        start::operations(),
        job::operations(),
        files::operations(),
        deeds::operations(),
    ]
    .concat()
}

/// The address of the jobs of the folder of a page.
pub fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

/// The address of a job of that folder.
pub fn job_path(request: &Request, job: Uuid) -> Result<String, Error> {
    Ok(format!("{}/{job}", list_path(request)?))
}

/// The address of a process of that folder.
fn process_path(request: &Request, process: i64) -> Result<String, Error> {
    Ok(format!(
        "{}/processes/{process}",
        folder_path(request, request.folder()?.id)?
    ))
}

/// An address with the query of the request, so that an action leads back to the list it was started from.
fn with_query(request: &Request, path: &str) -> String {
    match request.parts.uri.query() {
        Some(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// What the visitor may do with jobs of the folder.
#[derive(Debug, Clone, Copy)]
struct Rights {
    create: bool,
    edit: bool,
    processes: bool,
}

impl Rights {
    fn of(request: &Request) -> Result<Self, Error> {
        let may = |permission: &str| access::console::may(request, permission, Some(request.folder()?.id));
        Ok(Self {
            create: may("Jobs.Create")?,
            edit: may("Jobs.Edit")?,
            processes: may("Processes.View")?,
        })
    }

    /// Whether the form that starts jobs can be used: it names processes.
    fn start(self) -> bool {
        self.create && self.processes
    }
}

/// The folder as API clients name it, for the hint below a list.
fn api_folder(request: &Request) -> Result<Markup, Error> {
    let header = format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id);
    Ok(html! { p.muted { "The call needs the header " code { (header) } "." } })
}

/// How long something took, or takes so far.
fn lasted(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<String> {
    let micros = to?.as_microsecond() - from?.as_microsecond();
    Some(crate::statistics::pages::duration(micros))
}

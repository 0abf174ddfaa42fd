//! Console pages of logs: those of a folder, those of a job, and a single entry.

mod entry;
mod list;

use context::Error;
use maud::Markup;
use ui::{Tone, chip};
use uuid::Uuid;
use web::{Operation, Request};

use super::model::Level;

pub use list::of_job;

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "logs";

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = list::operations();
    operations.push(entry::operation());
    operations
}

/// The address of the logs of the folder of a page.
pub fn list_path(request: &Request) -> Result<String, Error> {
    let folder = access::console::folder_path(request, request.folder()?.id)?;
    Ok(format!("{folder}/logs"))
}

/// The address of the logs of a job.
pub fn job_path(request: &Request, job: Uuid) -> Result<String, Error> {
    Ok(format!("{}/jobs/{job}", list_path(request)?))
}

/// A level as people see it.
pub fn level_chip(level: Level) -> Markup {
    let tone = match level {
        Level::Trace | Level::Debug => Tone::Neutral,
        Level::Info => Tone::Info,
        Level::Warn => Tone::Warning,
        Level::Error | Level::Fatal => Tone::Danger,
    };
    chip(&level.to_string(), tone)
}

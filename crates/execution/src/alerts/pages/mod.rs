//! Console pages of alerts.

mod bell;
mod list;
mod preferences;

use context::Error;
use maud::Markup;
use ui::{Tone, chip};
use web::{Operation, Request};

pub use bell::Rings;

use super::model::Severity;

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "alerts";

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = list::operations();
    operations.extend(preferences::operations());
    operations
}

/// The address of the list of alerts.
pub fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/alerts", access::console::tenant_path(request)?))
}

/// A severity as people see it.
pub fn severity_chip(severity: Severity) -> Markup {
    let name = match severity {
        Severity::Warn => "Warning".to_owned(),
        other => other.to_string(),
    };
    chip(&name, tone(severity))
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Info,
        Severity::Success => Tone::Success,
        Severity::Warn => Tone::Warning,
        Severity::Error | Severity::Fatal => Tone::Danger,
    }
}

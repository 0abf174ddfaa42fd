//! Console pages of calendars.

mod editor;
mod list;

pub use self::editor::zone_choices;

use access::console::tenant_path;
use context::Error;
use web::{Operation, Request};

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "calendars";

/// All pages.
pub fn operations() -> Vec<Operation> {
    [list::operations(), editor::operations()].concat()
}

/// The address of the list of calendars.
fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", tenant_path(request)?))
}

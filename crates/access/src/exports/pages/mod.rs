//! Console page of exports.

mod list;

use context::{Error, Requirement};
use web::{Area, NavigationEntry, Operation, Request};

use crate::console::tenant_path;

const ACTIVE: &str = "exports";

pub(super) fn operations() -> Vec<Operation> {
    list::operations()
}

pub(crate) fn navigation() -> Vec<NavigationEntry> {
    vec![NavigationEntry {
        area: Area::Tenant,
        name: ACTIVE,
        title: "My exports",
        icon: "download",
        path: "/exports",
        requirement: Requirement::Nothing,
    }]
}

/// Where a page leads after it asked for an export.
pub fn list_path(cx: &Request) -> Result<String, Error> {
    Ok(format!("{}/exports", tenant_path(cx)?))
}

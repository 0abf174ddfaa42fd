//! Console pages of the audit log.

mod detail;
mod list;

use context::Error;
use web::{Area, NavigationEntry, Operation};

use crate::permit::requirement;

const ACTIVE: &str = "audit";

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = list::operations();
    all.push(detail::operation());
    all
}

pub(crate) fn navigation() -> Result<Vec<NavigationEntry>, Error> {
    Ok(vec![NavigationEntry {
        area: Area::Tenant,
        name: ACTIVE,
        title: "Audit",
        icon: "audit",
        path: "/audit",
        requirement: requirement("Audit.View")?,
    }])
}

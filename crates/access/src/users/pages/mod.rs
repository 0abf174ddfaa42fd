//! Console pages of the users of a tenant: "Manage access", and the roles of an external application.

mod application;
mod assign;
pub(crate) mod chooser;
mod edit;
mod list;
mod robot;

use context::Error;
use maud::{Markup, html};
use web::{Area, NavigationEntry, Operation, Request};

use crate::console::{may_somewhere, tenant_path};
use crate::permit::requirement;

pub(crate) const ACTIVE: &str = "access";

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![list::operation()];
    all.extend(assign::operations());
    all.extend(edit::operations());
    all.push(robot::operation());
    all.extend(application::operations());
    all
}

pub(crate) fn navigation() -> Result<Vec<NavigationEntry>, Error> {
    Ok(vec![NavigationEntry {
        area: Area::Tenant,
        name: ACTIVE,
        title: "Manage access",
        icon: "shield",
        path: "/access",
        requirement: requirement("Users.View")?,
    }])
}

/// The tabs of "Manage access".
pub(crate) fn tabs(cx: &Request, roles: bool) -> Result<Markup, Error> {
    let path = tenant_path(cx)?;
    let (accounts, all_roles) = (format!("{path}/access"), format!("{path}/access/roles"));
    let mut entries = Vec::new();
    if may_somewhere(cx, "Users.View")? {
        entries.push(("Assign roles", accounts.as_str(), !roles));
    }
    if may_somewhere(cx, "Roles.View")? {
        entries.push(("Roles", all_roles.as_str(), roles));
    }
    Ok(html! { (ui::link_tabs("Manage access", &entries)) })
}

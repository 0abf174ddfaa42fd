//! The home of a tenant, and the ways that lead there.

mod home;
mod start;

use context::Requirement;
use web::{Area, NavigationEntry, Operation};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = start::operations();
    all.push(home::operation());
    all
}

pub(crate) fn navigation() -> Vec<NavigationEntry> {
    vec![NavigationEntry {
        area: Area::Tenant,
        name: home::ACTIVE,
        title: "Home",
        icon: "home",
        path: "",
        requirement: Requirement::Nothing,
    }]
}

//! Calendars: days on which triggers that use them start nothing (reference: resources 7).

mod api;
pub mod days;
pub mod model;
pub mod pages;
pub mod service;

use context::Requirement;
use odata::EntitySet;
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Calendar::model(),
        }],
        navigation: vec![NavigationEntry {
            area: Area::Tenant,
            name: pages::ACTIVE,
            title: "Non-working days",
            icon: "clock",
            path: "/calendars",
            requirement: Requirement::parse("Settings.View").unwrap_or(Requirement::Nothing),
        }],
        ..Module::default()
    }
}

//! Notices for those who watch (reference: resources 12).
//!
//! An alert is stored once, however many people see it: what somebody may see is worked out when it is read, from the person's rights
//! and preferences at that time. So raising an alert costs one row in the unit of work that makes it true, a right that is taken away
//! takes the alerts with it, and nothing has to be undone. Each reader has the mark up to which everything is read, and single marks
//! above it.
//!
//! * [`service::raise`]: what other capabilities call. [`reader`]: who sees what. [`retention`]: alerts go after 30 days.

mod api;
pub mod model;
pub mod pages;
pub mod reader;
pub mod retention;
pub mod service;

use std::sync::Arc;

use access::Access;
use context::Requirement;
pub use model::{Component, Severity};
use odata::EntitySet;
pub use service::{Raised, raise};
use store::{Entity as _, Migration};
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[model::MIGRATION];

/// Operations, pages and background work of alerts.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: model::Alert::model(),
        }],
        navigation: vec![NavigationEntry {
            area: Area::Tenant,
            name: pages::ACTIVE,
            title: "Alerts",
            icon: "warning",
            path: "/alerts",
            requirement: Requirement::parse("Alerts.View").unwrap_or(Requirement::Nothing),
        }],
        reconcilers: vec![retention::reconciler()],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                app.state::<Access>()?.panels.ring(Arc::new(pages::Rings));
                Ok(())
            })
        })),
    }
}

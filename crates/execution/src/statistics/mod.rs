//! Numbers about jobs, kept by every unit of work that changes one: no chart counts jobs.
//!
//! * [`tally`]: what a unit of work changes in the numbers. [`numbers`]: the numbers as they are now.
//! * [`history`]: jobs that ended, over time, by process and by machine.
//! * [`sessions`]: robots that are there, and how busy they are.

mod api;
pub mod history;
pub mod numbers;
pub mod pages;
pub mod retention;
pub mod sessions;
pub mod tally;

use std::sync::Arc;

use access::Access;
use context::Requirement;
use store::Migration;
use web::{Area, Module, NavigationEntry};

pub const MIGRATIONS: &[Migration] = &[tally::MIGRATION];

/// Operations and pages of numbers about jobs and robots, and what trims them.
pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(pages::operations());
    let entry = |area: Area, name: &'static str, expression: &str| NavigationEntry {
        area,
        name,
        title: "Monitoring",
        icon: "activity",
        path: "/monitoring",
        requirement: Requirement::parse(expression).unwrap_or(Requirement::Nothing),
    };
    Module {
        operations,
        navigation: vec![
            entry(Area::Folder, pages::IN_FOLDER, "Monitoring.View and Jobs.View"),
            entry(Area::Tenant, pages::IN_TENANT, "Monitoring.View and Jobs.View"),
        ],
        reconcilers: vec![retention::reconciler()],
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                app.state::<Access>()?.panels.register(Arc::new(pages::Home));
                Ok(())
            })
        })),
        ..Module::default()
    }
}

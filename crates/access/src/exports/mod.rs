//! Exports: lists as CSV files, made in the background and fetched later by whoever asked (reference: resources 15).
//!
//! A capability whose lists can be exported registers an [`Exporter`] while the server is put together,
//!
//! ```text
//! app.state::<Access>()?.exports.register(Arc::new(Items));
//! ```
//!
//! and asks for an export in the unit of work of its operation:
//!
//! ```text
//! let criteria = Criteria::of(&cx, Item::model())?.with(&Parameters { queue })?;
//! exports::request(&mut scope, &ctx, New { kind: "queue-items", criteria, .. })?
//! ```
//!
//! A reconciler makes the file piece by piece: it reads a window of rows, writes what they became as one part, and goes on after the
//! last id it reached, also after a restart. Exports of different tenants take turns.

pub mod api;
pub mod model;
mod pages;
mod registry;
pub mod service;
mod sheet;
mod work;

use std::sync::Arc;
use std::time::Duration;

pub use model::{Criteria, Export, ExportPart, ExportStatus, ExportType};
pub use registry::{Exporter, Registry, Task, Window, window};
pub use service::{New, request};
pub use sheet::Sheet;

pub use pages::list_path;
pub(crate) use pages::navigation;

pub(crate) fn operations() -> Vec<web::Operation> {
    let mut all = api::operations();
    all.extend(pages::operations());
    all
}

/// Makes the files, and removes them when their time is over.
pub(crate) fn reconciler() -> web::Reconciler {
    web::Reconciler {
        name: work::LEASE,
        every: Duration::from_secs(60),
        wakes_on: &[service::TOPIC],
        run: Arc::new(|app| Box::pin(work::run(app))),
    }
}

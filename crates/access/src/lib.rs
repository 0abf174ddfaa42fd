//! Tenants, folders, roles, the users of a tenant, its audit log, and the answers the guard rests on.
//!
//! * [`Access`] answers what every request asks (which tenant, which folder, which rights) from memory.
//! * [`Gate`] puts accounts, identity and access together for the guard.
//! * [`tenants`], [`folders`], [`roles`], [`users`], [`audit`], [`status`]: one capability each, with its stored form in
//!   `model`, its rules in `service`, its operations in `api` and its pages in `pages`.
//! * [`exports`] makes files of lists in the background, also for other crates.
//! * [`Permit`] carries the right to an operation into services, [`audit::record`] writes down what they did.
//! * [`module`] is all that the binary sees.

pub mod audit;
mod bearers;
mod caches;
pub mod console;
pub mod directory;
pub mod exports;
pub mod folders;
mod frame;
mod gate;
pub mod outbound;
pub mod outbox;
mod panels;
mod permit;
pub mod retention;
pub mod roles;
pub mod rows;
pub mod schemas;
pub mod sealing;
mod seed;
mod state;
pub mod status;
pub mod tags;
pub mod tenants;
pub mod trim;
pub mod users;
pub mod workspaces;

use std::sync::Arc;
use std::time::Duration;

pub use bearers::{Bearer, Bearers};
pub use caches::Standing;
pub use frame::{Place, segment};
pub use gate::Gate;
use odata::EntitySet;
pub use panels::{Notices, Panel, Panels};
pub use permit::{Permit, VIEW_FOLDERS, no_such_folder};
pub use state::{Access, rights_of};
use store::Entity as _;

/// Tables of this crate, oldest first.
pub const MIGRATIONS: &[store::Migration] = &[
    tenants::model::MIGRATION,
    folders::model::MIGRATION,
    roles::model::MIGRATION,
    users::model::MIGRATION,
    audit::model::MIGRATION,
    outbox::MIGRATION,
    exports::model::MIGRATION,
    exports::model::SEALED,
    users::robots::MIGRATION,
    workspaces::model::MIGRATION,
];

/// The crate's whole face.
///
/// # Panics
/// At start-up, when a navigation entry names a permission that the catalogue lacks.
pub fn module() -> web::Module {
    let operations = [
        tenants::api::operations(),
        folders::api::operations(),
        roles::api::operations(),
        users::api::operations(),
        audit::api::operations(),
        status::operations(),
        tenants::pages::operations(),
        folders::pages::operations(),
        users::pages::operations(),
        roles::pages::operations(),
        audit::pages::operations(),
        exports::operations(),
        workspaces::operations(),
    ];
    let navigation = [
        Ok(tenants::pages::navigation()),
        folders::pages::navigation(),
        users::pages::navigation(),
        audit::pages::navigation(),
        Ok(exports::navigation()),
    ];
    let set = |name, entity| EntitySet { name, entity };
    web::Module {
        operations: operations.into_iter().flatten().collect(),
        entity_sets: vec![
            set("AuditLogs", audit::model::AuditLog::model()),
            set("Exports", exports::Export::model()),
            set("Folders", folders::model::Folder::model()),
            set("Permissions", roles::catalogue::model()),
            set("Roles", roles::model::Role::model()),
            set("Tenants", tenants::model::Tenant::model()),
            set("Users", users::model::TenantUser::model()),
            set("PersonalWorkspaces", workspaces::model::PersonalWorkspace::model()),
        ],
        navigation: navigation.into_iter().flat_map(declared).collect(),
        reconcilers: vec![
            web::Reconciler {
                name: "access-departed",
                every: Duration::from_secs(600),
                wakes_on: &["clients"],
                run: Arc::new(|app| Box::pin(users::departed::remove(app))),
            },
            web::Reconciler {
                name: "outbox",
                every: Duration::from_secs(600),
                wakes_on: &[],
                run: Arc::new(|app| Box::pin(outbox::trim(app))),
            },
            exports::reconciler(),
        ],
        seed: Some(Arc::new(|app| Box::pin(seed::run(app)))),
    }
}

/// Entries that can be read.
#[expect(
    clippy::panic,
    reason = "a declaration that cannot be read must stop the start, not hide a page"
)]
fn declared(entries: Result<Vec<web::NavigationEntry>, context::Error>) -> Vec<web::NavigationEntry> {
    match entries {
        Ok(entries) => entries,
        Err(error) => panic!("{error}"),
    }
}

//! A capability crate's whole face.

use std::sync::Arc;
use std::time::Duration;

use context::{Error, Requirement};

use crate::Future;
use crate::app::App;
use crate::operation::Operation;

/// Migrations of one module, oldest first.
pub type Migrations = &'static [store::Migration];

/// Work done at every start before the first request; does nothing where its work is done already.
pub type Seed = Arc<dyn Fn(App) -> Future<'static, Result<(), Error>> + Send + Sync>;

/// What a capability crate contributes.
#[derive(Default)]
pub struct Module {
    pub operations: Vec<Operation>,
    pub entity_sets: Vec<odata::EntitySet>,
    pub navigation: Vec<NavigationEntry>,
    pub reconcilers: Vec<Reconciler>,
    pub seed: Option<Seed>,
}

/// One look of a reconciler.
pub type Look = Arc<dyn Fn(App) -> Future<'static, Result<Option<Duration>, Error>> + Send + Sync>;

/// Background work: looks at the database, does what is due, says when to look again.
#[derive(Clone)]
pub struct Reconciler {
    /// Name of its lease; one node at a time runs it.
    pub name: &'static str,
    /// Longest pause between two looks.
    pub every: Duration,
    /// Change topics that wake it early.
    pub wakes_on: &'static [&'static str],
    /// One look; the answer is the wished pause, at most `every`.
    pub run: Look,
}

/// Where in the console a page is reached from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The signed-in person's own pages; path below `/console/{org}/me`.
    Person,
    /// Organization administration; below `/console/{org}/admin`.
    Organization,
    /// The tenant; below `/console/{org}/tenants/{tenant}`.
    Tenant,
    /// A folder; below `/console/{org}/tenants/{tenant}/folders/{folder}`.
    Folder,
}

/// A link in the console's navigation.
#[derive(Debug, Clone)]
pub struct NavigationEntry {
    pub area: Area,
    /// Stable name by which a page says that it is the active one.
    pub name: &'static str,
    pub title: &'static str,
    /// Name of an icon in `ui`.
    pub icon: &'static str,
    /// Rest of the path below the area (`/external-apps`).
    pub path: &'static str,
    /// Shown when met (tenant and folder areas).
    pub requirement: Requirement,
}

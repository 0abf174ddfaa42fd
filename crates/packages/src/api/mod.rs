//! Operations of the tags Processes (which are packages) and Libraries, and five of newer clients that the contract does not name.

mod delete;
mod download;
mod entry_points;
mod list;
mod upload;

pub(crate) use download::send;

use context::Error;
use http::Method;
use odata::EntityType;
use serde_json::Value;
use store::{Entity as _, Scoped, Tenant};
use web::{Folder, Operation};

use crate::feeds::Deed;
use crate::model::{PackageKind, PackageVersion};
use crate::{service, wire};

/// An entity set with what it consists of.
pub(crate) struct Shelf {
    pub set: &'static str,
    pub kind: PackageKind,
    model: fn() -> &'static EntityType,
    /// Permissions of the contract. The one that counts depends on the feed, and is checked when it is known.
    permissions: [&'static str; 3],
}

pub(crate) static PROCESSES: Shelf = Shelf {
    set: "Processes",
    kind: PackageKind::Process,
    model: PackageVersion::model,
    permissions: [
        "Packages.View or FolderPackages.View",
        "Packages.Create or FolderPackages.Create",
        "Packages.Delete or FolderPackages.Delete",
    ],
};

pub(crate) static LIBRARIES: Shelf = Shelf {
    set: "Libraries",
    kind: PackageKind::Library,
    model: wire::library,
    permissions: ["Libraries.View", "Libraries.Create", "Libraries.Delete"],
};

impl Shelf {
    fn operation(&self, method: Method, path: &'static str, id: &'static str, deed: Deed) -> Operation {
        let scope = match deed {
            Deed::View => "OR.Execution.Read",
            Deed::Create | Deed::Delete => "OR.Execution.Write",
        };
        Operation::orchestrator(method, path, id)
            .scope(scope)
            .permission(self.permissions[deed as usize])
            .folder(Folder::InRequest)
            .parameters(&["feedId"])
    }

    /// A version as this set shows it. `with_entries`: with its entry points.
    fn json(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        version: &PackageVersion,
        with_entries: bool,
    ) -> Result<Value, Error> {
        let mut members = match self.kind {
            PackageKind::Process => wire::process_of(version),
            PackageKind::Library => wire::library_of(version),
        };
        if with_entries {
            let entries = service::entry_points(scope, version.id)?;
            let entries = entries.iter().map(wire::entry_point_of).collect();
            members.insert("EntryPoints".to_owned(), Value::Array(entries));
        }
        Ok(Value::Object(members))
    }
}

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    [
        list::operations(),
        upload::operations(),
        download::operations(),
        entry_points::operations(),
        delete::operations(),
    ]
    .concat()
}

//! Console pages of packages and libraries, in the tenant's area.

mod list;
mod remove;
mod upload;
mod version;

use access::Access;
use access::console::tenant_path;
use context::{Error, Requirement};
use http::Method;
use uuid::Uuid;
use web::{Area, Folder, NavigationEntry, Operation, Request};

use crate::feeds::{self, Deed, Feed};
use crate::model::{PackageKind, PackageVersion};
use crate::service;

/// One of the two places; they differ in words and rights.
struct Shelf {
    kind: PackageKind,
    /// The navigation entry.
    active: &'static str,
    title: &'static str,
    /// In the middle of a sentence.
    one: &'static str,
    icon: &'static str,
    path: &'static str,
    lead: &'static str,
    view: &'static str,
    create: &'static str,
    delete: &'static str,
    /// Address and id of each page.
    list: (&'static str, &'static str),
    version: (&'static str, &'static str),
    download: (&'static str, &'static str),
    upload: (&'static str, [&'static str; 2]),
    remove: (&'static str, &'static str),
    remove_unused: (&'static str, &'static str),
    /// The set of the API.
    set: &'static str,
}

static PACKAGES: Shelf = Shelf {
    kind: PackageKind::Process,
    active: "packages",
    title: "Packages",
    one: "package",
    icon: "package",
    path: "/packages",
    lead: "Automations as they were published. A process runs one version of a package.",
    view: "Packages.View or FolderPackages.View",
    create: "Packages.Create or FolderPackages.Create",
    delete: "Packages.Delete or FolderPackages.Delete",
    list: ("/{org}/tenants/{tenant}/packages", "Console_Packages"),
    version: ("/{org}/tenants/{tenant}/packages/{id}", "Console_Package"),
    download: (
        "/{org}/tenants/{tenant}/packages/{id}/download",
        "Console_DownloadPackage",
    ),
    upload: (
        "/{org}/tenants/{tenant}/packages/upload",
        ["Console_UploadPackages", "Console_PublishPackages"],
    ),
    remove: ("/{org}/tenants/{tenant}/packages/{id}/delete", "Console_DeletePackage"),
    remove_unused: (
        "/{org}/tenants/{tenant}/packages/{id}/delete-unused",
        "Console_DeleteUnusedPackages",
    ),
    set: "Processes",
};

static LIBRARIES: Shelf = Shelf {
    kind: PackageKind::Library,
    active: "libraries",
    title: "Libraries",
    one: "library",
    icon: "library",
    path: "/libraries",
    lead: "Parts that several automations share.",
    view: "Libraries.View",
    create: "Libraries.Create",
    delete: "Libraries.Delete",
    list: ("/{org}/tenants/{tenant}/libraries", "Console_Libraries"),
    version: ("/{org}/tenants/{tenant}/libraries/{id}", "Console_Library"),
    download: (
        "/{org}/tenants/{tenant}/libraries/{id}/download",
        "Console_DownloadLibrary",
    ),
    upload: (
        "/{org}/tenants/{tenant}/libraries/upload",
        ["Console_UploadLibraries", "Console_PublishLibraries"],
    ),
    remove: ("/{org}/tenants/{tenant}/libraries/{id}/delete", "Console_DeleteLibrary"),
    remove_unused: (
        "/{org}/tenants/{tenant}/libraries/{id}/delete-unused",
        "Console_DeleteUnusedLibraries",
    ),
    set: "Libraries",
};

impl Shelf {
    fn page(&self, method: Method, (path, id): (&'static str, &'static str), deed: Deed) -> Operation {
        let permission = match deed {
            Deed::View => self.view,
            Deed::Create => self.create,
            Deed::Delete => self.delete,
        };
        // Which of the rights counts depends on the feed.
        Operation::page(method, path, id)
            .permission(permission)
            .folder(Folder::InRequest)
    }

    /// `/console/{org}/tenants/{tenant}/packages`
    fn address(&self, request: &Request) -> Result<String, Error> {
        Ok(format!("{}{}", tenant_path(request)?, self.path))
    }

    /// The list of a feed.
    fn address_of(&self, request: &Request, feed: &Feed) -> Result<String, Error> {
        let address = self.address(request)?;
        Ok(match feed.key {
            Some(key) => format!("{address}?feed={key}"),
            None => address,
        })
    }

    /// The feed that the address names.
    async fn feed(&self, request: &Request, deed: Deed) -> Result<Feed, Error> {
        let wanted = request.parse::<Uuid>("feed")?;
        self.feed_of(request, wanted, deed).await
    }

    async fn feed_of(&self, request: &Request, wanted: Option<Uuid>, deed: Deed) -> Result<Feed, Error> {
        let access = request.state::<Access>()?;
        feeds::chosen(&access, request.tenant()?, &request.rights, self.kind, wanted, deed).await
    }

    /// The version that the address names, with its feed.
    async fn found(&self, request: &Request, deed: Deed) -> Result<(PackageVersion, Feed), Error> {
        let (tenant, id, kind) = (request.tenant()?.id, request.integer("id")?, self.kind);
        let version = request
            .store()
            .read(move |tx| service::by_id(&mut tx.tenant(tenant), kind, id))
            .await?;
        let feed = self.feed_of(request, version.feed_id, deed).await?;
        Ok((version, feed))
    }
}

/// All pages.
pub(crate) fn operations() -> Vec<Operation> {
    [&PACKAGES, &LIBRARIES]
        .into_iter()
        .flat_map(|shelf| {
            [
                list::operations(shelf),
                upload::operations(shelf),
                version::operations(shelf),
                remove::operations(shelf),
            ]
            .concat()
        })
        .collect()
}

pub(crate) fn navigation() -> Vec<NavigationEntry> {
    let entry = |shelf: &'static Shelf| NavigationEntry {
        area: Area::Tenant,
        name: shelf.active,
        title: shelf.title,
        icon: shelf.icon,
        path: shelf.path,
        requirement: Requirement::parse(shelf.view).unwrap_or(Requirement::Nothing),
    };
    vec![entry(&PACKAGES), entry(&LIBRARIES)]
}

/// Bytes for people.
fn bytes(size: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    match size {
        0..1024 => format!("{size} B"),
        1024..MEBIBYTE => format!("{} KiB", size >> 10),
        _ => format!("{}.{} MiB", size / MEBIBYTE, size % MEBIBYTE * 10 / MEBIBYTE),
    }
}

//! Feeds as NuGet clients read them: version 3 of the protocol, without pushing and deleting. `GET /nuget/v3/{feed}/…` below the
//! Orchestrator's root.
//!
//! `{feed}` is `processes`, `libraries`, or the GUID of a folder's feed. The client signs in with a bearer token, or with Basic credentials
//! whose password is one: a personal access token, since tools keep it for long.
//!
//! | resource | address below the feed |
//! |---|---|
//! | service index | `index.json` |
//! | `SearchQueryService` | `query` |
//! | `RegistrationsBaseUrl` | `registrations/{id}/index.json`, `…/page/{number}.json`, `…/{version}.json` |
//! | `PackageBaseAddress/3.0.0` | `flat/{id}/index.json`, `…/{version}/{id}.{version}.nupkg`, `…/{version}/{id}.nuspec` |

mod content;
mod index;
mod registration;
mod search;

use access::Access;
use context::{Error, codes};
use http::Method;
use serde_json::Value;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::feeds::{self, Deed, Feed};
use crate::model::PackageKind;
use crate::order::Version;

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    [
        index::operations(),
        search::operations(),
        registration::operations(),
        content::operations(),
    ]
    .concat()
}

fn operation(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Execution.Read")
        .permission("Packages.View or FolderPackages.View or Libraries.View")
        .folder(Folder::InRequest)
        .basic()
        .answers(200, Shape::Media("application/json"))
}

/// The feed of the address and its base address.
struct Addressed {
    feed: Feed,
    tenant: i64,
    base: String,
}

impl Addressed {
    async fn of(request: &Request) -> Result<Self, Error> {
        let name = request.text("feed")?.to_ascii_lowercase();
        let (kind, key) = match name.as_str() {
            "processes" => (PackageKind::Process, None),
            "libraries" => (PackageKind::Library, None),
            other => {
                let key = Uuid::parse_str(other).map_err(|_| feeds::no_such_feed())?;
                (PackageKind::Process, Some(key))
            }
        };
        let access = request.state::<Access>()?;
        let tenant = request.tenant()?;
        let feed = feeds::chosen(&access, tenant, &request.rights, kind, key, Deed::View).await?;
        Ok(Self {
            feed,
            tenant: tenant.id,
            base: format!("{}{}/nuget/v3/{name}", request.origin, request.layout.base),
        })
    }

    fn registration(&self, id: &str) -> String {
        format!("{}/registrations/{}/index.json", self.base, segment(id))
    }

    fn leaf(&self, id: &str, version: &str) -> String {
        format!(
            "{}/registrations/{}/{}.json",
            self.base,
            segment(id),
            version.to_lowercase()
        )
    }

    fn content(&self, id: &str, version: &str) -> String {
        let (id, version) = (segment(id), version.to_lowercase());
        format!("{}/flat/{id}/{version}/{id}.{version}.nupkg", self.base)
    }
}

/// An id as a segment of a path: in lower case, as the protocol wants it.
fn segment(id: &str) -> String {
    access::segment(&id.to_lowercase())
}

/// A version as NuGet writes it.
fn normal(version: &str) -> String {
    Version::parse(version).map_or_else(|| version.to_owned(), |version| version.normalized())
}

/// Plain JSON; NuGet clients look at nothing but the body.
fn json(value: &Value) -> Result<Response, Error> {
    Reply::ok().json(value)
}

fn no_such_package(id: &str) -> Error {
    Error::missing(
        codes::PROCESS_NOT_FOUND,
        format!("Package {} does not exist.", context::shortened(id, 100)),
    )
}

//! Feeds: the tenant's for processes and for libraries, and one for each hierarchy of folders that has its own (reference: execution 3.2).
//! `GET /api/PackageFeeds/GetFeeds`, `GET /api/PackageFeeds/GetLibraryFeeds`
//!
//! A folder's feed is known by the key of the root folder. The tenant's feeds have GUIDs too, for clients that list them; no GUID
//! means the tenant's as well.

use access::Access;
use access::folders::model::{FeedType, Folder};
use context::{Ctx, Error, Requirement, Rights, codes};
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use web::{Operation, Reply, Request, Response, TenantRef};

use crate::model::{PackageKind, PackageVersion};
use crate::service;

/// What is done with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    View,
    Create,
    Delete,
}

impl Deed {
    const fn name(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Create => "Create",
            Self::Delete => "Delete",
        }
    }
}

/// A feed of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    pub kind: PackageKind,
    /// The key of the root folder; `None`: the tenant's.
    pub key: Option<Uuid>,
    /// The root folder.
    pub folder: Option<i64>,
    /// Its GUID for clients.
    pub public_id: Uuid,
    pub feed_type: FeedType,
    pub name: String,
}

impl Feed {
    /// The tenant's feed of a kind.
    pub fn of_tenant(tenant: &TenantRef, kind: PackageKind) -> Self {
        let (public_id, feed_type, name) = match kind {
            PackageKind::Process => (tenant.key, FeedType::Processes, "Orchestrator Tenant Processes Feed"),
            PackageKind::Library => (
                Uuid::new_v5(&tenant.key, b"libraries"),
                FeedType::Libraries,
                "Orchestrator Tenant Libraries Feed",
            ),
        };
        Self {
            kind,
            key: None,
            folder: None,
            public_id,
            feed_type,
            name: name.to_owned(),
        }
    }

    /// The feed of the hierarchy that a root folder is the head of, if it has one.
    pub fn of_folder(root: &Folder) -> Option<Self> {
        let (feed_type, name) = match root.feed_type {
            FeedType::PersonalWorkspace => (root.feed_type, "Orchestrator Personal Workspace Feed".to_owned()),
            FeedType::FolderHierarchy => (root.feed_type, format!("Orchestrator {} Feed", root.display_name)),
            _ => return None,
        };
        Some(Self {
            kind: PackageKind::Process,
            key: Some(root.key),
            folder: Some(root.id),
            public_id: root.key,
            feed_type,
            name,
        })
    }

    /// Whether the caller may do something in it: `Packages` and `Libraries` count for the tenant's feeds, `FolderPackages` in the root
    /// folder for the others.
    pub fn allows(&self, rights: &Rights, deed: Deed) -> Result<bool, Error> {
        let subject = match (self.kind, self.folder) {
            (PackageKind::Library, _) => "Libraries",
            (PackageKind::Process, None) => "Packages",
            (PackageKind::Process, Some(_)) => "FolderPackages",
        };
        let requirement = Requirement::parse(&format!("{subject}.{}", deed.name())).map_err(Error::internal)?;
        Ok(rights.allow(&requirement, self.folder))
    }
}

/// The feed a caller means, if it may do there what it wants to.
///
/// # Errors
/// 404 (1694) for a feed that does not exist or that the caller may not see, 403 where only the right to the deed is missing.
pub async fn chosen(
    access: &Access,
    tenant: &TenantRef,
    rights: &Rights,
    kind: PackageKind,
    wanted: Option<Uuid>,
    deed: Deed,
) -> Result<Feed, Error> {
    let own = Feed::of_tenant(tenant, kind);
    let feed = match wanted {
        None => Some(own),
        Some(id) if id == own.public_id => Some(own),
        Some(_) if kind == PackageKind::Library => None,
        Some(id) => {
            let tree = access.tree(tenant.id).await?;
            let root = tree.find(&web::FolderSelector::Key(id));
            root.filter(|root| root.parent_id.is_none()).and_then(Feed::of_folder)
        }
    };
    let feed = feed.ok_or_else(no_such_feed)?;
    if feed.allows(rights, deed)? {
        return Ok(feed);
    }
    if feed.folder.is_some() && !feed.allows(rights, Deed::View)? {
        return Err(no_such_feed());
    }
    Err(Error::forbidden())
}

/// The feed of a request's parameter `feedId`.
pub(crate) async fn of_request(request: &Request, kind: PackageKind, deed: Deed) -> Result<Feed, Error> {
    let wanted = request.parse::<Uuid>("feedId")?;
    let access = request.state::<Access>()?;
    chosen(&access, request.tenant()?, &request.rights, kind, wanted, deed).await
}

/// The feeds of processes in which the caller may look, the tenant's first.
pub(crate) async fn visible(access: &Access, tenant: &TenantRef, rights: &Rights) -> Result<Vec<Feed>, Error> {
    let tree = access.tree(tenant.id).await?;
    let mut feeds = Vec::new();
    for feed in std::iter::once(Feed::of_tenant(tenant, PackageKind::Process))
        .chain(tree.children(None).filter_map(Feed::of_folder))
    {
        if feed.allows(rights, Deed::View)? {
            feeds.push(feed);
        }
    }
    Ok(feeds)
}

pub(crate) fn no_such_feed() -> Error {
    Error::missing(
        codes::INACCESSIBLE_FEED,
        "The feed does not exist or the user does not have access to it.",
    )
}

/// A feed as clients list it.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    name: String,
    id: Uuid,
    purpose: &'static str,
}

impl Listed {
    fn of(feed: Feed) -> Self {
        Self {
            name: feed.name,
            id: feed.public_id,
            purpose: match feed.kind {
                PackageKind::Process => "Processes",
                PackageKind::Library => "Libraries",
            },
        }
    }
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::orchestrator(Method::GET, "/api/PackageFeeds/GetFeeds", "PackageFeeds_GetFeeds")
            .summary("The feeds of processes in which the caller may look.")
            .scope("OR.Execution.Read")
            .answers_json::<Vec<Listed>>(200, "PackageFeeds")
            .handler(list),
        Operation::orchestrator(
            Method::GET,
            "/api/PackageFeeds/GetLibraryFeeds",
            "PackageFeeds_GetLibraryFeeds",
        )
        .summary("The feeds of libraries in which the caller may look.")
        .scope("OR.Execution.Read")
        .answers_json::<Vec<Listed>>(200, "PackageFeeds")
        .handler(list_libraries),
    ]
}

async fn list(request: Request) -> Result<Response, Error> {
    let access = request.state::<Access>()?;
    let feeds = visible(&access, request.tenant()?, &request.rights).await?;
    Reply::ok().json(&feeds.into_iter().map(Listed::of).collect::<Vec<_>>())
}

async fn list_libraries(request: Request) -> Result<Response, Error> {
    let feed = Feed::of_tenant(request.tenant()?, PackageKind::Library);
    let mut feeds = Vec::new();
    if feed.allows(&request.rights, Deed::View)? {
        feeds.push(Listed::of(feed));
    }
    Reply::ok().json(&feeds)
}

/// Packages as contents of folders: those in the feeds of root folders.
pub(crate) struct Contents;

impl access::folders::contents::Contents for Contents {
    fn kind(&self) -> &'static str {
        "Packages"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let mut count = 0;
        for feed in feeds_of(scope, folders)? {
            count += scope.count::<PackageVersion>(
                "kind = ? and feed = ? and latest = 1",
                params![PackageKind::Process, feed],
            )?;
        }
        Ok(count)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        for feed in feeds_of(scope, folders)? {
            service::clear(scope, ctx, &feed)?;
        }
        Ok(())
    }
}

fn feeds_of(scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<Vec<String>, Error> {
    let found = scope.get_many::<Folder>(folders)?;
    let roots = found.iter().filter_map(Feed::of_folder);
    Ok(roots.map(|feed| service::feed_text(feed.key)).collect())
}

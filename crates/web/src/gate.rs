//! The questions the guard asks. The capability crates answer; `web` knows neither accounts nor folders.

use std::sync::Arc;

use context::{Caller, Error, Rights};
use uuid::Uuid;

use crate::{Future, Request};

/// A tenant the caller may address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRef {
    /// Internal id; `Id` on the wire (int32).
    pub id: i64,
    pub key: Uuid,
    pub name: Arc<str>,
    pub organization: Uuid,
}

/// The folder a request works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRef {
    pub id: i64,
    pub key: Uuid,
    /// Names from the root joined by `/`.
    pub path: Arc<str>,
}

/// How a client named a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderSelector {
    Id(i64),
    Key(Uuid),
    /// `Shared/Finance`; compared without regard to case.
    Path(String),
}

/// Answers about callers, tenants, folders and rights. Implementations cache; a question on the hot path costs no query.
pub trait Gatekeeper: Send + Sync {
    /// The caller behind a bearer token; 401 when it is not good (any more).
    fn bearer<'a>(&'a self, request: &'a Request, token: &'a str) -> Future<'a, Result<Caller, Error>>;

    /// The caller behind the session cookie; anonymous when there is none.
    fn session<'a>(&'a self, request: &'a Request) -> Future<'a, Result<Caller, Error>>;

    /// The organization named by URL name or GUID, if it exists and is active.
    fn organization<'a>(&'a self, name: &'a str) -> Future<'a, Result<Option<Uuid>, Error>>;

    /// The active tenant of `organization` by name or GUID; without a name its only or first one.
    fn tenant<'a>(&'a self, organization: Uuid, name: Option<&'a str>) -> Future<'a, Result<Option<TenantRef>, Error>>;

    /// The folder, if it exists in the tenant.
    fn folder<'a>(
        &'a self,
        tenant: &'a TenantRef,
        selector: &'a FolderSelector,
    ) -> Future<'a, Result<Option<FolderRef>, Error>>;

    /// What role assignments give the caller in the tenant.
    fn rights<'a>(&'a self, caller: &'a Caller, tenant: &'a TenantRef) -> Future<'a, Result<Rights, Error>>;

    /// Whether the caller is a member of the organization's Administrators.
    fn is_administrator<'a>(&'a self, caller: &'a Caller) -> Future<'a, Result<bool, Error>>;

    /// Whether browsers may call from this origin: that of a redirect address of a non-confidential application.
    fn allows_origin<'a>(&'a self, origin: &'a str) -> Future<'a, Result<bool, Error>>;

    /// A scope of the caller's token opened an operation: for statistics. Must be quick and cannot fail.
    fn used_scope(&self, _ctx: &context::Ctx, _scope: &'static str) {}

    /// The frame (navigation, switchers, folder tree) around a console page.
    fn frame<'a>(
        &'a self,
        request: &'a Request,
        title: &'a str,
        active: &'a str,
    ) -> Future<'a, Result<ui::Frame, Error>>;
}

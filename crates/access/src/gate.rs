//! Answers to the guard's questions.

use std::sync::Arc;

use context::{Caller, Error, Rights};
use uuid::Uuid;
use web::{FolderRef, FolderSelector, Future, Gatekeeper, Request, TenantRef};

use crate::Access;

/// The guard's source of answers: accounts say who, identity what tokens are worth, and this crate what may be done.
pub struct Gate {
    access: Arc<Access>,
}

impl Gate {
    pub fn new(access: Arc<Access>) -> Arc<Self> {
        Arc::new(Self { access })
    }
}

impl Gatekeeper for Gate {
    fn bearer<'a>(&'a self, request: &'a Request, token: &'a str) -> Future<'a, Result<Caller, Error>> {
        Box::pin(async move {
            match self.access.bearers.of(token) {
                Some(bearer) => bearer.caller(request, token).await?.ok_or_else(Error::unauthenticated),
                None => self.access.identity.bearer(request, token).await,
            }
        })
    }

    fn session<'a>(&'a self, request: &'a Request) -> Future<'a, Result<Caller, Error>> {
        Box::pin(self.access.accounts.session_caller(request))
    }

    fn organization<'a>(&'a self, name: &'a str) -> Future<'a, Result<Option<Uuid>, Error>> {
        Box::pin(async move {
            let found = self.access.accounts.organization(name).await?;
            Ok(found
                .filter(|organization| organization.is_active)
                .map(|organization| organization.id))
        })
    }

    fn tenant<'a>(&'a self, organization: Uuid, name: Option<&'a str>) -> Future<'a, Result<Option<TenantRef>, Error>> {
        Box::pin(self.access.tenant(organization, name))
    }

    fn folder<'a>(
        &'a self,
        tenant: &'a TenantRef,
        selector: &'a FolderSelector,
    ) -> Future<'a, Result<Option<FolderRef>, Error>> {
        Box::pin(async move {
            let tree = self.access.tree(tenant.id).await?;
            Ok(tree.find(selector).map(crate::folders::model::Folder::to_ref))
        })
    }

    fn rights<'a>(&'a self, caller: &'a Caller, tenant: &'a TenantRef) -> Future<'a, Result<Rights, Error>> {
        Box::pin(self.access.rights(caller, tenant))
    }

    fn is_administrator<'a>(&'a self, caller: &'a Caller) -> Future<'a, Result<bool, Error>> {
        Box::pin(self.access.accounts.is_administrating(caller))
    }

    fn allows_origin<'a>(&'a self, origin: &'a str) -> Future<'a, Result<bool, Error>> {
        Box::pin(self.access.identity.allows_origin(origin))
    }

    fn used_scope(&self, ctx: &context::Ctx, scope: &'static str) {
        self.access.identity.used_scope(ctx, scope);
    }

    fn frame<'a>(
        &'a self,
        request: &'a Request,
        title: &'a str,
        active: &'a str,
    ) -> Future<'a, Result<ui::Frame, Error>> {
        Box::pin(crate::frame::build(&self.access, request, title, active))
    }
}

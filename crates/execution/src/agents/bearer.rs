//! The credential of a running job: it stands for the account of the robot, in one folder, until the execution is over.

use std::sync::Arc;

use access::tenants::model::Tenant as TenantRow;
use access::users::model::{TenantUser, UserType};
use access::{Access, Bearer};
use context::{Caller, Confined, Credential, Error, Principal};
use store::params;
use web::{Future, Request};

use crate::jobs::model::JobToken;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 100;
/// What a job may do follows from the roles of its account.
const SCOPE: &str = "OR.Default";

/// Knows the callers behind the tokens of running jobs.
pub struct JobBearer {
    access: Arc<Access>,
}

impl JobBearer {
    pub fn new(access: Arc<Access>) -> Arc<Self> {
        Arc::new(Self { access })
    }

    async fn find(&self, token: &str) -> Result<Option<Caller>, Error> {
        if token.len() > LONGEST {
            return Ok(None);
        }
        let hash = vault::hash_secret(token);
        let found = self
            .access
            .store
            .read_here(move |tx| {
                let Some((tenant, token)) = tx.locate::<JobToken>("hash = ?", params![hash])? else {
                    return Ok(None);
                };
                let Some((organization, row)) = tx.locate::<TenantRow>("id = ?", params![tenant.0])? else {
                    return Ok(None);
                };
                let user = tx.scope(tenant).get::<TenantUser>(token.user_id)?;
                Ok::<_, Error>(user.map(|user| (organization.0, row, token, user)))
            })
            .await?;
        let Some((organization, tenant, token, user)) = found else {
            return Ok(None);
        };
        let principal = match user.user_type {
            UserType::User | UserType::DirectoryUser => Principal::User(user.key),
            UserType::Robot | UserType::DirectoryRobot => Principal::Robot(user.key),
            UserType::DirectoryGroup | UserType::DirectoryExternalApplication => return Ok(None),
        };
        let open = self.access.accounts.organization_by_id(organization).await?;
        let account = match principal {
            Principal::User(key) => self
                .access
                .accounts
                .user(key)
                .await?
                .is_some_and(|account| account.is_active),
            _ => true,
        };
        let stands =
            user.is_active && tenant.active && account && open.is_some_and(|organization| organization.is_active);
        Ok(stands.then(|| Caller {
            principal,
            name: user.user_name.as_str().into(),
            organization: Some(organization),
            scopes: std::iter::once(SCOPE).collect(),
            credential: Credential::AccessToken,
            confined: Some(Confined {
                tenant: tenant.key,
                folder: Some(token.folder_id),
                job: Some(token.job_key),
            }),
            ..Caller::anonymous()
        }))
    }
}

impl Bearer for JobBearer {
    fn caller<'a>(&'a self, _request: &'a Request, token: &'a str) -> Future<'a, Result<Option<Caller>, Error>> {
        Box::pin(self.find(token))
    }
}

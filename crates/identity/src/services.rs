//! What API handlers and console pages ask for: units of work, and what must be forgotten after them.

use accounts::organizations::TokenPolicy;
use context::{Ctx, Error};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Identity;
use crate::clients::service::{self, Application, Created};
use crate::clients::usage::{self, UsageReport};
use crate::clients::{Changes, Creation, Generated, ScopeRef};
use crate::personal_tokens::service::{self as personal, Issued, NewToken};

impl Identity {
    /// All applications of an organization, by name.
    pub async fn applications(&self, organization: Uuid) -> Result<Vec<Application>, Error> {
        self.store
            .read(move |tx| service::list(&mut tx.organization(organization)))
            .await
    }

    /// # Errors
    /// 404.
    pub async fn application(&self, organization: Uuid, id: Uuid) -> Result<Application, Error> {
        self.store
            .read(move |tx| service::get(&mut tx.organization(organization), id))
            .await
    }

    /// Registers an application; the answer holds the only copy of its secret.
    pub async fn create_application(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        creation: Creation,
    ) -> Result<Created, Error> {
        let ctx = ctx.clone();
        let created = self
            .store
            .write(move |tx| service::create(&mut tx.organization(organization), &ctx, &creation))
            .await?;
        self.clients.forget(created.application.client.id);
        Ok(created)
    }

    /// Replaces name, redirect addresses and scopes.
    pub async fn update_application(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        id: Uuid,
        changes: Changes,
    ) -> Result<Application, Error> {
        let ctx = ctx.clone();
        let updated = self
            .store
            .write(move |tx| service::update(&mut tx.organization(organization), &ctx, id, &changes))
            .await?;
        self.clients.forget(id);
        Ok(updated)
    }

    /// Opens or closes an application.
    pub async fn set_application_enabled(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        id: Uuid,
        enabled: bool,
    ) -> Result<(), Error> {
        let ctx = ctx.clone();
        self.store
            .write(move |tx| service::set_enabled(&mut tx.organization(organization), &ctx, id, enabled))
            .await?;
        self.clients.forget(id);
        Ok(())
    }

    /// Takes scopes away from an application.
    pub async fn remove_scopes(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        id: Uuid,
        scopes: Vec<ScopeRef>,
    ) -> Result<Application, Error> {
        let ctx = ctx.clone();
        let updated = self
            .store
            .write(move |tx| service::remove_scopes(&mut tx.organization(organization), &ctx, id, &scopes))
            .await?;
        self.clients.forget(id);
        Ok(updated)
    }

    /// Deletes an application with all it was granted.
    pub async fn delete_application(&self, ctx: &Ctx, organization: Uuid, id: Uuid) -> Result<(), Error> {
        let ctx = ctx.clone();
        self.store
            .write(move |tx| service::delete(&mut tx.organization(organization), &ctx, id))
            .await?;
        self.clients.forget(id);
        Ok(())
    }

    /// Makes a secret; the answer holds the only copy of its value.
    pub async fn generate_secret(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        id: Uuid,
        description: String,
        expires_at: Option<Timestamp>,
    ) -> Result<Generated, Error> {
        let ctx = ctx.clone();
        let generate = move |tx: &mut store::Tx| {
            service::generate_secret(&mut tx.organization(organization), &ctx, id, &description, expires_at)
        };
        let generated = self.store.write(generate).await?;
        self.clients.forget(id);
        Ok(generated)
    }

    /// Deletes a secret of the organization; with `client`, only one of that application.
    pub async fn delete_secret(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        client: Option<Uuid>,
        secret: i64,
    ) -> Result<(), Error> {
        let ctx = ctx.clone();
        let delete =
            move |tx: &mut store::Tx| service::delete_secret(&mut tx.organization(organization), &ctx, client, secret);
        let client = self.store.write(delete).await?;
        self.clients.forget(client);
        Ok(())
    }

    /// What an application did in the last `days` days.
    pub async fn application_usage(&self, organization: Uuid, id: Uuid, days: i64) -> Result<UsageReport, Error> {
        self.flush_usage().await?;
        let now = self.system().now;
        self.store
            .read(move |tx| {
                let scope = &mut tx.organization(organization);
                let application = service::get(scope, id)?;
                usage::report(scope, now, &application.client, days)
            })
            .await
    }

    /// When each application of the organization was last used.
    pub async fn applications_last_used(
        &self,
        organization: Uuid,
    ) -> Result<std::collections::HashMap<Uuid, Timestamp>, Error> {
        self.flush_usage().await?;
        self.store
            .read(move |tx| usage::last_used(&mut tx.organization(organization)))
            .await
    }

    /// The organization's rules for personal access tokens.
    async fn token_policy(&self, organization: Uuid) -> Result<TokenPolicy, Error> {
        Ok(self
            .accounts
            .require_organization(organization)
            .await?
            .settings
            .tokens
            .clone())
    }

    /// Makes a personal access token for the user; the answer holds the only copy of its value.
    pub async fn create_personal_token(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        user: Uuid,
        new: NewToken,
    ) -> Result<Issued, Error> {
        let policy = self.token_policy(organization).await?;
        let ctx = ctx.clone();
        let create =
            move |tx: &mut store::Tx| personal::create(&mut tx.organization(organization), &ctx, user, &policy, &new);
        let issued = self.store.write(create).await?;
        self.forget_personal_tokens();
        Ok(issued)
    }

    /// Gives a token of the user a new value and expiry.
    pub async fn regenerate_personal_token(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        user: Uuid,
        id: Uuid,
        expires_at: Timestamp,
    ) -> Result<Issued, Error> {
        let policy = self.token_policy(organization).await?;
        let ctx = ctx.clone();
        let regenerate = move |tx: &mut store::Tx| {
            personal::regenerate(&mut tx.organization(organization), &ctx, user, id, &policy, expires_at)
        };
        let issued = self.store.write(regenerate).await?;
        self.forget_personal_tokens();
        Ok(issued)
    }

    /// Revokes tokens of the user; of anyone where `user` is `None`.
    pub async fn revoke_personal_tokens(
        &self,
        ctx: &Ctx,
        organization: Uuid,
        user: Option<Uuid>,
        ids: Vec<Uuid>,
    ) -> Result<(), Error> {
        let ctx = ctx.clone();
        let revoke = move |tx: &mut store::Tx| {
            let scope = &mut tx.organization(organization);
            ids.iter().try_for_each(|id| personal::revoke(scope, &ctx, user, *id))
        };
        self.store.write(revoke).await?;
        self.forget_personal_tokens();
        Ok(())
    }
}

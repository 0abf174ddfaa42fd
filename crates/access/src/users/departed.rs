//! Takes principals out of tenants that the directory no longer has.
//!
//! Their tokens and sessions end with the account itself; what is cleared here is what lists would still show.

use std::time::Duration;

use context::{Ctx, Error};
use store::{Tx, params};
use uuid::Uuid;
use web::App;

use super::model::TenantUser;
use crate::audit::{self, Action, Component, Entry};
use crate::directory;
use crate::roles::assignments;
use crate::tenants::service as tenants;

/// Users looked at in one unit of work.
const CHUNK: usize = 200;

/// One look at all tenants.
pub(crate) async fn remove(app: App) -> Result<Option<Duration>, Error> {
    let all = app.store().read(tenants::everywhere).await?;
    for (organization, tenant) in all {
        let mut last = 0;
        loop {
            let (gone, next) = app
                .store()
                .read(move |tx| departed(tx, organization, tenant.id, last))
                .await?;
            if !gone.is_empty() {
                let ctx = app.system();
                app.store().write(move |tx| clear(tx, &ctx, tenant.id, &gone)).await?;
            }
            match next {
                Some(id) => last = id,
                None => break,
            }
        }
    }
    Ok(None)
}

/// Users after `last` that the directory does not know, and where to go on.
fn departed(tx: &mut Tx, organization: Uuid, tenant: i64, last: i64) -> Result<(Vec<i64>, Option<i64>), Error> {
    let condition = format!("id > ? order by id limit {CHUNK}");
    let users = tx.tenant(tenant).find::<TenantUser>(&condition, params![last])?;
    let mut gone = Vec::new();
    for user in &users {
        let found = directory::by_key(tx, organization, user.key)?;
        if !found.is_some_and(|principal| directory::is_same_kind(principal.kind, user.user_type)) {
            gone.push(user.id);
        }
    }
    let next = (users.len() == CHUNK)
        .then(|| users.last().map(|user| user.id))
        .flatten();
    Ok((gone, next))
}

fn clear(tx: &mut Tx, ctx: &Ctx, tenant: i64, gone: &[i64]) -> Result<(), Error> {
    for id in gone {
        let Some(user) = tx.tenant(tenant).get::<TenantUser>(*id)? else {
            continue;
        };
        // The last administrator of a tenant is left, even if nobody can be it any more: the record says who it was.
        let cleared = tx.attempt(|tx| assignments::remove_all(&mut tx.tenant(tenant), user.id));
        if cleared.is_err() {
            continue;
        }
        let mut scope = tx.tenant(tenant);
        crate::users::robots::service::remove(&mut scope, ctx, user.id)?;
        scope.delete::<TenantUser>(user.id)?;
        let entry = Entry::new(Component::Users, Action::Delete, "user", user.id, &user.user_name)
            .text(format!("removed {}, which the directory no longer has", user.user_name))
            .row("User", Action::Delete, &user);
        audit::record(&mut scope, ctx, entry)?;
    }
    Ok(())
}

//! The first tenant, and built-in roles that keep up with the product.

use accounts::organizations;
use context::{Ctx, Error};
use store::{Tx, params};
use uuid::Uuid;
use vault::WrappedKey;
use web::App;

use crate::roles::builtin::ROLES;
use crate::roles::catalogue;
use crate::roles::model::Role;
use crate::state::Access;
use crate::tenants::model::Tenant;
use crate::tenants::service::{self as tenants, FIRST_TENANT, NewTenant};

/// Gives the first organization its tenant, where it has none yet.
pub(crate) async fn run(app: App) -> Result<(), Error> {
    let access = app.state::<Access>()?;
    let ctx = app.system();
    let key = access.vault.new_scope_key().map_err(Error::internal)?;
    app.store().write(move |tx| first_tenant(tx, &ctx, &key)).await?;
    app.store().write(refresh_built_in_roles).await
}

fn first_tenant(tx: &mut Tx, ctx: &Ctx, key: &WrappedKey) -> Result<(), Error> {
    let Some(organization) = organizations::service::by_url_name(tx, accounts::FIRST_ORGANIZATION)? else {
        return Ok(());
    };
    // Any tenant, also one that was renamed or disabled, means that this was done before.
    if tx.organization(organization.id).exists::<Tenant>("", Vec::new())? {
        return Ok(());
    }
    let new = NewTenant {
        name: FIRST_TENANT.to_owned(),
        display_name: FIRST_TENANT.to_owned(),
    };
    tenants::provision(tx, ctx, organization.id, key, &new)?;
    Ok(())
}

/// A newer version may know more permissions; its built-in roles hold them in old tenants too.
fn refresh_built_in_roles(tx: &mut Tx) -> Result<(), Error> {
    let all: Vec<(Uuid, Tenant)> = tenants::everywhere(tx)?;
    for (_, tenant) in all {
        let mut scope = tx.tenant(tenant.id);
        for builtin in ROLES {
            let names = catalogue::names((builtin.permissions)());
            let found = scope.find_one::<Role>(
                "name_folded = ? and is_static = ?",
                params![odata::fold(builtin.name), true],
            )?;
            if let Some(mut role) = found.filter(|role| role.permissions.0 != names) {
                role.permissions.0 = names;
                scope.update(&role)?;
                scope.changed("roles", tenant.id);
            }
        }
    }
    Ok(())
}

//! What can happen to tenants (reference: access 1.1).

use accounts::groups::{self, BuiltIn};
use context::{Ctx, Error, codes, has_hidden};
use store::{Tx, params};
use uuid::Uuid;
use vault::WrappedKey;

use super::model::Tenant;
use crate::audit::{self, Action, Component, Entry};
use crate::directory;
use crate::folders::service::{self as folders, NewFolder};
use crate::permit::Permit;
use crate::roles::builtin::{
    ADMINISTRATOR, ALLOW_AUTOMATION_USER, ALLOW_FOLDER_ADMINISTRATOR, AUTOMATION_USER, FOLDER_ADMINISTRATOR,
};
use crate::roles::{assignments, model::Role, service as roles};
use crate::users::service as users;

/// Name of the tenant made at the first start.
pub const FIRST_TENANT: &str = "Default";
/// Name of the folder every new tenant has.
pub const FIRST_FOLDER: &str = "Shared";

/// What a new tenant is made from.
#[derive(Debug, Clone)]
pub struct NewTenant {
    pub name: String,
    /// The name, where it is empty.
    pub display_name: String,
}

/// A built-in group and the roles it has in a new tenant: on the tenant, and on the folder [`FIRST_FOLDER`]
/// (reference: access 3.3).
type Place = (BuiltIn, &'static [&'static str], &'static [&'static str]);
const PLACES: &[Place] = &[
    (BuiltIn::Administrators, &[ADMINISTRATOR], &[]),
    (BuiltIn::AutomationUsers, &[ALLOW_AUTOMATION_USER], &[AUTOMATION_USER]),
    (
        BuiltIn::AutomationDevelopers,
        &[ALLOW_AUTOMATION_USER, ALLOW_FOLDER_ADMINISTRATOR],
        &[AUTOMATION_USER, FOLDER_ADMINISTRATOR],
    ),
    (BuiltIn::CitizenDevelopers, &[ALLOW_AUTOMATION_USER], &[]),
    (BuiltIn::AutomationExpress, &[ALLOW_AUTOMATION_USER], &[]),
];

/// All tenants of an organization by name.
pub fn of_organization(tx: &mut Tx, organization: Uuid) -> Result<Vec<Tenant>, Error> {
    Ok(tx
        .organization(organization)
        .find::<Tenant>("true order by id", Vec::new())?)
}

/// All tenants of the installation, with their organizations.
pub fn everywhere(tx: &mut Tx) -> Result<Vec<(Uuid, Tenant)>, Error> {
    let found = tx.locate_all::<Tenant>("true order by id", Vec::new())?;
    Ok(found
        .into_iter()
        .map(|(organization, tenant)| (organization.0, tenant))
        .collect())
}

/// Makes a tenant with its roles, its first folder and the rights of the built-in groups.
///
/// `wrapped_key` is a new data key of the vault; everything secret in the tenant is sealed with it.
pub fn provision(
    tx: &mut Tx,
    ctx: &Ctx,
    organization: Uuid,
    wrapped_key: &WrappedKey,
    new: &NewTenant,
) -> Result<Tenant, Error> {
    let name = valid_name(&new.name)?;
    let display_name = match new.display_name.trim() {
        "" => name.clone(),
        text if text.chars().count() <= 128 && !has_hidden(text) => text.to_owned(),
        _ => {
            return Err(Error::field(
                "DisplayName",
                "The display name must have at most 128 characters, none of them hidden.",
            ));
        }
    };
    let mut scope = tx.organization(organization);
    if scope.exists::<Tenant>("name_folded = ?", params![odata::fold(&name)])? {
        let message = format!("A tenant with the name {name} already exists in this organization.");
        return Err(Error::conflict(codes::NAME_ALREADY_USED, message));
    }
    let mut tenant = Tenant {
        id: 0,
        key: ctx.id(),
        name,
        display_name,
        active: true,
        wrapped_key: wrapped_key.as_bytes().to_vec(),
        created_at: ctx.now,
        last_login_at: None,
    };
    tenant.id = scope.insert(&tenant)?;
    scope.changed("tenants", organization);
    furnish(tx, ctx, organization, &tenant)?;
    Ok(tenant)
}

fn furnish(tx: &mut Tx, ctx: &Ctx, organization: Uuid, tenant: &Tenant) -> Result<(), Error> {
    let all = roles::seed(&mut tx.tenant(tenant.id))?;
    let shared = NewFolder {
        display_name: FIRST_FOLDER.to_owned(),
        ..NewFolder::default()
    };
    let folder = folders::create(&mut tx.tenant(tenant.id), ctx, &Permit::everything(), &shared)?;
    let ids = |names: &[&str]| -> Vec<i64> {
        all.iter()
            .filter(|role: &&Role| names.contains(&role.name.as_str()))
            .map(|role| role.id)
            .collect()
    };
    for (group, on_tenant, on_folder) in PLACES {
        let Some(group) = groups::service::built_in(&mut tx.organization(organization), *group)? else {
            continue;
        };
        let Some(principal) = directory::by_key(tx, organization, group.id)? else {
            continue;
        };
        let mut scope = tx.tenant(tenant.id);
        let user = users::import(&mut scope, ctx, &principal)?;
        assignments::set_on_tenant(&mut scope, ctx, &user, &ids(on_tenant))?;
        if !on_folder.is_empty() {
            assignments::set_on_folder(&mut scope, ctx, &user, &folder, &ids(on_folder))?;
        }
    }
    let entry = Entry::new(Component::Tenant, Action::Create, "tenant", tenant.id, &tenant.name);
    audit::record(
        &mut tx.tenant(tenant.id),
        ctx,
        entry.row("Tenant", Action::Create, tenant),
    )
}

/// Starts with a letter, then letters, digits, `-` and `_`; 2 to 64 characters (contract schema `TenantDto`).
pub fn valid_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let mut letters = name.chars();
    let fits = letters.next().is_some_and(char::is_alphabetic)
        && letters.clone().next().is_some()
        && letters.all(|letter| letter.is_alphabetic() || letter.is_ascii_digit() || matches!(letter, '-' | '_'))
        && name.chars().count() <= 64;
    if fits {
        return Ok(name.to_owned());
    }
    let rule = "The tenant name must start with a letter and have 2 to 64 letters, digits, - or _.";
    Err(Error::field("Name", rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_name_is_a_word() {
        for good in ["Default", "a1", "Größe-2_x"] {
            assert!(valid_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1a", "-a", "a b", "a/b", &"a".repeat(65)] {
            assert!(valid_name(bad).is_err(), "{bad}");
        }
    }
}

//! Who may look into failed items (reference: queues 10).

use access::folders::tree::Tree;
use access::users::model::{TenantUser, UserType};
use context::{Error, Requirement, codes};
use store::{Tx, params};
use web::TenantRef;

/// What a reviewer may do in the folder of the item.
const RIGHT: &str = "Queues.View and Transactions.Edit";
/// Users that are looked at.
const MOST: i64 = 5_000;

/// The people who may review items of a folder, by name.
pub fn of_folder(tx: &mut Tx, tenant: &TenantRef, tree: &Tree, folder: i64) -> Result<Vec<TenantUser>, Error> {
    let users = tx.tenant(tenant.id).find::<TenantUser>(
        "user_type = ? and is_active = ? order by user_name_folded, id limit ?",
        params![UserType::DirectoryUser, true, MOST],
    )?;
    let mut found = Vec::new();
    for user in users {
        if may_review(tx, tenant, tree, folder, &user)? {
            found.push(user);
        }
    }
    Ok(found)
}

/// Checks that a user may review items of a folder.
///
/// # Errors
/// 400 with code 1853.
pub fn check(tx: &mut Tx, tenant: &TenantRef, tree: &Tree, folder: i64, user: i64) -> Result<(), Error> {
    let found = tx.tenant(tenant.id).get::<TenantUser>(user)?;
    let found = found.filter(|user| user.user_type == UserType::DirectoryUser && user.is_active);
    if let Some(found) = found
        && may_review(tx, tenant, tree, folder, &found)?
    {
        return Ok(());
    }
    Err(Error::invalid(
        codes::REVIEWER_NOT_AVAILABLE,
        format!("The user with id {user} cannot review items of this folder."),
    ))
}

fn may_review(tx: &mut Tx, tenant: &TenantRef, tree: &Tree, folder: i64, user: &TenantUser) -> Result<bool, Error> {
    let needed = Requirement::parse(RIGHT).map_err(Error::internal)?;
    Ok(access::rights_of(tx, tenant, tree, user)?.allow(&needed, Some(folder)))
}

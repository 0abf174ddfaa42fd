//! What role assignments come to (reference: access 4 and 6; identity 1.8).

use std::collections::HashMap;

use context::{Error, Grants, Level, PermissionSet};
use store::{Scoped, Tenant};

use super::assignments;
use super::model::{ON_TENANT, Role};
use crate::folders::tree::Tree;

/// The union of what these users (a principal and its groups) hold.
///
/// A role on the tenant gives its tenant permissions there and, where it is a mixed role, its folder permissions in
/// every folder. A role on a folder gives its folder permissions there and in everything below.
pub fn of_users(scope: &mut Scoped<'_, Tenant>, tree: &Tree, users: &[i64]) -> Result<Grants, Error> {
    let held = assignments::of_users(scope, users)?;
    let members = assignments::memberships(scope, users)?;
    let mut role_ids: Vec<i64> = held.iter().map(|assignment| assignment.role_id).collect();
    role_ids.sort_unstable();
    role_ids.dedup();
    let sets: HashMap<i64, PermissionSet> = scope
        .get_many::<Role>(&role_ids)?
        .into_iter()
        .map(|role| (role.id, role.set()))
        .collect();

    let mut on_folders: HashMap<i64, PermissionSet> = members
        .iter()
        .map(|member| (member.folder_id, PermissionSet::EMPTY))
        .collect();
    let (mut tenant, mut everywhere) = (PermissionSet::EMPTY, PermissionSet::EMPTY);
    for assignment in &held {
        let set = sets.get(&assignment.role_id).copied().unwrap_or_default();
        if assignment.folder_id == ON_TENANT {
            tenant = tenant.union(set.only(Level::Tenant));
            everywhere = everywhere.union(set.only(Level::Folder));
        } else {
            let on_folder = on_folders.entry(assignment.folder_id).or_default();
            *on_folder = on_folder.union(set.only(Level::Folder));
        }
    }

    let mut folders: HashMap<i64, PermissionSet> = HashMap::new();
    for (folder, set) in on_folders {
        for below in tree.subtree(folder) {
            let known = folders.entry(below.id).or_default();
            *known = known.union(set);
        }
    }
    Ok(Grants {
        tenant,
        everywhere,
        folders,
    })
}

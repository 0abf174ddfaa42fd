//! What a caller may do in one tenant.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Level, Permission, PermissionSet, Requirement};

/// Permissions that role assignments give in one tenant, groups and inheritance included.
#[derive(Debug, Default)]
pub struct Grants {
    /// Tenant-level permissions.
    pub tenant: PermissionSet,
    /// Folder-level permissions that hold in every folder (mixed roles assigned on the tenant).
    pub everywhere: PermissionSet,
    /// Folder-level permissions by folder id, those of ancestors included. A folder the caller is assigned to without
    /// any role is present with an empty set.
    pub folders: HashMap<i64, PermissionSet>,
}

/// The rights of a caller in one tenant, as the guard found them.
#[derive(Debug, Clone)]
pub enum Rights {
    /// No right at all.
    None,
    /// Organization-wide: an application scope opens every tenant and folder (reference: identity 1.8, row 3).
    Everything,
    /// What roles give.
    Granted(Arc<Grants>),
}

/// The folders a requirement is met in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    All,
    Only(Vec<i64>),
}

impl Rights {
    /// Whether `requirement` is met. Tenant-level permissions are looked up on the tenant, folder-level ones in `folder`;
    /// without a folder they are not met (unless they hold everywhere).
    pub fn allow(&self, requirement: &Requirement, folder: Option<i64>) -> bool {
        match self {
            Self::None => *requirement == Requirement::Nothing,
            Self::Everything => true,
            Self::Granted(grants) => requirement.holds(&|permission| grants.has(permission, folder)),
        }
    }

    /// Whether `requirement` is met on the tenant or in at least one folder: the test for operations that find their
    /// folder later (in the key or in the body) and check again there.
    pub fn allow_somewhere(&self, requirement: &Requirement) -> bool {
        if self.allow(requirement, None) {
            return true;
        }
        match self {
            Self::Granted(grants) => grants
                .folders
                .keys()
                .any(|folder| self.allow(requirement, Some(*folder))),
            Self::None | Self::Everything => false,
        }
    }

    /// The folders in which `requirement` is met.
    pub fn reach(&self, requirement: &Requirement) -> Reach {
        if self.allow(requirement, None) {
            return Reach::All;
        }
        let Self::Granted(grants) = self else {
            return Reach::Only(Vec::new());
        };
        let mut folders: Vec<i64> = grants
            .folders
            .keys()
            .copied()
            .filter(|folder| self.allow(requirement, Some(*folder)))
            .collect();
        folders.sort_unstable();
        Reach::Only(folders)
    }

    /// The folders the caller is assigned to, by itself or through an ancestor or group; role or not.
    pub fn assigned(&self) -> Reach {
        match self {
            Self::None => Reach::Only(Vec::new()),
            Self::Everything => Reach::All,
            Self::Granted(grants) if !grants.everywhere.is_empty() => Reach::All,
            Self::Granted(grants) => {
                let mut folders: Vec<i64> = grants.folders.keys().copied().collect();
                folders.sort_unstable();
                Reach::Only(folders)
            }
        }
    }

    /// The folders that assignments to folders open, without what roles on the tenant open everywhere.
    pub fn assigned_itself(&self) -> Vec<i64> {
        let Self::Granted(grants) = self else {
            return Vec::new();
        };
        let mut folders: Vec<i64> = grants.folders.keys().copied().collect();
        folders.sort_unstable();
        folders
    }

    /// Whether the caller is assigned to `folder`; one look-up where [`assigned`](Self::assigned) makes a list.
    pub fn is_assigned(&self, folder: i64) -> bool {
        match self {
            Self::None => false,
            Self::Everything => true,
            Self::Granted(grants) => !grants.everywhere.is_empty() || grants.folders.contains_key(&folder),
        }
    }

    /// What is left of them for a credential that is good for one folder only: the permissions in it, none on the tenant and
    /// none in other folders, those below it included.
    #[must_use]
    pub fn confined(&self, folder: i64) -> Self {
        let kept = match self {
            Self::None => return Self::None,
            Self::Everything => Some(PermissionSet::every(Level::Folder)),
            Self::Granted(grants) => {
                let own = grants.folders.get(&folder).copied();
                match own {
                    None if grants.everywhere.is_empty() => None,
                    own => Some(grants.everywhere.union(own.unwrap_or_default())),
                }
            }
        };
        Self::Granted(Arc::new(Grants {
            folders: kept.map(|set| (folder, set)).into_iter().collect(),
            ..Grants::default()
        }))
    }

    /// All permissions on the tenant, and in `folder` where one is given.
    pub fn effective(&self, folder: Option<i64>) -> PermissionSet {
        match self {
            Self::None => PermissionSet::EMPTY,
            Self::Everything => PermissionSet::every(Level::Tenant).union(PermissionSet::every(Level::Folder)),
            Self::Granted(grants) => Permission::all()
                .filter(|permission| grants.has(*permission, folder))
                .collect(),
        }
    }
}

impl Reach {
    pub fn includes(&self, folder: i64) -> bool {
        match self {
            Self::All => true,
            Self::Only(folders) => folders.binary_search(&folder).is_ok(),
        }
    }
}

impl Grants {
    fn has(&self, permission: Permission, folder: Option<i64>) -> bool {
        match permission.level() {
            Level::Tenant => self.tenant.contains(permission),
            Level::Folder => {
                self.everywhere.contains(permission)
                    || folder
                        .and_then(|id| self.folders.get(&id))
                        .is_some_and(|set| set.contains(permission))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights() -> Rights {
        let set = |name| {
            [Permission::parse(name).unwrap()]
                .into_iter()
                .collect::<PermissionSet>()
        };
        let folders = HashMap::from([(7, set("Assets.View")), (9, PermissionSet::EMPTY)]);
        Rights::Granted(Arc::new(Grants {
            tenant: set("Units.View"),
            everywhere: PermissionSet::EMPTY,
            folders,
        }))
    }

    fn check(requirement: &str, folder: Option<i64>, expected: bool) {
        assert_eq!(
            rights().allow(&Requirement::parse(requirement).unwrap(), folder),
            expected,
            "{requirement} in {folder:?}"
        );
    }

    #[test]
    fn folder_permissions_count_in_their_folder_only() {
        check("Assets.View", Some(7), true);
        check("Assets.View", Some(9), false);
        check("Assets.View", None, false);
        check("Units.View", Some(9), true);
        check("Units.View and Assets.View", Some(7), true);
    }

    #[test]
    fn confined_rights_hold_in_one_folder_and_nowhere_else() {
        let view = Requirement::parse("Assets.View").unwrap();
        let confined = rights().confined(7);
        assert!(confined.allow(&view, Some(7)));
        assert!(!confined.allow(&Requirement::parse("Units.View").unwrap(), Some(7)));
        assert_eq!(confined.assigned(), Reach::Only(vec![7]));
        assert_eq!(rights().confined(8).assigned(), Reach::Only(Vec::new()));
        let all = Rights::Everything.confined(7);
        assert!(all.allow(&view, Some(7)) && !all.allow(&view, Some(9)) && !all.allow(&view, None));
        let everywhere = Rights::Granted(Arc::new(Grants {
            everywhere: [Permission::parse("Assets.View").unwrap()].into_iter().collect(),
            ..Grants::default()
        }));
        assert_eq!(everywhere.confined(5).reach(&view), Reach::Only(vec![5]));
        assert!(everywhere.confined(5).allow(&Requirement::Nothing, None));
    }

    #[test]
    fn reach_names_the_folders() {
        assert_eq!(
            rights().reach(&Requirement::parse("Assets.View").unwrap()),
            Reach::Only(vec![7])
        );
        assert_eq!(rights().assigned(), Reach::Only(vec![7, 9]));
        assert!(rights().is_assigned(9) && !rights().is_assigned(8));
        assert_eq!(
            Rights::Everything.reach(&Requirement::parse("Assets.View").unwrap()),
            Reach::All
        );
    }
}

//! The permission catalogue: what a role can grant (reference: access, chapter 5.1).
//!
//! A permission is named `<Entity>.<Action>`. Tenant-level entities are granted by tenant roles, folder-level ones by
//! roles assigned on a folder.

/// Where a permission is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// On the tenant; `Global` on the wire.
    Tenant,
    /// On a folder; `Folder` on the wire.
    Folder,
}

/// An entity that permissions are about.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// Name on the wire (`Units`).
    pub name: &'static str,
    /// Name shown to people (`Folders`).
    pub title: &'static str,
    pub level: Level,
}

/// What may be done to a subject. The order is that of the wire's permission list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    View,
    Edit,
    Create,
    Delete,
}

impl Action {
    pub const ALL: [Self; 4] = [Self::View, Self::Edit, Self::Create, Self::Delete];

    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Edit => "Edit",
            Self::Create => "Create",
            Self::Delete => "Delete",
        }
    }
}

/// Every subject, tenant level first. The position is an index into [`PermissionSet`] and never stored.
pub const CATALOGUE: &[Subject] = &[
    Subject {
        name: "Alerts",
        title: "Alerts",
        level: Level::Tenant,
    },
    Subject {
        name: "AppVersions",
        title: "App Versions",
        level: Level::Tenant,
    },
    Subject {
        name: "Audit",
        title: "Audit",
        level: Level::Tenant,
    },
    Subject {
        name: "BackgroundTasks",
        title: "Background Tasks",
        level: Level::Tenant,
    },
    Subject {
        name: "Libraries",
        title: "Libraries",
        level: Level::Tenant,
    },
    Subject {
        name: "License",
        title: "License",
        level: Level::Tenant,
    },
    Subject {
        name: "Machines",
        title: "Machines",
        level: Level::Tenant,
    },
    Subject {
        name: "MLLogs",
        title: "ML Logs",
        level: Level::Tenant,
    },
    Subject {
        name: "MLPackages",
        title: "ML Packages",
        level: Level::Tenant,
    },
    Subject {
        name: "MLSkills",
        title: "ML Skills",
        level: Level::Tenant,
    },
    Subject {
        name: "Packages",
        title: "Packages",
        level: Level::Tenant,
    },
    Subject {
        name: "Robots",
        title: "Robots",
        level: Level::Tenant,
    },
    Subject {
        name: "Roles",
        title: "Roles",
        level: Level::Tenant,
    },
    Subject {
        name: "Settings",
        title: "Settings",
        level: Level::Tenant,
    },
    Subject {
        name: "SolutionDeployments",
        title: "Solution Deployments",
        level: Level::Tenant,
    },
    Subject {
        name: "SolutionPackages",
        title: "Solution Packages",
        level: Level::Tenant,
    },
    Subject {
        name: "Tags",
        title: "Tags",
        level: Level::Tenant,
    },
    Subject {
        name: "ActionDesign",
        title: "Action Design",
        level: Level::Tenant,
    },
    Subject {
        name: "Units",
        title: "Folders",
        level: Level::Tenant,
    },
    Subject {
        name: "Users",
        title: "Users",
        level: Level::Tenant,
    },
    Subject {
        name: "Webhooks",
        title: "Webhooks",
        level: Level::Tenant,
    },
    Subject {
        name: "TaskAssignment",
        title: "Action Assignment",
        level: Level::Folder,
    },
    Subject {
        name: "TaskSelfAssignment",
        title: "Action Self Assignment",
        level: Level::Folder,
    },
    Subject {
        name: "TaskCatalogs",
        title: "Action Catalogs",
        level: Level::Folder,
    },
    Subject {
        name: "Tasks",
        title: "Actions",
        level: Level::Folder,
    },
    Subject {
        name: "Assets",
        title: "Assets",
        level: Level::Folder,
    },
    Subject {
        name: "BusinessRules",
        title: "Business Rules",
        level: Level::Folder,
    },
    Subject {
        name: "Environments",
        title: "Environments",
        level: Level::Folder,
    },
    Subject {
        name: "ExecutionMedia",
        title: "Execution Media",
        level: Level::Folder,
    },
    Subject {
        name: "FolderPackages",
        title: "Folder Packages",
        level: Level::Folder,
    },
    Subject {
        name: "Jobs",
        title: "Jobs",
        level: Level::Folder,
    },
    Subject {
        name: "RemoteControl",
        title: "Live Stream and Remote Control",
        level: Level::Folder,
    },
    Subject {
        name: "Logs",
        title: "Logs",
        level: Level::Folder,
    },
    Subject {
        name: "Monitoring",
        title: "Monitoring",
        level: Level::Folder,
    },
    Subject {
        name: "Processes",
        title: "Processes",
        level: Level::Folder,
    },
    Subject {
        name: "Queues",
        title: "Queues",
        level: Level::Folder,
    },
    Subject {
        name: "Buckets",
        title: "Storage Buckets",
        level: Level::Folder,
    },
    Subject {
        name: "BlobFiles",
        title: "Storage Files",
        level: Level::Folder,
    },
    Subject {
        name: "SubFolders",
        title: "Subfolders",
        level: Level::Folder,
    },
    Subject {
        name: "TestCaseExecutionArtifacts",
        title: "Test Case Execution Artifacts",
        level: Level::Folder,
    },
    Subject {
        name: "TestDataQueueItems",
        title: "Test Data Queue Items",
        level: Level::Folder,
    },
    Subject {
        name: "TestDataQueues",
        title: "Test Data Queues",
        level: Level::Folder,
    },
    Subject {
        name: "TestSets",
        title: "Test Sets",
        level: Level::Folder,
    },
    Subject {
        name: "TestSetExecutions",
        title: "Test Set Executions",
        level: Level::Folder,
    },
    Subject {
        name: "TestSetSchedules",
        title: "Test Set Schedules",
        level: Level::Folder,
    },
    Subject {
        name: "Transactions",
        title: "Transactions",
        level: Level::Folder,
    },
    Subject {
        name: "Schedules",
        title: "Triggers",
        level: Level::Folder,
    },
];

/// One permission of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission(u16);

impl Permission {
    /// Looks `Assets.View` up. Names are compared without regard to case.
    pub fn parse(name: &str) -> Option<Self> {
        let (subject, action) = name.split_once('.')?;
        let subject = CATALOGUE
            .iter()
            .position(|candidate| candidate.name.eq_ignore_ascii_case(subject))?;
        let action = Action::ALL
            .iter()
            .position(|candidate| candidate.name().eq_ignore_ascii_case(action))?;
        Some(Self((subject * 4 + action) as u16))
    }

    /// The permission to do `action` to the subject at `index` of [`CATALOGUE`].
    pub const fn at(index: usize, action: Action) -> Self {
        Self((index * 4 + action as usize) as u16)
    }

    /// All permissions, in catalogue order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..CATALOGUE.len() as u16 * 4).map(Self)
    }

    pub fn subject(self) -> &'static Subject {
        &CATALOGUE[usize::from(self.0 / 4)]
    }

    pub fn action(self) -> Action {
        Action::ALL[usize::from(self.0 % 4)]
    }

    pub fn level(self) -> Level {
        self.subject().level
    }

    /// `Assets.View`
    pub fn name(self) -> String {
        format!("{}.{}", self.subject().name, self.action().name())
    }
}

const WORDS: usize = (CATALOGUE.len() * 4).div_ceil(64);

/// A set of permissions; a few machine words.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet([u64; WORDS]);

impl PermissionSet {
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Every permission of `level`.
    pub fn every(level: Level) -> Self {
        Permission::all()
            .filter(|permission| permission.level() == level)
            .collect()
    }

    pub fn contains(&self, permission: Permission) -> bool {
        let index = usize::from(permission.0);
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    pub fn insert(&mut self, permission: Permission) {
        let index = usize::from(permission.0);
        self.0[index / 64] |= 1 << (index % 64);
    }

    pub fn union(self, other: Self) -> Self {
        let mut words = self.0;
        for (word, more) in words.iter_mut().zip(other.0) {
            *word |= more;
        }
        Self(words)
    }

    /// The part of the set that `level` decides.
    pub fn only(self, level: Level) -> Self {
        self.iter().filter(|permission| permission.level() == level).collect()
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        Permission::all().filter(|permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::EMPTY;
        permissions.into_iter().for_each(|permission| set.insert(permission));
        set
    }
}

impl std::fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_found_by_its_own_name() {
        for permission in Permission::all() {
            assert_eq!(Permission::parse(&permission.name()), Some(permission));
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let view = Permission::parse("assets.VIEW").unwrap();
        let edit = Permission::parse("Assets.Edit").unwrap();
        let set: PermissionSet = [view].into_iter().collect();
        assert!(set.contains(view) && !set.contains(edit));
        assert_eq!(set.only(Level::Tenant), PermissionSet::EMPTY);
    }
}

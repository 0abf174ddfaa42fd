//! The roles every tenant has (reference: access 6.1 and 6.2).

use context::{Action, CATALOGUE, Level, Permission, PermissionSet};

use super::model::RoleType;

/// A built-in role.
pub struct Builtin {
    pub name: &'static str,
    pub role_type: RoleType,
    pub permissions: fn() -> PermissionSet,
}

/// Opens the tenant and all its folders.
pub const ADMINISTRATOR: &str = "Administrator";
pub const FOLDER_ADMINISTRATOR: &str = "Folder Administrator";
pub const ALLOW_FOLDER_ADMINISTRATOR: &str = "Allow to be Folder Administrator";
pub const WORKSPACE_ADMINISTRATOR: &str = "Personal Workspace Administrator";
pub const AUTOMATION_USER: &str = "Automation User";
pub const ALLOW_AUTOMATION_USER: &str = "Allow to be Automation User";

/// All built-in roles. None of them can be edited or deleted.
pub const ROLES: &[Builtin] = &[
    Builtin {
        name: ADMINISTRATOR,
        role_type: RoleType::Mixed,
        permissions: administrator,
    },
    Builtin {
        name: "Orchestrator Administrator",
        role_type: RoleType::Tenant,
        permissions: orchestrator_administrator,
    },
    Builtin {
        name: ALLOW_FOLDER_ADMINISTRATOR,
        role_type: RoleType::Tenant,
        permissions: allow_folder_administrator,
    },
    Builtin {
        name: FOLDER_ADMINISTRATOR,
        role_type: RoleType::Folder,
        permissions: folder_administrator,
    },
    Builtin {
        name: ALLOW_AUTOMATION_USER,
        role_type: RoleType::Tenant,
        permissions: allow_automation_user,
    },
    Builtin {
        name: AUTOMATION_USER,
        role_type: RoleType::Folder,
        permissions: automation_user,
    },
    Builtin {
        name: "Allow to be Automation Publisher",
        role_type: RoleType::Tenant,
        permissions: allow_publisher,
    },
    Builtin {
        name: "Automation Publisher",
        role_type: RoleType::Folder,
        permissions: publisher,
    },
    Builtin {
        name: "Allow to be Automation Developer",
        role_type: RoleType::Tenant,
        permissions: allow_developer,
    },
    Builtin {
        name: "Automation Developer",
        role_type: RoleType::Folder,
        permissions: developer,
    },
    Builtin {
        name: WORKSPACE_ADMINISTRATOR,
        role_type: RoleType::Folder,
        permissions: workspace_administrator,
    },
];

fn administrator() -> PermissionSet {
    let tenant = read(
        "Alerts VEC; AppVersions VECD; Audit V; BackgroundTasks V; Libraries VECD; License V; Machines VECD; MLLogs VECD; \
         Packages VECD; Robots VECD; Roles VECD; Settings VECD; SolutionDeployments VECD; SolutionPackages VECD; Tags VECD; \
         ActionDesign VECD; Units VECD; Users VECD; Webhooks VECD",
    );
    tenant.union(PermissionSet::every(Level::Folder))
}

fn orchestrator_administrator() -> PermissionSet {
    read(
        "ActionDesign VECD; Alerts VECD; AppVersions VECD; Audit VECD; Libraries VECD; License VECD; Machines VECD; \
         Packages VECD; Robots VECD; Roles VECD; Settings VECD; SolutionDeployments VECD; SolutionPackages VECD; Tags VECD; \
         Units VECD; Users VECD; Webhooks VECD; BackgroundTasks V",
    )
}

fn allow_folder_administrator() -> PermissionSet {
    read("Machines V; Packages V; Libraries V; License V; Robots V; Roles V; Users V; Settings V; Alerts V; Webhooks V")
}

fn folder_administrator() -> PermissionSet {
    PermissionSet::every(Level::Folder)
}

fn allow_automation_user() -> PermissionSet {
    read("Alerts VC; Libraries V; License V; Machines V; Packages V; Settings V; Webhooks V; BackgroundTasks VECD")
}

fn automation_user() -> PermissionSet {
    read(
        "Assets V; BlobFiles VEC; Buckets V; BusinessRules V; Environments V; ExecutionMedia C; FolderPackages V; Jobs VC; \
         Logs C; Processes V; Queues V; Transactions VEC; Tasks VC; TaskCatalogs V; TestDataQueues V; \
         TestDataQueueItems VEC; TestSets V; TestSetExecutions VC",
    )
}

fn allow_publisher() -> PermissionSet {
    allow_automation_user().union(read("Packages C; Libraries C"))
}

fn publisher() -> PermissionSet {
    automation_user().union(read("FolderPackages C; Processes EC"))
}

fn allow_developer() -> PermissionSet {
    allow_publisher().union(read("Machines V; Robots V"))
}

fn developer() -> PermissionSet {
    publisher().union(read(
        "Assets ECD; Buckets ECD; BlobFiles D; Queues ECD; Schedules VECD; Jobs E; Logs V; Monitoring V; Tasks E; \
         TaskCatalogs EC; TestCaseExecutionArtifacts VECD; TestDataQueueItems VECD; TestDataQueues VECD; TestSets VECD; \
         TestSetExecutions VECD; TestSetSchedules VECD",
    ))
}

fn workspace_administrator() -> PermissionSet {
    folder_administrator()
        .iter()
        .filter(|permission| permission.subject().name != "SubFolders")
        .collect()
}

/// Reads `Assets VEC; Jobs V`. Names that the catalogue lacks give nothing; a test sees to it that there are none.
fn read(text: &str) -> PermissionSet {
    text.split(';').filter_map(entry).flatten().collect()
}

fn entry(text: &str) -> Option<Vec<Permission>> {
    let (name, letters) = text.trim().split_once(' ')?;
    let index = CATALOGUE.iter().position(|subject| subject.name == name)?;
    let action = |letter| match letter {
        'V' => Some(Action::View),
        'E' => Some(Action::Edit),
        'C' => Some(Action::Create),
        'D' => Some(Action::Delete),
        _ => None,
    };
    Some(
        letters
            .trim()
            .chars()
            .filter_map(action)
            .map(|action| Permission::at(index, action))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::catalogue;

    #[test]
    fn built_in_roles_hold_only_what_their_type_can_hold() {
        for role in ROLES {
            let set = (role.permissions)();
            assert!(!set.is_empty(), "{}", role.name);
            assert_eq!(catalogue::part_for(role.role_type, set), set, "{}", role.name);
        }
    }

    #[test]
    fn a_short_form_names_its_permissions() {
        assert_eq!(
            catalogue::names(read("Assets VE; Jobs D")),
            ["Assets.View", "Assets.Edit", "Jobs.Delete"]
        );
        for subject in [
            "Environments",
            "TestCaseExecutionArtifacts",
            "Monitoring",
            "FolderPackages",
            "Schedules",
        ] {
            assert_eq!(read(&format!("{subject} V")).iter().count(), 1, "{subject}");
        }
    }
}

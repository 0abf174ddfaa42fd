//! What a machine object is (reference: execution 7.3).

use access::tags::{self, Tag};
use access::users::model::UpdatePolicy;
use jiff::Timestamp;
use odata::{EntityType, Enumeration as _, Kind, Property};
use store::{Json, Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-001-machines",
    sql: "
        create table machines (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            license_key {uuid} not null,
            name text not null,
            name_folded text not null,
            description text,
            type bigint not null,
            scope bigint not null,
            unattended_slots bigint not null,
            non_production_slots bigint not null,
            headless_slots bigint not null,
            test_automation_slots bigint not null,
            automation_type bigint not null,
            target_framework bigint not null,
            tags text not null,
            robot_users text not null,
            disabled_runtimes text not null,
            update_policy bigint not null,
            update_version text,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint
        );
        create index machines_tenant on machines (tenant_id, id);
        create unique index machines_name on machines (tenant_id, name_folded);
        create unique index machines_key on machines (tenant_id, key);
        create unique index machines_license_key on machines (license_key);

        create table machine_folders (
            id {id},
            tenant_id bigint not null,
            machine_id bigint not null references machines (id),
            folder_id bigint not null,
            inherited_below {bool} not null
        );
        create unique index machine_folders_pair on machine_folders (tenant_id, machine_id, folder_id);
        create index machine_folders_folder on machine_folders (tenant_id, folder_id);
    ",
};

odata::enumeration! {
    /// What a runtime may be used for (reference: execution 2).
    pub enum RuntimeType: "MachineRuntimeDtoType" {
        NonProduction = 0, Attended = 1, Unattended = 2, Development = 3, StudioX = 4, Headless = 5, StudioPro = 6,
        TestAutomation = 7, AutomationCloud = 8, Serverless = 9, AutomationKit = 10, ServerlessTestAutomation = 11,
        AutomationCloudTestAutomation = 12, AttendedStudioWeb = 13, Hosting = 14, AssistantWeb = 15,
        ProcessOrchestration = 16, AgentService = 17, AppTest = 18, PerformanceTest = 19,
    }
}
odata::enumeration! {
    /// One host, or a template that any number of hosts connect with.
    pub enum MachineType: "MachineDtoType" { Standard = 0, Template = 1 }
}
odata::enumeration! {
    pub enum MachineScope: "MachineDtoScope" {
        Default = 0, Shared = 1, PersonalWorkspace = 2, Cloud = 3, Serverless = 4, AutomationCloudRobot = 5,
        ElasticRobot = 6, ProcessOrchestration = 7, AgentService = 8,
    }
}
odata::enumeration! {
    /// Which jobs a machine takes.
    pub enum AutomationType: "MachineDtoAutomationType" { Any = 0, Foreground = 1, Background = 2 }
}
odata::enumeration! {
    pub enum MachineFramework: "MachineDtoTargetFramework" { Any = 0, Windows = 1, Portable = 2 }
}

entity! {
    /// A machine object. Contract schema `MachineDto`.
    pub struct Machine in Tenant, table "machines", as "MachineDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        /// The client id of its hosts.
        pub license_key: Uuid = "LicenseKey",
        pub name: String = "Name" folded "name_folded" max 450,
        pub description: Option<String> = "Description" max 500,
        pub machine_type: MachineType = "Type" column "type",
        pub scope: MachineScope = "Scope",
        pub unattended_slots: i32 = "UnattendedSlots",
        pub non_production_slots: i32 = "NonProductionSlots",
        pub headless_slots: i32 = "HeadlessSlots",
        pub test_automation_slots: i32 = "TestAutomationSlots",
        pub automation_type: AutomationType = "AutomationType",
        pub target_framework: MachineFramework = "TargetFramework",
        pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
        /// Ids of the robots that may use it (account-machine mapping); empty: all.
        pub robot_users: Json<Vec<i64>>,
        /// Numbers of the runtime types that are switched off.
        pub disabled_runtimes: Json<Vec<i64>>,
        pub update_policy: UpdatePolicy,
        pub update_version: Option<String>,
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub modified_at: Option<Timestamp> = "LastModificationTime",
        pub modifier_id: Option<i64> = "LastModifierUserId",
    }
    computed {
        "HostingSlots": i32,
        "AppTestSlots": i32,
        "PerformanceTestSlots": i32,
        "AutomationCloudSlots": i32,
        "AutomationCloudTestAutomationSlots": i32,
        "EndpointDetectionStatus": String,
        "RobotVersions": Option<String> kind Kind::Collection(&Kind::Complex(robot_version)),
        "RobotUsers": Option<String> kind Kind::Collection(&Kind::Complex(robot_user)),
        "ServerlessLicensingModel": Option<String>,
        "UpdatePolicy": Option<String> kind Kind::Complex(update_policy),
        "ClientSecret": Option<String>,
        "MaintenanceWindow": Option<String> kind Kind::Dynamic,
        "VpnSettings": Option<String> kind Kind::Dynamic,
        "UpdateInfo": Option<String> kind Kind::Dynamic,
    }
}

/// The model of `MachinesRobotVersionDto`: how many sessions of a machine run which version.
fn robot_version() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "MachinesRobotVersionDto",
        key: None,
        properties: &[
            Property::computed("Count", Kind::Int64),
            Property::computed("Version", Kind::String),
            Property::computed("MachineId", Kind::Int64),
        ],
        navigations: &[],
    };
    &MODEL
}

/// The model of `RobotUserDto`: an account that may use a machine.
fn robot_user() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "RobotUserDto",
        key: None,
        properties: &[
            Property::computed("UserName", Kind::String),
            Property::computed("RobotId", Kind::Int64),
            Property::computed("HasTriggers", Kind::Boolean),
        ],
        navigations: &[],
    };
    &MODEL
}

/// The model of `UpdatePolicyDto`.
fn update_policy() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "UpdatePolicyDto",
        key: None,
        properties: &[
            Property::computed("Type", Kind::Enum(UpdatePolicy::TYPE)),
            Property::computed("SpecificVersion", Kind::String).max_length(128),
        ],
        navigations: &[],
    };
    &MODEL
}

entity! {
    /// A machine that jobs of a folder may use.
    pub struct MachineFolder in Tenant, table "machine_folders" {
        #[key] pub id: i64,
        pub machine_id: i64,
        pub folder_id: i64,
        /// Jobs of the folders below may use it too.
        pub inherited_below: bool,
    }
}

impl Machine {
    /// The runtime types that machines offer, as the contract knows slots for them and this server runs jobs on them.
    pub const RUNTIMES: [RuntimeType; 4] = [
        RuntimeType::Unattended,
        RuntimeType::NonProduction,
        RuntimeType::Headless,
        RuntimeType::TestAutomation,
    ];

    /// Whether the account with this robot may use the machine (account-machine mapping).
    pub fn takes(&self, robot: i64) -> bool {
        self.robot_users.0.is_empty() || self.robot_users.0.contains(&robot)
    }

    /// Slots of this runtime type, switched off or not.
    pub fn registered_slots(&self, runtime: RuntimeType) -> i32 {
        match runtime {
            RuntimeType::Unattended => self.unattended_slots,
            RuntimeType::NonProduction => self.non_production_slots,
            RuntimeType::Headless => self.headless_slots,
            RuntimeType::TestAutomation => self.test_automation_slots,
            _ => 0,
        }
    }

    /// Whether the runtime type is switched on (reference: execution 7.7).
    pub fn is_enabled(&self, runtime: RuntimeType) -> bool {
        !self.disabled_runtimes.0.contains(&runtime.number())
    }

    /// Jobs of this runtime type that one connected host runs at the same time.
    pub fn slots(&self, runtime: RuntimeType) -> i32 {
        if self.is_enabled(runtime) {
            self.registered_slots(runtime)
        } else {
            0
        }
    }
}

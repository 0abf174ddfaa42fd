//! What a process is: a package version deployed into a folder, with defaults for its jobs (reference: execution 4.2). The contract calls
//! it a release.

use access::tags::{self, Tag};
use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Source::Computed};
use serde::{Deserialize, Serialize};
use store::{Json, Migration, entity};
use uuid::Uuid;

use crate::jobs::model::JobPriority;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-003-processes",
    sql: "
        create table releases (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            folder_id bigint not null,
            name text not null,
            name_folded text not null,
            description text,
            package_id text not null,
            package_folded text not null,
            package_version text not null,
            feed_id {uuid},
            version_id bigint not null,
            package_version_id bigint not null,
            entry_point text,
            entry_point_id bigint,
            has_entry_points {bool} not null,
            is_compiled {bool} not null,
            is_conversational {bool} not null,
            min_robot_version text,
            input text,
            environment text,
            process_type bigint not null,
            target_framework bigint not null,
            requires_user_interaction {bool} not null,
            is_attended {bool} not null,
            auto_update {bool} not null,
            hidden_for_attended {bool} not null,
            priority bigint not null,
            remote_control bigint not null,
            settings text not null,
            video text not null,
            resource_overwrites text,
            idea_url text,
            tags text not null,
            final_action bigint not null,
            final_period bigint not null,
            stale_action bigint not null,
            stale_period bigint not null,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint
        );
        create unique index releases_key on releases (tenant_id, key);
        create unique index releases_name on releases (tenant_id, folder_id, name_folded);
        create index releases_package on releases (tenant_id, package_folded);
        create index releases_folder on releases (tenant_id, folder_id, id);

        create table release_versions (
            id {id},
            tenant_id bigint not null,
            release_id bigint not null,
            package_version text not null,
            release_name text not null,
            created_at bigint not null
        );
        create index release_versions_release on release_versions (tenant_id, release_id, id);

        create table release_remains (
            release_id bigint primary key,
            tenant_id bigint not null,
            folder_id bigint not null,
            final_action bigint not null,
            final_period bigint not null,
            stale_action bigint not null,
            stale_period bigint not null
        );
        create table release_retention_days (
            release_id bigint primary key,
            tenant_id bigint not null,
            day bigint not null
        );
        create view release_retention as
            select r.id * 2 as id, r.tenant_id, r.folder_id, r.id as release_id, r.final_action as action,
                r.final_period as period, cast(0 as bigint) as type
            from releases r
            union all
            select r.id * 2 + 1, r.tenant_id, r.folder_id, r.id, r.stale_action, r.stale_period, cast(1 as bigint)
            from releases r;
    ",
};

odata::enumeration! {
    pub enum ProcessType: "ReleaseDtoProcessType" {
        Undefined = 0, Process = 1, ProcessOrchestration = 2, WebApp = 3, Agent = 4, TestAutomationProcess = 5, Api = 6,
        MCPServer = 7, BusinessRules = 8, CaseManagement = 9,
    }
}
odata::enumeration! {
    pub enum TargetFramework: "ReleaseDtoTargetFramework" { Legacy = 0, Windows = 1, Portable = 2 }
}
odata::enumeration! {
    pub enum RemoteControlAccess: "ReleaseDtoRemoteControlAccess" { None = 0, ReadOnly = 1, Full = 2 }
}

odata::enumeration! {
    /// What happens to jobs whose time is over.
    pub enum RetentionAction: "BaseRetentionSettingDtoAction" { Delete = 0, Archive = 1, None = 2 }
}
odata::enumeration! {
    /// Which jobs a retention setting is about: those that are over, or those that never end.
    pub enum RetentionType: "BaseRetentionSettingDtoType" { Final = 0, Stale = 1 }
}
odata::enumeration! {
    /// Which runs are filmed.
    pub enum Filmed: "VideoRecordingSettingsDtoVideoRecordingType" { None = 0, Failed = 1, All = 2 }
}

/// How jobs of a process run. Contract schema `ProcessSettingsDto`, with the defaults of execution 4.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessSettings {
    /// Screenshots are kept of the time before a fault.
    pub error_recording_enabled: bool,
    /// Seconds that are kept.
    pub duration: i32,
    /// Milliseconds between two screenshots.
    pub frequency: i32,
    /// Percent.
    pub quality: i32,
    pub auto_start_process: bool,
    pub always_running: bool,
    pub autopilot_for_robots: Option<Autopilot>,
    pub agent_settings: Option<AgentSettings>,
}

impl Default for ProcessSettings {
    fn default() -> Self {
        Self {
            error_recording_enabled: false,
            duration: 40,
            frequency: 500,
            quality: 100,
            auto_start_process: false,
            always_running: false,
            autopilot_for_robots: None,
            agent_settings: None,
        }
    }
}

/// `AutopilotForRobotsSettingsDto`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Autopilot {
    pub enabled: bool,
    pub healing_enabled: bool,
}

/// `AgentSettings`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AgentSettings {
    pub memory: bool,
}

/// Contract schema `VideoRecordingSettingsDto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VideoSettings {
    pub video_recording_type: Filmed,
    pub queue_item_video_recording_type: Filmed,
    pub max_duration_seconds: i32,
}

impl Default for VideoSettings {
    fn default() -> Self {
        Self {
            video_recording_type: Filmed::None,
            queue_item_video_recording_type: Filmed::None,
            max_duration_seconds: 180,
        }
    }
}

entity! {
    /// A process. Contract schema `ReleaseDto`, with the retention members of newer clients.
    pub struct Release in Tenant, table "releases", as "ReleaseDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub folder_id: i64 = "OrganizationUnitId",
        pub name: String = "Name" folded "name_folded" max 255,
        pub description: Option<String> = "Description",
        pub package_id: String = "ProcessKey" folded "package_folded",
        pub package_version: String = "ProcessVersion",
        /// The folder feed the package is in; `None`: the tenant's.
        pub feed_id: Option<Uuid> = "FeedId",
        /// The current row of `release_versions`.
        pub version_id: i64,
        /// The version in the feed.
        pub package_version_id: i64,
        /// `None`: the main entry point.
        pub entry_point: Option<String> = "EntryPointPath",
        /// The entry point in the package, where it names its entry points.
        pub entry_point_id: Option<i64> = "EntryPointId",
        pub has_entry_points: bool = "SupportsMultipleEntryPoints",
        pub is_compiled: bool = "IsCompiled",
        pub is_conversational: bool = "IsConversational",
        pub min_robot_version: Option<String> = "MinRequiredRobotVersion",
        /// Default arguments, JSON text of an object.
        pub input: Option<String> = "InputArguments",
        pub environment: Option<String> = "EnvironmentVariables",
        pub process_type: ProcessType = "ProcessType",
        pub target_framework: TargetFramework = "TargetFramework",
        pub requires_user_interaction: bool = "RequiresUserInteraction",
        pub is_attended: bool = "IsAttended",
        pub auto_update: bool = "AutoUpdate",
        pub hidden_for_attended: bool = "HiddenForAttendedUser",
        /// 1 to 100.
        pub priority: i32 = "SpecificPriorityValue",
        pub remote_control: RemoteControlAccess = "RemoteControlAccess",
        pub settings: Json<ProcessSettings> = "ProcessSettings" kind Kind::Complex(settings_model),
        pub video: Json<VideoSettings> = "VideoRecordingSettings" kind Kind::Complex(video_model),
        /// JSON text of `[ResourceOverwriteDto]`
        pub resource_overwrites: Option<String>,
        pub idea_url: Option<String> = "AutomationHubIdeaUrl",
        pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
        pub final_action: RetentionAction = "RetentionAction",
        /// Days.
        pub final_period: i32 = "RetentionPeriod",
        pub stale_action: RetentionAction = "StaleRetentionAction",
        /// Days.
        pub stale_period: i32 = "StaleRetentionPeriod",
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub modified_at: Option<Timestamp> = "LastModificationTime",
        pub modifier_id: Option<i64> = "LastModifierUserId",
    }
    computed {
        "JobPriority": JobPriority =
            sql "(case when {t}.priority >= 61 then 2 when {t}.priority <= 30 then 0 else 1 end)",
        "IsLatestVersion": bool,
        "IsProcessDeleted": bool,
        "Arguments": Option<String> kind Kind::Complex(arguments_model),
        "FolderKey": Option<Uuid>,
        "OrganizationUnitFullyQualifiedName": Option<String>,
        "RobotSize": Option<String>,
        "ResourceOverwrites": Option<String> kind Kind::Collection(&Kind::Dynamic),
        "RetentionBucketId": Option<i64>,
        "StaleRetentionBucketId": Option<i64>,
    }
    navigation {
        "CurrentVersion": one of ReleaseVersion as cv on "cv.id = {t}.version_id",
        "ReleaseVersions": collection of ReleaseVersion as rv on "rv.release_id = {t}.id",
        "EntryPoint": one of model entry_point_model,
    }
}

fn entry_point_model() -> &'static EntityType {
    <packages::model::EntryPoint as store::Entity>::model()
}

/// `ArgumentMetadata`
fn arguments_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ArgumentMetadata",
        key: None,
        properties: &[
            Property::computed("Input", Kind::String),
            Property::computed("Output", Kind::String),
        ],
        navigations: &[],
    };
    &MODEL
}

fn settings_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ProcessSettingsDto",
        key: None,
        properties: &[
            Property::new("ErrorRecordingEnabled", Kind::Boolean, Computed),
            Property::new("Duration", Kind::Int32, Computed),
            Property::new("Frequency", Kind::Int32, Computed),
            Property::new("Quality", Kind::Int32, Computed),
            Property::new("AutoStartProcess", Kind::Boolean, Computed),
            Property::new("AlwaysRunning", Kind::Boolean, Computed),
            Property::computed("AutopilotForRobots", Kind::Complex(autopilot_model)),
            Property::computed("AgentSettings", Kind::Complex(agent_model)),
        ],
        navigations: &[],
    };
    &MODEL
}

fn autopilot_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "AutopilotForRobotsSettingsDto",
        key: None,
        properties: &[
            Property::new("Enabled", Kind::Boolean, Computed),
            Property::new("HealingEnabled", Kind::Boolean, Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

fn agent_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "AgentSettings",
        key: None,
        properties: &[Property::new("Memory", Kind::Boolean, Computed)],
        navigations: &[],
    };
    &MODEL
}

fn video_model() -> &'static EntityType {
    use odata::Enumeration as _;
    static MODEL: EntityType = EntityType {
        name: "VideoRecordingSettingsDto",
        key: None,
        properties: &[
            Property::new("VideoRecordingType", Kind::Enum(Filmed::TYPE), Computed),
            Property::new("QueueItemVideoRecordingType", Kind::Enum(Filmed::TYPE), Computed),
            Property::new("MaxDurationSeconds", Kind::Int32, Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

entity! {
    /// A package version that a process had. Contract schema `ReleaseVersionDto`.
    pub struct ReleaseVersion in Tenant, table "release_versions", as "ReleaseVersionDto" {
        #[key] pub id: i64 = "Id",
        pub release_id: i64 = "ReleaseId",
        pub package_version: String = "VersionNumber",
        pub release_name: String = "ReleaseName",
        pub created_at: Timestamp = "CreationTime",
    }
}

entity! {
    /// How long jobs of a kind are kept, two rows for each process. Contract schema `ReleaseRetentionSettingDto`.
    pub struct RetentionSetting in Tenant, table "release_retention", as "ReleaseRetentionSettingDto" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub release_id: i64 = "ReleaseId",
        pub action: RetentionAction = "Action",
        /// Days.
        pub period: i32 = "Period",
        pub of: RetentionType = "Type" column "type",
    }
    computed {
        "BucketId": Option<i64>,
    }
}

/// The model of `ReleaseRetentionSettingDto`. Its key is the process's, as the contract has it, although a process has two settings.
pub fn retention_setting() -> &'static EntityType {
    static MODEL: std::sync::LazyLock<EntityType> = std::sync::LazyLock::new(|| {
        let row = <RetentionSetting as store::Entity>::model();
        EntityType {
            name: row.name,
            key: Some("ReleaseId"),
            properties: row.properties,
            navigations: row.navigations,
        }
    });
    &MODEL
}

entity! {
    /// What a deleted process leaves behind: how long its jobs are kept.
    pub struct Remains in Tenant, table "release_remains" {
        #[key] pub release_id: i64,
        pub folder_id: i64,
        pub final_action: RetentionAction,
        pub final_period: i32,
        pub stale_action: RetentionAction,
        pub stale_period: i32,
    }
}

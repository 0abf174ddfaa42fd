//! The tenant's audit log, as it is kept.

use jiff::Timestamp;
use store::Migration;

use crate::users::model::UserType;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-005-audit",
    sql: "
        create table audit_logs (
            id {id},
            tenant_id bigint not null,
            service_name text not null,
            method_name text not null,
            parameters text,
            executed_at bigint not null,
            action bigint not null,
            component bigint not null,
            display_name text,
            display_name_folded text,
            entity_id bigint,
            operation_text text not null,
            operation_text_folded text not null,
            user_name text,
            user_name_folded text,
            user_type bigint not null,
            external_client_id text,
            user_id bigint
        );
        create index audit_logs_newest on audit_logs (tenant_id, executed_at);
        create index audit_logs_component on audit_logs (tenant_id, component, executed_at);
        create table audit_log_entities (
            id {id},
            tenant_id bigint not null,
            audit_log_id bigint not null,
            custom_data text not null,
            entity_id bigint,
            entity_name text not null,
            action bigint not null
        );
        create index audit_log_entities_log on audit_log_entities (tenant_id, audit_log_id);
        create table exports (
            id {id},
            tenant_id bigint not null,
            name text not null,
            export_type bigint not null,
            status bigint not null,
            requested_at bigint not null,
            executed_at bigint,
            size bigint,
            owner {uuid} not null,
            content {blob} not null
        );
        create index exports_requested on exports (tenant_id, requested_at);
    ",
};

odata::enumeration! {
    /// The part of the product an entry is about.
    pub enum Component: "AuditLogDtoComponent" {
        Unknown = 0, Assets = 1, Environments = 2, Processes = 3, Queues = 4, Robots = 5, Roles = 6, Schedules = 7,
        Users = 8, Comments = 9, Units = 10, Jobs = 11, Settings = 12, Packages = 13, License = 14, Tenant = 15,
        Machines = 16, Libraries = 17, Webhooks = 18, ExecutionMedia = 19, Monitoring = 20, CredentialStores = 21,
        DefaultCredentialStores = 22, TaskCatalogs = 23, Tasks = 24, Maintenance = 25, Folders = 26,
        DirectoryService = 27, Buckets = 28, Secrets = 29, PersonalWorkspaces = 30, CloudSubscriptions = 31,
        CloudSnapshots = 32, Sessions = 33, CredentialsProxies = 34, StudioWeb = 35, AutomationSolutions = 36,
        RemoteControl = 37, TaskSolutions = 38, TaskDefinitions = 39, HttpTriggers = 40, AutopilotForRobotsData = 41,
        BusinessRules = 42, IntegrationTriggers = 43, JobAttachments = 44, TestSets = 45, TestSetSchedules = 46,
        TestDataQueues = 47, TestDataQueueItems = 48,
    }
}
odata::enumeration! {
    /// What was done.
    pub enum Action: "AuditLogDtoAction" {
        Unknown = 0, Create = 1, Update = 2, Delete = 3, StartJob = 4, StopJob = 5, Associate = 6, Upload = 7,
        ChangeStatus = 8, Import = 9, ChangePassword = 10, Register = 11, Toggle = 12, ResetPassword = 13,
        PasswordResetAttempt = 14, Download = 15, Acknowledge = 16, Activate = 17, Assign = 18, BulkUpload = 19,
        UpdateFeature = 20, ResumeJob = 21, Start = 22, End = 23, Skip = 24, Unassign = 25, Deactivate = 26,
        CreateBlobFileSas = 27, DeleteBlobFile = 28, Move = 29, Set = 30, StartDelete = 31, ExploreStart = 32,
        ExploreEnd = 33, Save = 34, Convert = 35, Forward = 36, BulkComplete = 37, BulkSave = 38, ForceStopJob = 39,
        MigrateFolder = 40, EditTaskMetadata = 41, Archive = 42, StartMigrateFolders = 43,
        ToggleUserFolderSubscription = 44, StartUninstall = 45, StartInstall = 46, VideoAccess = 47,
        AutomaticallyExploreEnd = 48, InstallState = 49, FinishInstall = 50, FinishUninstall = 51,
    }
}
store::entity! {
    /// An entry of the audit log. Contract schema `AuditLogDto`.
    #[derive(PartialEq)]
    pub struct AuditLog in Tenant, table "audit_logs", as "AuditLogDto" {
        #[key] pub id: i64 = "Id",
        pub service_name: String = "ServiceName",
        pub method_name: String = "MethodName",
        /// JSON of the arguments, without secrets.
        pub parameters: Option<String> = "Parameters",
        pub executed_at: Timestamp = "ExecutionTime",
        pub action: Action = "Action",
        pub component: Component = "Component",
        pub display_name: Option<String> = "DisplayName" folded "display_name_folded",
        pub entity_id: Option<i64> = "EntityId",
        pub operation_text: String = "OperationText" folded "operation_text_folded",
        pub user_name: Option<String> = "UserName" folded "user_name_folded",
        pub user_type: UserType = "UserType",
        pub external_client_id: Option<String> = "ExternalClientId",
        pub user_id: Option<i64> = "UserId",
        pub user_is_deleted: bool = "UserIsDeleted"
            sql "{t}.user_id is not null and not exists (select 1 from tenant_users u where u.id = {t}.user_id)",
    }
    navigation {
        "Entities": collection of AuditEntity as e on "e.audit_log_id = {t}.id",
    }
}

store::entity! {
    /// Something that an audited action touched. Contract schema `AuditLogEntityDto`.
    #[derive(PartialEq)]
    pub struct AuditEntity in Tenant, table "audit_log_entities", as "AuditLogEntityDto" {
        #[key] pub id: i64 = "Id",
        pub audit_log_id: i64 = "AuditLogId",
        /// JSON of the stored entity, without secrets.
        pub custom_data: String = "CustomData",
        pub entity_id: Option<i64> = "EntityId",
        pub entity_name: String = "EntityName",
        pub action: Action = "Action",
    }
}

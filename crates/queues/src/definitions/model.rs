//! What a queue is: entities, enumerations and the types inside them.

use std::sync::LazyLock;

use access::tags::{self, Tag};
use jiff::Timestamp;
use odata::EntityType;
use store::{Entity as _, Json, entity};
use uuid::Uuid;

odata::enumeration! {
    /// What happens to items whose time is over.
    pub enum RetentionAction: "QueueRetentionSettingDtoAction" { Delete = 0, Archive = 1, None = 2 }
}
odata::enumeration! {
    /// Which items a retention setting is about: finished ones, or those that were never taken.
    pub enum RetentionType: "QueueRetentionSettingDtoType" { Final = 0, Stale = 1 }
}

macro_rules! queue_row {
    ($(#[$doc:meta])* $name:ident, $table:tt, { $($more:tt)* }) => {
        entity! {
            $(#[$doc])*
            pub struct $name in Tenant, table $table, as "QueueDefinitionDto" {
                #[key] pub id: i64 = "Id",
                pub key: Uuid = "Key",
                pub name: String = "Name" folded "name_folded" max 50,
                pub description: Option<String> = "Description" max 250,
                pub max_retries: i32 = "MaxNumberOfRetries",
                pub retry_failed: bool = "AcceptAutomaticallyRetry",
                pub retry_abandoned: bool = "RetryAbandonedItems",
                pub unique_references: bool = "EnforceUniqueReference",
                pub encrypted: bool = "Encrypted",
                /// Which JSON schemas there are, see [`Schemas`](super::schemas).
                pub schemas: i64,
                pub sla_minutes: i32 = "SlaInMinutes",
                pub risk_sla_minutes: i32 = "RiskSlaInMinutes",
                pub release_id: Option<i64> = "ReleaseId",
                pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
                pub folders_count: i32 = "FoldersCount"
                    sql "select count(*) from queue_folders c where c.queue_id = {t}.id",
                pub final_action: RetentionAction = "RetentionAction",
                pub final_period: i32 = "RetentionPeriod",
                pub stale_action: RetentionAction = "StaleRetentionAction",
                pub stale_period: i32 = "StaleRetentionPeriod",
                /// Grows with every change: what was checked against an older state is checked again.
                pub version: i64,
                pub created_at: Timestamp = "CreationTime",
                pub deleted_at: Option<Timestamp>,
                $($more)*
            }
            computed {
                "SpecificDataJsonSchema": Option<String>,
                "OutputDataJsonSchema": Option<String>,
                "AnalyticsDataJsonSchema": Option<String>,
                "ProcessScheduleId": Option<i64>,
                "IsProcessInCurrentFolder": Option<bool>,
                "OrganizationUnitId": Option<i64>,
                "OrganizationUnitFullyQualifiedName": Option<String>,
                "RetentionBucketId": Option<i64>,
                "StaleRetentionBucketId": Option<i64>,
            }
        }
    };
}

queue_row! {
    /// A queue. Contract schema `QueueDefinitionDto`; the retention members are known to newer clients only.
    Queue, "queues", {}
}

queue_row! {
    /// A queue as a folder's list reads it.
    FolderQueue, "folder_queues", {
        pub folder_id: i64,
    }
}

entity! {
    /// The JSON schemas of a queue, as they were given.
    pub struct QueueSchemas in Tenant, table "queue_schemas" {
        #[key] pub queue_id: i64 = "QueueDefinitionId",
        pub specific: Option<String>,
        pub output: Option<String>,
        pub analytics: Option<String>,
    }
}

entity! {
    /// How long items of a kind are kept in a queue, as a folder's list reads it: two rows for each queue. Contract schema
    /// `QueueRetentionSettingDto`.
    pub struct RetentionSetting in Tenant, table "folder_queue_retention", as "QueueRetentionSettingDto" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub queue_id: i64 = "QueueDefinitionId",
        pub action: RetentionAction = "Action",
        /// Days.
        pub period: i32 = "Period",
        pub of: RetentionType = "Type" column "type",
    }
    computed {
        "BucketId": Option<i64>,
    }
}

/// The model of `QueueRetentionSettingDto`. Its key is the queue's, as the contract has it, although a queue has two settings.
pub fn retention_setting() -> &'static EntityType {
    static MODEL: LazyLock<EntityType> = LazyLock::new(|| {
        let row = RetentionSetting::model();
        EntityType {
            name: row.name,
            key: Some("QueueDefinitionId"),
            properties: row.properties,
            navigations: row.navigations,
        }
    });
    &MODEL
}

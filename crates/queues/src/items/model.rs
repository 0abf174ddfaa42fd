//! What an item is: entities, enumerations and the types inside them.

use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Scalar as _};
use serde::{Deserialize, Serialize};
use store::entity;
use uuid::Uuid;

use crate::definitions::model::Queue;

odata::enumeration! {
    /// Where an item stands (reference: queues 7).
    pub enum Status: "QueueItemDtoStatus" {
        New = 0,
        InProgress = 1,
        Failed = 2,
        Successful = 3,
        Abandoned = 4,
        /// Failed, and tried again by a row of its own.
        Retried = 5,
        Deleted = 6,
    }
}
odata::enumeration! {
    /// What came of looking at a failed item.
    pub enum ReviewStatus: "QueueItemDtoReviewStatus" { None = 0, InReview = 1, Verified = 2, Retried = 3 }
}
odata::enumeration! {
    /// How early an item is taken among those without deadline, or with the same one.
    pub enum Priority: "QueueItemDtoPriority" { High = 0, Normal = 1, Low = 2 }
}
odata::enumeration! {
    /// Whose fault a failure is: that of the machinery, which trying again may help, or of the item.
    pub enum ExceptionType: "QueueItemDtoProcessingExceptionType" { ApplicationException = 0, BusinessException = 1 }
}
odata::enumeration! {
    /// What a line of an item's history tells.
    pub enum EventAction: "QueueItemEventDtoAction" { Create = 0, Edit = 1, Delete = 2, Status = 3, Retry = 4 }
}

/// Why an item failed. Contract schema `ProcessingExceptionDto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingException {
    pub reason: Option<String>,
    pub details: Option<String>,
    #[serde(rename = "Type")]
    pub of: ExceptionType,
    pub associated_image_file_path: Option<String>,
    pub creation_time: Timestamp,
}

macro_rules! item_row {
    ($(#[$doc:meta])* $name:ident, $table:tt, { $($more:tt)* }) => {
        entity! {
            $(#[$doc])*
            #[derive(PartialEq)]
            pub struct $name in Tenant, table $table, as "QueueItemDto" {
                #[key] pub id: i64 = "Id",
                pub queue_id: i64 = "QueueDefinitionId",
                /// The same for all attempts.
                pub key: Uuid = "Key",
                /// That of this attempt.
                pub unique_key: Uuid = "UniqueKey",
                pub status: Status = "Status",
                pub review_status: ReviewStatus = "ReviewStatus",
                pub reviewer_id: Option<i64> = "ReviewerUserId",
                pub priority: Priority = "Priority",
                pub encrypted: bool = "Encrypted",
                pub reference: Option<String> = "Reference" folded "reference_folded" max 128,
                /// The folded reference, where no other live item of the queue may have it.
                pub unique_reference: Option<String>,
                pub exception_type: Option<ExceptionType> = "ProcessingExceptionType",
                pub due_at: Option<Timestamp> = "DueDate",
                pub risk_at: Option<Timestamp> = "RiskSlaDate",
                pub defer_at: Option<Timestamp> = "DeferDate",
                /// The place in line, see [`Item::rank`]; null while it cannot be taken.
                pub ready_rank: Option<i64>,
                pub robot_id: Option<i64> = "RobotId",
                pub creator_job: Option<Uuid> = "CreatorJobKey",
                pub executor_job: Option<Uuid> = "ExecutorJobKey",
                pub started_at: Option<Timestamp> = "StartProcessing",
                pub ended_at: Option<Timestamp> = "EndProcessing",
                pub seconds_before: i32 = "SecondsInPreviousAttempts",
                pub ancestor_id: Option<i64> = "AncestorId",
                pub ancestor_key: Option<Uuid> = "AncestorUniqueKey",
                pub retry_number: i32 = "RetryNumber",
                pub manual_ancestor_id: Option<i64> = "ManualAncestorId",
                pub manual_ancestor_key: Option<Uuid> = "ManualAncestorUniqueKey",
                pub manual_retry_number: i32 = "ManualRetryNumber",
                pub created_at: Timestamp = "CreationTime",
                pub created_by: Option<i64>,
                pub touched_at: Timestamp,
                pub progress: Option<String> = "Progress",
                pub version: i64,
                pub parent_operation: Option<String> = "ParentOperationId",
                pub operation: Option<String> = "OperationId",
                pub source: Option<String>,
                /// Bytes of what it carries.
                pub size: i64,
                $($more)*
            }
            computed {
                "SpecificContent": Option<String> kind Kind::Dynamic,
                "SpecificData": Option<String>,
                "Output": Option<String> kind Kind::Dynamic,
                "OutputData": Option<String>,
                "Analytics": Option<String> kind Kind::Dynamic,
                "AnalyticsData": Option<String>,
                "ProcessingException": Option<String> kind Kind::Complex(processing_exception),
                "Error": Option<String> kind Kind::Complex(item_error),
                "RowVersion": Option<Vec<u8>>,
                "HasVideoRecorded": bool,
                "OrganizationUnitFullyQualifiedName": Option<String>,
            }
            navigation {
                "QueueDefinition": one of Queue as q on "q.id = {t}.queue_id",
                "ReviewerUser": one of access::users::model::TenantUser as u on "u.id = {t}.reviewer_id",
                "Robot": one of access::users::robots::SimpleRobot as r on "r.id = {t}.robot_id",
            }
        }
    };
}

item_row! {
    /// One attempt at a piece of work. Contract schema `QueueItemDto`.
    Item, "queue_items", {}
}

item_row! {
    /// An item as it is seen in one folder; in several folders it is seen as often.
    FolderItem, "folder_queue_items", {
        pub folder_id: i64 = "OrganizationUnitId",
    }
}

impl Item {
    /// The place in line: items with a deadline first, then by priority (reference: queues 6.1). Within a place the earlier
    /// deadline comes first, then the older item.
    pub fn rank(&self) -> i64 {
        odata::Enumeration::number(self.priority) + if self.due_at.is_some() { 0 } else { 3 }
    }

    /// `RowVersion`: the version as 8 bytes, the highest first, in Base64.
    pub fn row_version(version: i64) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(version.to_be_bytes())
    }
}

entity! {
    /// What an item carries: JSON texts, sealed and in Base64 where the item is encrypted.
    #[derive(PartialEq)]
    pub struct ItemData in Tenant, table "queue_item_data" {
        #[key] pub item_id: i64 = "Id",
        #[secret] pub specific: String,
        #[secret] pub output: Option<String>,
        #[secret] pub analytics: Option<String>,
        /// JSON of a [`ProcessingException`].
        #[secret] pub exception: Option<String>,
    }
}

entity! {
    /// A line of an item's history. Contract schema `QueueItemEventDto`.
    #[derive(PartialEq)]
    pub struct ItemEvent in Tenant, table "queue_item_events", as "QueueItemEventDto" {
        #[key] pub id: i64 = "Id",
        pub item_id: i64 = "QueueItemId",
        pub queue_id: i64,
        pub item_key: Uuid,
        pub happened_at: Timestamp = "Timestamp",
        pub action: EventAction = "Action",
        /// JSON of what changed.
        pub data: Option<String> = "Data",
        pub user_id: Option<i64> = "UserId",
        pub user_name: Option<String> = "UserName" sql "select u.user_name from tenant_users u where u.id = {t}.user_id",
        pub status: Status = "Status",
        pub review_status: ReviewStatus = "ReviewStatus",
        pub reviewer_id: Option<i64> = "ReviewerUserId",
        pub reviewer_name: Option<String> = "ReviewerUserName"
            sql "select u.user_name from tenant_users u where u.id = {t}.reviewer_id",
        pub client: Option<String> = "ExternalClientId",
    }
}

entity! {
    /// A remark on an item. Contract schema `QueueItemCommentDto`.
    #[derive(PartialEq)]
    pub struct ItemComment in Tenant, table "queue_item_comments", as "QueueItemCommentDto" {
        #[key] pub id: i64 = "Id",
        pub text: String = "Text" max 512,
        pub item_id: i64 = "QueueItemId",
        pub queue_id: i64,
        pub item_key: Uuid,
        pub created_at: Timestamp = "CreationTime",
        /// The principal that wrote it; nobody else may change it.
        pub author: Uuid,
        pub user_id: Option<i64> = "UserId",
        pub user_name: String = "UserName",
    }
}

entity! {
    /// The item that a call with an idempotency key got.
    pub struct ItemKey in Tenant, table "queue_item_keys" {
        #[key] pub id: i64,
        pub caller: Uuid,
        pub key: String,
        /// SHA-256 of what the call asked for.
        pub request: Vec<u8>,
        pub item_id: i64,
        pub used_at: Timestamp,
    }
}

/// The model of `ProcessingExceptionDto`.
pub fn processing_exception() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ProcessingExceptionDto",
        key: None,
        properties: &[
            Property::computed("Reason", Kind::String),
            Property::computed("Details", Kind::String),
            Property::computed("Type", ExceptionType::KIND),
            Property::computed("AssociatedImageFilePath", Kind::String),
            Property::computed("CreationTime", Kind::DateTime),
        ],
        navigations: &[],
    };
    &MODEL
}

fn item_error() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "QueueItemErrorDto",
        key: None,
        properties: &[
            Property::computed("Code", Kind::String),
            Property::computed("Title", Kind::String),
            Property::computed("Detail", Kind::String),
            Property::computed("Category", Kind::String),
            Property::computed("Status", Kind::Int32),
            Property::computed("Timestamp", Kind::DateTime),
        ],
        navigations: &[],
    };
    &MODEL
}

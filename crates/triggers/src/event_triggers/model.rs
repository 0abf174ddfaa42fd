//! What an event trigger is.

use access::tags::{self, Tag};
use execution::machines::model::RuntimeType;
use jiff::Timestamp;
use store::{Json, Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "triggers-005-events",
    sql: "
        create table event_triggers (
            key {uuid} primary key,
            tenant_id bigint not null,
            folder_id bigint not null,
            name text not null,
            name_folded text not null,
            description text,
            enabled {bool} not null,
            release_id bigint not null,
            release_key {uuid} not null,
            api_trigger_type bigint not null,
            is_connected {bool} not null,
            external_reference text,
            job_count bigint not null,
            priority bigint,
            runtime_type bigint,
            input text,
            tags text not null,
            properties text not null,
            created_at bigint not null
        );
        create unique index event_triggers_name on event_triggers (tenant_id, folder_id, name_folded);
        create index event_triggers_folder on event_triggers (tenant_id, folder_id, key);
        create index event_triggers_release on event_triggers (tenant_id, release_id);
    ",
};

odata::enumeration! {
    pub enum ApiTriggerType: "ApiTriggerDtoApiTriggerType" { Manual = 0, IntegrationTrigger = 1, AutomationOpsPipelines = 2 }
}

entity! {
    /// An event trigger. Schema `ApiTriggerDto` of clients; not in the contract.
    pub struct EventTrigger in Tenant, table "event_triggers", as "ApiTriggerDto" {
        #[key] pub key: Uuid = "Id",
        pub folder_id: i64,
        pub name: String = "Name" folded "name_folded" max 255,
        pub description: Option<String> = "Description",
        pub enabled: bool = "Enabled",
        pub release_id: i64,
        pub release_key: Uuid = "ReleaseKey",
        pub api_trigger_type: ApiTriggerType = "ApiTriggerType",
        pub is_connected: bool = "IsConnected",
        pub external_reference: Option<String> = "ExternalReference",
        pub job_count: i32 = "JobCount",
        /// 1 to 100; `None`: that of the process.
        pub priority: Option<i32> = "JobPriority",
        pub runtime_type: Option<RuntimeType> = "RuntimeType",
        pub input: Option<String> = "InputArguments",
        pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
        /// Which event of which connection starts it.
        pub properties: Json<serde_json::Map<String, serde_json::Value>> = "Properties",
        pub created_at: Timestamp = "CreationTime",
    }
    computed {
        "Key": Uuid = sql "{t}.key",
        "Type": Option<String>,
    }
}

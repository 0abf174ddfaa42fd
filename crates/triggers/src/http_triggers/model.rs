//! What an API trigger is, and a call that is answered later.

use access::tags::{self, Tag};
use execution::jobs::model::StopStrategy;
use execution::machines::model::RuntimeType;
use execution::processes::model::{RemoteControlAccess, TargetFramework};
use jiff::Timestamp;
use store::{Json, Migration, entity};
use uuid::Uuid;

use crate::launch::Target;
use crate::schedules::model::{Reason, TARGETS};

pub(crate) const MIGRATION: Migration = Migration {
    id: "triggers-004-http",
    sql: "
        create table http_triggers (
            key {uuid} primary key,
            tenant_id bigint not null,
            folder_id bigint not null,
            name text not null,
            name_folded text not null,
            description text,
            enabled {bool} not null,
            release_id bigint not null,
            release_key {uuid} not null,
            release_name text not null,
            release_name_folded text not null,
            entry_point text,
            slug text not null,
            slug_folded text not null,
            method bigint not null,
            calling_mode bigint not null,
            success_url text,
            failure_url text,
            callback_mode bigint not null,
            secret {blob},
            allow_insecure_ssl {bool} not null,
            run_as_me {bool} not null,
            run_as_caller {bool} not null,
            run_as bigint,
            job_count bigint not null,
            priority bigint,
            runtime_type bigint,
            target_framework bigint,
            requires_user_interaction {bool},
            machine_robots text not null,
            input text,
            same_context {bool} not null,
            remote_control bigint,
            tags text not null,
            stop_by bigint,
            stop_after bigint,
            kill_after bigint,
            alert_pending_after bigint,
            alert_running_after bigint,
            failures_threshold bigint,
            grace_hours bigint,
            external_reference text not null,
            enabled_at bigint not null,
            faulted_at bigint,
            disabled_by bigint,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint
        );
        create unique index http_triggers_name on http_triggers (tenant_id, folder_id, name_folded);
        create unique index http_triggers_slug on http_triggers (tenant_id, folder_id, slug_folded, method);
        create index http_triggers_folder on http_triggers (tenant_id, folder_id, key);
        create index http_triggers_release on http_triggers (tenant_id, release_id);

        create table trigger_calls (
            id {id},
            tenant_id bigint not null,
            trigger_key {uuid} not null,
            folder_id bigint not null,
            job_key {uuid} not null,
            caller {uuid},
            created_at bigint not null,
            callback bigint not null,
            attempts bigint not null,
            due_at bigint
        );
        create unique index trigger_calls_job on trigger_calls (tenant_id, job_key);
        create index trigger_calls_waiting on trigger_calls (tenant_id, id) where callback = 1;
        create index trigger_calls_due on trigger_calls (due_at) where due_at is not null;
        create index trigger_calls_created on trigger_calls (created_at);
        create index jobs_of_trigger on jobs (tenant_id, trigger_key, id) where trigger_key is not null;
    ",
};

odata::enumeration! {
    pub enum TriggerMethod: "HttpTriggerDtoMethod" { Get = 0, Post = 1, Put = 2, Delete = 3 }
}
odata::enumeration! {
    /// How a call is answered.
    pub enum CallingMode: "HttpTriggerDtoCallingMode" {
        AsyncRequestReply = 0, AsyncCallback = 1, LongPolling = 2, FireAndForget = 3,
    }
}
odata::enumeration! {
    /// After which ends of a job a callback is sent.
    pub enum CallbackMode: "HttpTriggerDtoCallbackMode" { Disabled = 0, OnSuccess = 1, OnFailure = 2, OnAny = 3 }
}
odata::enumeration! {
    /// Where a callback is on its way.
    pub enum Callback: "TriggerCallback" { None = 0, Waiting = 1, Due = 2, Sent = 3, GivenUp = 4 }
}

entity! {
    /// An API trigger. Schema `HttpTriggerDto` of clients; not in the contract.
    pub struct HttpTrigger in Tenant, table "http_triggers", as "HttpTriggerDto" {
        #[key] pub key: Uuid = "Id",
        pub folder_id: i64,
        pub name: String = "Name" folded "name_folded" max 255,
        pub description: Option<String> = "Description" max 512,
        pub enabled: bool = "Enabled",
        pub release_id: i64,
        pub release_key: Uuid = "ReleaseKey",
        /// As it was when the trigger was saved.
        pub release_name: String = "ReleaseName" folded "release_name_folded",
        pub entry_point: Option<String> = "EntryPointPath",
        /// The last part of the address; two parts for a function of a process.
        pub slug: String = "Slug" folded "slug_folded" max 255,
        pub method: TriggerMethod = "Method",
        pub calling_mode: CallingMode = "CallingMode",
        pub success_url: Option<String> = "SuccessCallbackUrl",
        pub failure_url: Option<String> = "FailureCallbackUrl",
        pub callback_mode: CallbackMode = "CallbackMode",
        /// What callbacks are signed with; sealed.
        #[secret] pub secret: Option<Vec<u8>>,
        pub allow_insecure_ssl: bool = "AllowInsecureSsl",
        pub run_as_me: bool = "RunAsMe",
        pub run_as_caller: bool = "RunAsCaller",
        /// The account that saved it last, where [`run_as_me`](Self::run_as_me).
        pub run_as: Option<i64>,
        pub job_count: i32 = "JobCount",
        /// 1 to 100; `None`: that of the process.
        pub priority: Option<i32> = "JobPriority",
        pub runtime_type: Option<RuntimeType> = "RuntimeType",
        pub target_framework: Option<TargetFramework> = "TargetFramework",
        pub requires_user_interaction: Option<bool> = "RequiresUserInteraction",
        pub machine_robots: Json<Vec<Target>> = "MachineRobots" kind TARGETS,
        pub input: Option<String> = "InputArguments",
        pub same_context: bool = "ResumeOnSameContext",
        pub remote_control: Option<RemoteControlAccess> = "RemoteControlAccess",
        pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
        pub stop_by: Option<StopStrategy> = "StopStrategy",
        pub stop_after: Option<i64> = "StopJobAfterSeconds",
        pub kill_after: Option<i64> = "KillJobAfterSeconds",
        pub alert_pending_after: Option<i64> = "AlertPendingJobAfterSeconds",
        pub alert_running_after: Option<i64> = "AlertRunningJobAfterSeconds",
        pub failures_threshold: Option<i32> = "ConsecutiveJobFailuresThreshold",
        pub grace_hours: Option<i32> = "JobFailuresGracePeriodInHours",
        /// `<Method> <slug> <folder key>`
        pub external_reference: String = "ExternalReference",
        pub enabled_at: Timestamp,
        /// Since when its last jobs are all faulted.
        pub faulted_at: Option<Timestamp>,
        /// Why the server switched it off.
        pub disabled_by: Option<Reason>,
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub modified_at: Option<Timestamp> = "LastModificationTime",
        pub modifier_id: Option<i64> = "LastModifierUserId",
    }
    computed {
        "Key": Uuid = sql "{t}.key",
        "Type": Option<String>,
        "OrganizationUnitId": Option<i64>,
        "OrganizationUnitFullyQualifiedName": Option<String>,
        "FolderKey": Option<Uuid>,
    }
}

entity! {
    /// A call whose answer is fetched or sent later.
    pub struct Call in Tenant, table "trigger_calls" {
        #[key] pub id: i64,
        pub trigger_key: Uuid,
        pub folder_id: i64,
        pub job_key: Uuid,
        /// Who called: only they get the answer.
        pub caller: Option<Uuid>,
        pub created_at: Timestamp,
        pub callback: Callback,
        /// Callbacks that were tried.
        pub attempts: i64,
        /// When a callback is to be sent.
        pub due_at: Option<Timestamp>,
    }
}

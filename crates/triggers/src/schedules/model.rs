//! What a time or queue trigger is (reference: execution 8.2), and what is written down when it could not start jobs.

use access::tags::{self, Tag};
use execution::jobs::model::StopStrategy;
use execution::machines::model::RuntimeType;
use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Source::Computed};
use serde::{Deserialize, Serialize};
use store::{Json, Migration, entity};
use uuid::Uuid;

use crate::launch::Target;

pub(crate) const MIGRATION: Migration = Migration {
    id: "triggers-002-schedules",
    sql: "
        create table process_schedules (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            folder_id bigint not null,
            name text not null,
            name_folded text not null,
            description text,
            enabled {bool} not null,
            release_id bigint not null,
            release_key text not null,
            release_name text not null,
            release_name_folded text not null,
            package_name text not null,
            entry_point text,
            priority bigint,
            runtime_type bigint,
            cron text,
            cron_details text,
            cron_summary text,
            second bigint not null,
            next_at bigint,
            start_strategy bigint not null,
            executor_robots text not null,
            machine_robots text not null,
            stop_after text,
            stop_by bigint,
            kill_after text,
            alert_pending_after text,
            alert_running_after text,
            external_job_key text not null,
            external_job_key_scheduler {uuid},
            time_zone text not null,
            time_zone_iana text not null,
            use_calendar {bool} not null,
            calendar_id bigint,
            calendar_key {uuid},
            calendar_name text,
            stop_at bigint,
            input text,
            input_file {uuid},
            queue_id bigint,
            queue_name text,
            activate_on_job_complete {bool} not null,
            items_threshold bigint,
            items_per_job bigint,
            max_jobs bigint,
            same_context {bool} not null,
            run_as_me {bool} not null,
            run_as bigint,
            failures_threshold bigint,
            grace_hours bigint,
            is_connected {bool} not null,
            tags text not null,
            due_at bigint,
            check_at bigint,
            enabled_at bigint not null,
            failed_launches bigint not null,
            failing_since bigint,
            launched_at bigint,
            faulted_at bigint,
            disabled_by bigint,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint
        );
        create unique index process_schedules_key on process_schedules (tenant_id, key);
        create unique index process_schedules_name on process_schedules (tenant_id, folder_id, name_folded);
        create unique index process_schedules_queue on process_schedules (tenant_id, queue_id);
        create index process_schedules_folder on process_schedules (tenant_id, folder_id, id);
        create index process_schedules_release on process_schedules (tenant_id, release_id);
        create index process_schedules_calendar on process_schedules (tenant_id, calendar_id) where calendar_id is not null;
        create index process_schedules_due on process_schedules (due_at) where due_at is not null;

        create table trigger_logs (
            id {id},
            tenant_id bigint not null,
            trigger_key {uuid} not null,
            reason bigint not null,
            description text not null,
            happened_at bigint not null
        );
        create index trigger_logs_trigger on trigger_logs (tenant_id, trigger_key, id);
        create index trigger_logs_happened on trigger_logs (happened_at);

        create index jobs_open_of_release on jobs (tenant_id, release_id, state) where ended_at is null;
        create index jobs_open_of_schedule on jobs (tenant_id, schedule_id, state)
            where ended_at is null and schedule_id is not null;
    ",
};

odata::enumeration! {
    /// Priorities as older clients name them; 25, 45 and 65 of 1 to 100.
    pub enum JobPriority: "ProcessScheduleDtoJobPriority" { Low = 0, Normal = 1, High = 2 }
}

odata::enumeration! {
    /// Why a trigger did not start all its jobs, or was switched off (reference: execution 8.4).
    pub enum Reason: "TriggerLogDtoReason" {
        TriggerError = 0, PendingJobs = 1, PartiallyCreatedJobs = 2, LicenseMissing = 3, LicenseExpired = 4,
        DisabledConsecutiveFailures = 5, DisabledJobFailures = 6, Misfired = 7,
    }
}

/// A robot as older clients name their targets. Contract schema `RobotExecutorDto`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Executor {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub machine_name: Option<String>,
    pub description: Option<String>,
}

entity! {
    /// A trigger. Contract schema `ProcessScheduleDto`.
    pub struct Schedule in Tenant, table "process_schedules", as "ProcessScheduleDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub folder_id: i64,
        pub name: String = "Name" folded "name_folded" max 255,
        pub description: Option<String> = "Description" max 512,
        pub enabled: bool = "Enabled",
        pub release_id: i64 = "ReleaseId",
        pub release_key: String = "ReleaseKey",
        /// As it was when the trigger was saved.
        pub release_name: String = "ReleaseName" folded "release_name_folded",
        pub package_name: String = "PackageName",
        pub entry_point: Option<String> = "EntryPointPath",
        /// 1 to 100; `None`: that of the process.
        pub priority: Option<i32> = "SpecificPriorityValue",
        pub runtime_type: Option<RuntimeType> = "RuntimeType",
        pub cron: Option<String> = "StartProcessCron",
        /// What a user interface keeps about the expression.
        pub cron_details: Option<String> = "StartProcessCronDetails",
        pub cron_summary: Option<String> = "StartProcessCronSummary",
        /// The second of a minute at which it was made: see [`crate::cron`].
        pub second: i32,
        /// When it fires next; `None` for queue triggers and for those that are switched off.
        pub next_at: Option<Timestamp> = "StartProcessNextOccurrence",
        pub start_strategy: i32 = "StartStrategy",
        pub executor_robots: Json<Vec<Executor>> = "ExecutorRobots" kind EXECUTORS,
        pub machine_robots: Json<Vec<Target>> = "MachineRobots" kind TARGETS,
        /// Seconds as text, here and in the three below.
        pub stop_after: Option<String> = "StopProcessExpression",
        pub stop_by: Option<StopStrategy> = "StopStrategy",
        pub kill_after: Option<String> = "KillProcessExpression",
        pub alert_pending_after: Option<String> = "AlertPendingExpression",
        pub alert_running_after: Option<String> = "AlertRunningExpression",
        pub external_job_key: String = "ExternalJobKey",
        pub external_job_key_scheduler: Option<Uuid> = "ExternalJobKeyScheduler",
        pub time_zone: String = "TimeZoneId" max 80,
        pub time_zone_iana: String = "TimeZoneIana",
        pub use_calendar: bool = "UseCalendar",
        pub calendar_id: Option<i64> = "CalendarId",
        pub calendar_key: Option<Uuid> = "CalendarKey",
        pub calendar_name: Option<String> = "CalendarName",
        /// From then on it is switched off.
        pub stop_at: Option<Timestamp> = "StopProcessDate",
        pub input: Option<String> = "InputArguments" max 10_000,
        pub input_file: Option<Uuid> = "InputFile",
        /// The queue that starts it.
        pub queue_id: Option<i64> = "QueueDefinitionId",
        pub queue_name: Option<String> = "QueueDefinitionName",
        pub activate_on_job_complete: bool = "ActivateOnJobComplete",
        pub items_threshold: Option<i64> = "ItemsActivationThreshold",
        pub items_per_job: Option<i64> = "ItemsPerJobActivationTarget",
        pub max_jobs: Option<i32> = "MaxJobsForActivation",
        pub same_context: bool = "ResumeOnSameContext",
        pub run_as_me: bool = "RunAsMe",
        /// The account that saved it last, where [`run_as_me`](Self::run_as_me).
        pub run_as: Option<i64>,
        pub failures_threshold: Option<i32> = "ConsecutiveJobFailuresThreshold",
        pub grace_hours: Option<i32> = "JobFailuresGracePeriodInHours",
        pub is_connected: bool = "IsConnected",
        pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
        /// When it has to be looked at next, for whatever reason.
        pub due_at: Option<Timestamp>,
        /// When the queue has to be looked at next.
        pub check_at: Option<Timestamp>,
        pub enabled_at: Timestamp,
        /// Firings in a row that started no job.
        pub failed_launches: i64,
        pub failing_since: Option<Timestamp>,
        /// When it last started jobs.
        pub launched_at: Option<Timestamp>,
        /// Since when its last jobs are all faulted.
        pub faulted_at: Option<Timestamp>,
        /// Why the server switched it off.
        pub disabled_by: Option<Reason>,
        pub created_at: Timestamp,
        pub creator_id: Option<i64>,
        pub modified_at: Option<Timestamp>,
        pub modifier_id: Option<i64>,
    }
    computed {
        "JobPriority": Option<JobPriority> = sql "case when {t}.priority is null then null when {t}.priority >= 61 then 2 when {t}.priority <= 30 then 0 else 1 end",
        "EnvironmentId": Option<String>,
        "EnvironmentName": Option<String>,
    }
}

entity! {
    /// What is written down when a trigger could not start its jobs, or was switched off. Kept for 30 days.
    pub struct TriggerLog in Tenant, table "trigger_logs", as "TriggerLogDto" {
        #[key] pub id: i64 = "Id",
        pub trigger_key: Uuid = "TriggerKey",
        pub reason: Reason = "Reason",
        pub description: String = "Description",
        pub happened_at: Timestamp = "CreationTime",
    }
}

impl Schedule {
    /// Whether a queue starts it, not time.
    pub fn is_of_queue(&self) -> bool {
        self.queue_id.is_some()
    }
}

/// The kind of `MachineRobots`.
pub const TARGETS: Kind = Kind::Collection(&Kind::Complex(target_model));
const EXECUTORS: Kind = Kind::Collection(&Kind::Complex(executor_model));

fn target_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "MachineRobotSessionDto",
        key: None,
        properties: &[
            Property::new("MachineId", Kind::Int64, Computed).nullable(true),
            Property::computed("MachineName", Kind::String),
            Property::new("RobotId", Kind::Int64, Computed).nullable(true),
            Property::computed("RobotUserName", Kind::String),
            Property::new("SessionId", Kind::Int64, Computed).nullable(true),
            Property::computed("SessionName", Kind::String),
        ],
        navigations: &[],
    };
    &MODEL
}

fn executor_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "RobotExecutorDto",
        key: Some("Id"),
        properties: &[
            Property::computed("MachineName", Kind::String),
            Property::computed("Name", Kind::String),
            Property::computed("Description", Kind::String),
            Property::new("Id", Kind::Int64, Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

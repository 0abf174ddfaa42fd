//! What a job is (reference: execution 5.3).

use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Scalar as _};
use store::{Json, Migration, entity};
use uuid::Uuid;

use crate::machines::model::{Machine, RuntimeType};
use crate::processes::model::{ProcessType, Release, RemoteControlAccess, TargetFramework};

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-004-jobs",
    sql: "
        create table job_lanes (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            hash {blob} not null,
            runtime_type bigint not null,
            foreground {bool} not null,
            framework bigint not null,
            runtime text,
            machine_id bigint,
            robot_id bigint,
            session_ids text not null
        );
        create unique index job_lanes_hash on job_lanes (tenant_id, hash);
        create index job_lanes_folder on job_lanes (tenant_id, folder_id);

        create table jobs (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            folder_id bigint not null,
            release_id bigint not null,
            release_name text not null,
            release_version_id bigint,
            package_id text not null,
            lane_id bigint not null,
            waiting_rank bigint,
            state bigint not null,
            priority bigint not null,
            type bigint not null,
            source_type bigint not null,
            source text not null,
            batch_key {uuid} not null,
            schedule_id bigint,
            trigger_key {uuid},
            parent_key {uuid},
            created_at bigint not null,
            creator_id bigint,
            started_at bigint,
            resumed_at bigint,
            ended_at bigint,
            info text,
            sub_state text,
            input text,
            input_file {uuid},
            output text,
            output_file {uuid},
            environment text,
            entry_point text,
            reference text not null,
            reference_folded text not null,
            runtime_type bigint not null,
            requires_user_interaction {bool} not null,
            process_type bigint not null,
            remote_control bigint not null,
            session_id bigint,
            machine_id bigint,
            robot_id bigint,
            host_name text,
            host_identity text,
            attempt bigint not null,
            accepted {bool} not null,
            assigned_at bigint,
            stop_strategy bigint,
            stop_requested_at bigint,
            persistence_id {uuid},
            resume_version bigint not null,
            same_context {bool} not null,
            error text,
            error_code text,
            stop_after bigint,
            kill_after bigint,
            stop_by bigint not null,
            alert_pending_after bigint,
            alert_running_after bigint,
            due_at bigint,
            extra text not null,
            state_blob text,
            log_count bigint not null
        );
        create unique index jobs_key on jobs (tenant_id, key);
        create index jobs_waiting on jobs (lane_id, waiting_rank desc, id) where waiting_rank is not null;
        create index jobs_session on jobs (session_id) where session_id is not null;
        create index jobs_robot on jobs (robot_id) where session_id is not null;
        create index jobs_folder on jobs (tenant_id, folder_id, created_at, id);
        create index jobs_state on jobs (tenant_id, folder_id, state, created_at, id);
        create index jobs_release on jobs (tenant_id, release_id, created_at, id);
        create index jobs_batch on jobs (tenant_id, batch_key);
        create index jobs_schedule on jobs (tenant_id, schedule_id, id) where schedule_id is not null;
        create index jobs_due on jobs (due_at) where due_at is not null;
        create index jobs_ended on jobs (tenant_id, release_id, ended_at) where ended_at is not null;
        create index jobs_parent on jobs (tenant_id, parent_key) where parent_key is not null;

        create table job_events (
            id {id},
            tenant_id bigint not null,
            job_id bigint not null,
            state bigint not null,
            happened_at bigint not null,
            user_id bigint,
            info text
        );
        create index job_events_job on job_events (job_id, id);

        create table job_waits (
            id {id},
            tenant_id bigint not null,
            job_id bigint not null,
            type bigint not null,
            status bigint not null,
            item_key {uuid},
            timer bigint,
            message text,
            configuration text,
            payload text,
            created_at bigint not null
        );
        create index job_waits_job on job_waits (tenant_id, job_id, id);
        create index job_waits_item on job_waits (tenant_id, item_key) where item_key is not null;
        create index job_waits_type on job_waits (type, tenant_id, id) where status = 0;
        create index job_waits_timer on job_waits (timer) where timer is not null and status = 0;

        create table job_tokens (
            hash {blob} not null primary key,
            tenant_id bigint not null,
            job_id bigint not null,
            job_key {uuid} not null,
            folder_id bigint not null,
            user_id bigint not null
        );
        create index job_tokens_job on job_tokens (tenant_id, job_id);
    ",
};

odata::enumeration! {
    /// Where a job is in its life (reference: execution 5.5).
    pub enum JobState: "JobDtoState" {
        Pending = 0, Running = 1, Stopping = 2, Terminating = 3, Faulted = 4, Successful = 5, Stopped = 6, Suspended = 7,
        Resumed = 8,
    }
}
odata::enumeration! {
    pub enum StopStrategy: "JobDtoStopStrategy" { SoftStop = 1, Kill = 2 }
}
odata::enumeration! {
    pub enum JobPriority: "JobDtoJobPriority" { Low = 0, Normal = 1, High = 2 }
}
odata::enumeration! {
    pub enum JobType: "JobDtoType" { Unattended = 0, Attended = 1, ServerlessGeneric = 2 }
}
odata::enumeration! {
    /// What started a job.
    pub enum SourceType: "JobDtoSourceType" {
        Manual = 0, Schedule = 1, Agent = 2, Queue = 3, StudioWeb = 4, IntegrationTrigger = 5, StudioDesktop = 6,
        AutomationOpsPipelines = 7, Apps = 8, SAP = 9, HttpTrigger = 10, HttpTriggerCallback = 11, RobotAPI = 12,
        CommandLine = 13, RobotNetAPI = 14, Autopilot = 15, TestManager = 16, AgentService = 17, ProcessOrchestration = 18,
        PluginEcosystem = 19, PerformanceTesting = 20, AgentHub = 21, ApiWorkflow = 22, Assistant = 23,
    }
}

entity! {
    /// Jobs that the same robots can run wait in the same lane.
    pub struct Lane in Tenant, table "job_lanes" {
        #[key] pub id: i64,
        pub folder_id: i64,
        /// SHA-256 over the other members: what makes a lane the same.
        pub hash: Vec<u8>,
        pub runtime_type: RuntimeType,
        pub foreground: bool,
        pub framework: TargetFramework,
        /// The package runtime: `python`, `command`.
        pub runtime: Option<String>,
        pub machine_id: Option<i64>,
        pub robot_id: Option<i64>,
        /// Empty: any.
        pub session_ids: Json<Vec<i64>>,
    }
}

entity! {
    /// A job. Contract schema `JobDto`.
    pub struct Job in Tenant, table "jobs", as "JobDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub folder_id: i64 = "OrganizationUnitId",
        pub release_id: i64,
        pub release_name: String = "ReleaseName",
        /// The version that runs; `None` until it does.
        pub release_version_id: Option<i64> = "ReleaseVersionId",
        pub package_id: String,
        pub lane_id: i64,
        /// Its priority while it waits for a robot.
        pub waiting_rank: Option<i64>,
        pub state: JobState = "State",
        /// 1 to 100.
        pub priority: i32 = "SpecificPriorityValue",
        pub job_type: JobType = "Type" column "type",
        pub source_type: SourceType = "SourceType",
        /// What people read: `Manual`, or the trigger's name.
        pub source: String = "Source",
        pub batch_key: Uuid = "BatchExecutionKey",
        pub schedule_id: Option<i64> = "StartingScheduleId",
        pub trigger_key: Option<Uuid> = "StartingTriggerId",
        pub parent_key: Option<Uuid> = "ParentJobKey",
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub started_at: Option<Timestamp> = "StartTime",
        pub resumed_at: Option<Timestamp> = "ResumeTime",
        pub ended_at: Option<Timestamp> = "EndTime",
        pub info: Option<String> = "Info",
        pub sub_state: Option<String> = "SubState",
        pub input: Option<String> = "InputArguments",
        pub input_file: Option<Uuid> = "InputFile",
        pub output: Option<String> = "OutputArguments",
        pub output_file: Option<Uuid> = "OutputFile",
        pub environment: Option<String> = "EnvironmentVariables",
        pub entry_point: Option<String> = "EntryPointPath",
        pub reference: String = "Reference" folded "reference_folded",
        pub runtime_type: RuntimeType = "RuntimeType",
        pub requires_user_interaction: bool = "RequiresUserInteraction",
        pub process_type: ProcessType = "ProcessType",
        pub remote_control: RemoteControlAccess = "RemoteControlAccess",
        /// The session it is assigned to, from the assignment to the end.
        pub session_id: Option<i64>,
        pub machine_id: Option<i64>,
        pub robot_id: Option<i64>,
        pub host_name: Option<String> = "HostMachineName",
        pub host_identity: Option<String> = "LocalSystemAccount",
        /// Counts assignments.
        pub attempt: i64,
        /// The session accepted the attempt: it runs there and nowhere else.
        pub accepted: bool,
        pub assigned_at: Option<Timestamp>,
        pub stop_strategy: Option<StopStrategy> = "StopStrategy",
        pub stop_requested_at: Option<Timestamp>,
        pub persistence_id: Option<Uuid> = "PersistenceId",
        pub resume_version: i32 = "ResumeVersion",
        pub same_context: bool = "ResumeOnSameContext",
        /// `JobErrorDto`
        pub error: Option<Json<serde_json::Value>>,
        pub error_code: Option<String> = "ErrorCode",
        /// Seconds of running after which it is stopped (`StopProcessExpression`).
        pub stop_after: Option<i64>,
        /// Seconds between that and a kill.
        pub kill_after: Option<i64>,
        /// How it is stopped then.
        pub stop_by: StopStrategy,
        pub alert_pending_after: Option<i64>,
        pub alert_running_after: Option<i64>,
        /// When a timer of the job has to be looked at next.
        pub due_at: Option<Timestamp>,
        /// Members that are only stored and shown: tracing, recording, tags.
        pub extra: Json<serde_json::Map<String, serde_json::Value>>,
        /// Where in the object storage lies what it keeps while it is suspended.
        pub state_blob: Option<String>,
        /// Log entries stored of the current attempt.
        pub log_count: i64,
    }
    computed {
        "JobPriority": Option<String> kind JobPriority::KIND,
        "ResourceOverwrites": Option<String>,
        "HasMediaRecorded": bool,
        "HasVideoRecorded": bool,
        "OrganizationUnitFullyQualifiedName": Option<String>,
        "FolderKey": Option<uuid::Uuid>,
        "ProfilingOptions": Option<String>,
        "OrchestratorUserIdentity": Option<String>,
        "MaxExpectedRunningTimeSeconds": Option<i64>,
        "ServerlessJobType": Option<String>,
        "LastModificationTime": Option<Timestamp>,
        "JobError": Option<String> kind Kind::Complex(job_error),
        "FpsProperties": Option<String>,
        "FpsContext": Option<String>,
        "TraceId": Option<String>,
        "ParentSpanId": Option<String>,
        "RootSpanId": Option<String>,
        "ParentOperationId": Option<String>,
        "AutopilotForRobots": Option<String> kind Kind::Dynamic,
    }
    navigation {
        "Robot": one of access::users::robots::SimpleRobot as r on "r.id = {t}.robot_id",
        "Release": one of Release as p on "p.id = {t}.release_id",
        "Machine": one of Machine as m on "m.id = {t}.machine_id",
    }
}

fn job_error() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "JobErrorDto",
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

odata::enumeration! {
    /// What a suspended job waits for.
    pub enum WaitType: "JobTriggerDtoTriggerType" { None = 0, QueueItem = 1, Job = 2, Task = 3, Timer = 4, Inbox = 5, Api = 6 }
}
odata::enumeration! {
    /// How far a wait is: new, its condition is met, it let its job go on.
    pub enum WaitStatus: "JobTriggerDtoStatus" { New = 0, Ready = 1, Fired = 2 }
}

entity! {
    /// A step in the life of a job.
    pub struct JobEvent in Tenant, table "job_events" {
        #[key] pub id: i64,
        pub job_id: i64,
        pub state: JobState,
        pub happened_at: Timestamp,
        /// Who caused it; `None`: a robot or the server.
        pub user_id: Option<i64>,
        pub info: Option<String>,
    }
}

entity! {
    /// Something a suspended job waits for. Contract schema `JobTriggerDto`.
    pub struct Wait in Tenant, table "job_waits", as "JobTriggerDto" {
        #[key] pub id: i64 = "Id",
        pub job_id: i64 = "JobId",
        pub wait_type: WaitType = "TriggerType" column "type",
        pub status: WaitStatus = "Status",
        pub item_key: Option<Uuid> = "ItemKey",
        pub timer: Option<Timestamp> = "Timer",
        pub message: Option<String> = "TriggerMessage",
        pub configuration: Option<String> = "TriggerConfiguration",
        /// JSON text of what was delivered.
        pub payload: Option<String>,
        pub created_at: Timestamp,
    }
    computed {
        "ItemId": Option<i64>,
    }
}

entity! {
    /// The bearer of a running job.
    pub struct JobToken in Tenant, table "job_tokens" {
        /// SHA-256 of the token.
        #[key] pub hash: Vec<u8>,
        pub job_id: i64,
        pub job_key: Uuid,
        pub folder_id: i64,
        /// The account of the robot.
        pub user_id: i64,
    }
}

impl JobState {
    /// Whether nothing happens to a job in this state any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Faulted | Self::Successful | Self::Stopped)
    }
}

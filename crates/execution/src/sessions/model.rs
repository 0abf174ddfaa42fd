//! What a session is: a robot service on a host (reference: execution 7.4).

use jiff::Timestamp;
use odata::Kind;
use store::{Json, Migration, entity};
use uuid::Uuid;

use crate::machines::model::{MachineScope, MachineType, RuntimeType};

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-002-sessions",
    sql: "
        create table robot_sessions (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            machine_id bigint not null,
            installation_id {uuid} not null,
            host_name text not null,
            host_name_folded text not null,
            service_user_name text not null,
            version text not null,
            platform bigint not null,
            runtimes text not null,
            connected {bool} not null,
            epoch bigint not null,
            reported_at bigint not null,
            silence_noticed {bool} not null,
            maintenance bigint not null,
            debug_until bigint,
            used bigint not null,
            slots_limit bigint,
            created_at bigint not null
        );
        create unique index robot_sessions_key on robot_sessions (tenant_id, key);
        create unique index robot_sessions_installation on robot_sessions (tenant_id, machine_id, installation_id);
        create index robot_sessions_free on robot_sessions (tenant_id, machine_id, used, id);
        create index robot_sessions_tenant on robot_sessions (tenant_id, id);
        create index robot_sessions_reported on robot_sessions (reported_at) where connected and not silence_noticed;

        create view session_runtimes as
            select s.id * 32 + 2 as id, s.tenant_id, s.id as session_id, s.machine_id, m.name as machine_name,
                   m.name_folded as machine_name_folded, m.type as machine_type, m.scope as machine_scope, s.maintenance,
                   s.host_name, s.host_name_folded, cast(2 as bigint) as runtime_type, s.connected, m.unattended_slots as runtimes,
                   s.service_user_name, s.reported_at, s.version, s.debug_until, s.platform
            from robot_sessions s join machines m on m.id = s.machine_id
            where m.unattended_slots > 0 and m.disabled_runtimes not like '%2%'
            union all
            select s.id * 32, s.tenant_id, s.id, s.machine_id, m.name, m.name_folded, m.type, m.scope, s.maintenance,
                   s.host_name, s.host_name_folded, cast(0 as bigint), s.connected, m.non_production_slots,
                   s.service_user_name, s.reported_at, s.version, s.debug_until, s.platform
            from robot_sessions s join machines m on m.id = s.machine_id
            where m.non_production_slots > 0 and m.disabled_runtimes not like '%0%'
            union all
            select s.id * 32 + 5, s.tenant_id, s.id, s.machine_id, m.name, m.name_folded, m.type, m.scope, s.maintenance,
                   s.host_name, s.host_name_folded, cast(5 as bigint), s.connected, m.headless_slots,
                   s.service_user_name, s.reported_at, s.version, s.debug_until, s.platform
            from robot_sessions s join machines m on m.id = s.machine_id
            where m.headless_slots > 0 and m.disabled_runtimes not like '%5%'
            union all
            select s.id * 32 + 7, s.tenant_id, s.id, s.machine_id, m.name, m.name_folded, m.type, m.scope, s.maintenance,
                   s.host_name, s.host_name_folded, cast(7 as bigint), s.connected, m.test_automation_slots,
                   s.service_user_name, s.reported_at, s.version, s.debug_until, s.platform
            from robot_sessions s join machines m on m.id = s.machine_id
            where m.test_automation_slots > 0 and m.disabled_runtimes not like '%7%';
    ",
};

odata::enumeration! {
    pub enum Platform: "SessionDtoPlatform" { Unknown = 0, Windows = 1, Linux = 2, OSX = 3 }
}
odata::enumeration! {
    pub enum MaintenanceMode: "MachineSessionRuntimeDtoMaintenanceMode" { Default = 0, Enabled = 1 }
}

odata::enumeration! {
    /// What a host is doing (reference: execution 7.4). One that is silent keeps its state.
    pub enum SessionState: "SessionDtoState" { Available = 0, Busy = 1, Disconnected = 2, Unknown = 3 }
}

entity! {
    /// A robot service that connected once, under one installation on one host. Contract schema `MachineSessionDto`.
    pub struct Session in Tenant, table "robot_sessions", as "MachineSessionDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid,
        pub machine_id: i64 = "MachineId",
        pub installation_id: Uuid = "InstallationId",
        pub host_name: String = "HostMachineName" folded "host_name_folded",
        pub service_user_name: String = "ServiceUserName",
        pub version: String = "Version",
        pub platform: Platform = "Platform",
        /// The package runtimes it can run: `command`, `python`.
        pub runtimes: Json<Vec<String>>,
        /// False after a clean end.
        pub connected: bool,
        /// Grows with every `Connect`: calls of an older one are refused.
        pub epoch: i64,
        /// The last heartbeat.
        pub reported_at: Timestamp = "ReportingTime",
        /// Those who watch were told that it went silent.
        pub silence_noticed: bool,
        pub maintenance: MaintenanceMode,
        /// Verbose logs are wanted until then.
        pub debug_until: Option<Timestamp> = "DebugModeExpirationDate",
        /// Jobs that are assigned to it.
        pub used: i64,
        /// More jobs at the same time it does not take, whatever the machine's slots say.
        pub slots_limit: Option<i64>,
        pub created_at: Timestamp,
        /// The name of its machine object.
        pub machine_name: String = "MachineName" sql "coalesce((select m.name from machines m where m.id = {t}.machine_id), '')",
        /// Busy: all its runtimes are in use.
        pub state: SessionState = "State" sql "cast(case when not {t}.connected then 2
            when {t}.used > 0 and {t}.used >= (
                select m.unattended_slots + m.non_production_slots + m.headless_slots + m.test_automation_slots
                from machines m where m.id = {t}.machine_id) then 1
            else 0 end as bigint)",
    }
    computed {
        "Robot": Option<String> kind Kind::Dynamic,
        "Job": Option<String> kind Kind::Dynamic,
        "Info": Option<String>,
        "IsUnresponsive": bool,
        "LicenseErrorCode": Option<String>,
        "OrganizationUnitId": Option<i64>,
        "FolderName": Option<String>,
        "RobotSessionType": String,
        "Source": Option<String>,
        "UpdateInfo": Option<String> kind Kind::Dynamic,
        "EndpointDetection": Option<String>,
    }
}

entity! {
    /// The runtimes of one type that a session offers. Contract schema `MachineSessionRuntimeDto`.
    pub struct SessionRuntime in Tenant, table "session_runtimes", as "MachineSessionRuntimeDto" {
        #[key] pub id: i64,
        pub session_id: i64 = "SessionId",
        pub machine_id: i64 = "MachineId",
        pub machine_name: String = "MachineName" folded "machine_name_folded",
        pub maintenance: MaintenanceMode = "MaintenanceMode",
        pub host_name: String = "HostMachineName" folded "host_name_folded",
        pub runtime_type: RuntimeType = "RuntimeType",
        pub machine_type: MachineType = "MachineType",
        pub machine_scope: MachineScope = "MachineScope",
        pub connected: bool,
        /// Slots of the type.
        pub runtimes: i64 = "Runtimes",
        pub service_user_name: String = "ServiceUserName",
        pub reported_at: Timestamp = "ReportingTime",
        pub version: String = "Version",
        pub debug_until: Option<Timestamp> = "DebugModeExpirationDate",
        pub platform: Platform = "Platform",
        /// Jobs of the type that it has.
        pub used: i64 = "UsedRuntimes"
            sql "select count(*) from jobs j where j.session_id = {t}.session_id and j.runtime_type = {t}.runtime_type",
        pub status: SessionState = "Status" sql "cast(case when not {t}.connected then 2
            when (select count(*) from jobs j where j.session_id = {t}.session_id and j.runtime_type = {t}.runtime_type)
              >= {t}.runtimes then 1 else 0 end as bigint)",
    }
    computed {
        "IsUnresponsive": bool,
        "EndpointDetection": Option<String>,
        "TriggersCount": i32,
    }
}

/// A session that was not heard for this long is unresponsive.
pub const SILENCE_SECONDS: i64 = 120;

impl Session {
    /// Whether its last heartbeat is too old.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        is_silent(self.reported_at, now)
    }

    /// Whether its host is there: connected, and heard of lately.
    pub fn is_online(&self, now: Timestamp) -> bool {
        self.connected && !self.is_silent(now)
    }

    /// Whether it may be given jobs.
    pub fn takes_jobs(&self, now: Timestamp) -> bool {
        self.is_online(now) && self.maintenance == MaintenanceMode::Default
    }
}

/// Whether a heartbeat at `reported_at` is too old.
pub fn is_silent(reported_at: Timestamp, now: Timestamp) -> bool {
    now.as_second() - reported_at.as_second() > SILENCE_SECONDS
}

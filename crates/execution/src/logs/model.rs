//! What a log entry is (reference: execution 9).
//!
//! A row is a few numbers, the message and the text of the whole entry. Names that repeat are kept once (`log_labels`), for each folder,
//! so that a row has their numbers and an index over these leads to the entries of a process, a robot or a host. Every index begins with
//! what it leads to, then the level, then the time: a list reads the levels that it wants in order and merges them, so that a page costs
//! the same whether its level is rare or common.

use jiff::Timestamp;
use store::{Migration, entity};
use uuid::Uuid;

use crate::machines::model::RuntimeType;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-006-logs",
    sql: "
        create table robot_logs (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            level bigint not null,
            at bigint not null,
            job_key {uuid} not null,
            process_id bigint not null,
            robot_id bigint,
            host_id bigint,
            identity_id bigint,
            machine_id bigint,
            runtime_type bigint not null,
            size bigint not null,
            message text not null,
            raw text not null
        );
        create index robot_logs_folder on robot_logs (tenant_id, folder_id, level, at, id);
        create index robot_logs_job on robot_logs (tenant_id, job_key, level, at, id);
        create index robot_logs_process on robot_logs (tenant_id, process_id, level, at, id);
        create index robot_logs_robot on robot_logs (tenant_id, robot_id, level, at, id) where robot_id is not null;
        create index robot_logs_host on robot_logs (tenant_id, host_id, level, at, id) where host_id is not null;

        create table log_labels (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            kind bigint not null,
            text text not null,
            text_folded text not null
        );
        create unique index log_labels_text on log_labels (tenant_id, folder_id, kind, text);
        create index log_labels_folded on log_labels (tenant_id, folder_id, kind, text_folded);

        create table log_counts (
            tenant_id bigint not null,
            folder_id bigint not null,
            level bigint not null,
            entries bigint not null,
            primary key (tenant_id, folder_id, level)
        );

        create table log_removals (
            id {id},
            tenant_id bigint not null,
            job_key {uuid} not null
        );
    ",
};

odata::enumeration! {
    /// How grave an entry is.
    pub enum Level: "LogDtoLevel" { Trace = 0, Debug = 1, Info = 2, Warn = 3, Error = 4, Fatal = 5 }
}

odata::enumeration! {
    /// What a label names.
    pub enum LabelKind: "LogLabelKind" { Process = 0, Robot = 1, Host = 2, Identity = 3 }
}

entity! {
    /// An entry without its texts, as lists read it. Contract schema `LogDto`.
    #[derive(PartialEq)]
    pub struct LogEntry in Tenant, table "robot_logs", as "LogDto" {
        #[key] pub id: i64 = "Id",
        pub folder_id: i64,
        pub level: Level = "Level",
        /// When it was written, by the robot's clock.
        pub at: Timestamp = "TimeStamp",
        pub job_key: Uuid = "JobKey",
        pub process_id: i64,
        pub robot_id: Option<i64>,
        pub host_id: Option<i64>,
        pub identity_id: Option<i64>,
        pub machine_id: Option<i64> = "MachineId",
        pub runtime_type: RuntimeType = "RuntimeType",
        /// Bytes of message and entry.
        pub size: i64,
    }
    computed {
        "Message": String = sql "{t}.message",
        "RawMessage": String = sql "{t}.raw",
        "WindowsIdentity": Option<String> = sql "(select l.text from log_labels l where l.id = {t}.identity_id)",
        "ProcessName": Option<String> = sql "(select l.text from log_labels l where l.id = {t}.process_id)",
        "RobotName": Option<String> = sql "(select l.text from log_labels l where l.id = {t}.robot_id)",
        "HostMachineName": Option<String> = sql "(select l.text from log_labels l where l.id = {t}.host_id)",
        "MachineKey": Option<Uuid> = sql "(select m.key from machines m where m.id = {t}.machine_id)",
    }
}

entity! {
    /// An entry as it is written.
    pub(super) struct NewEntry in Tenant, table "robot_logs" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub level: Level,
        pub at: Timestamp,
        pub job_key: Uuid,
        pub process_id: i64,
        pub robot_id: Option<i64>,
        pub host_id: Option<i64>,
        pub identity_id: Option<i64>,
        pub machine_id: Option<i64>,
        pub runtime_type: RuntimeType,
        pub size: i64,
        pub message: String,
        pub raw: String,
    }
}

entity! {
    /// A name that entries of a folder have in common.
    pub(super) struct Label in Tenant, table "log_labels" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub kind: LabelKind,
        pub text: String folded "text_folded",
    }
}

entity! {
    /// A job whose entries are to be removed.
    pub(super) struct Removal in Tenant, table "log_removals" {
        #[key] pub id: i64,
        pub job_key: Uuid,
    }
}

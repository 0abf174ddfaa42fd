//! The robots of accounts: what unattended and attended jobs run under (reference: execution 7.2).

use store::{Json, Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-010-robots",
    sql: "
        create table user_robots (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            user_id bigint not null references tenant_users (id),
            attended {bool} not null,
            name text not null,
            name_folded text not null,
            user_name text,
            password {blob},
            credential_type bigint not null,
            external_name text,
            limit_concurrent {bool} not null,
            settings text not null,
            robot_type text,
            enabled {bool} not null
        );
        create unique index user_robots_user on user_robots (tenant_id, user_id, attended);
        create unique index user_robots_key on user_robots (tenant_id, key);
        create index user_robots_tenant on user_robots (tenant_id, attended, id);
    ",
};

odata::enumeration! {
    /// How the password of a robot is supplied.
    pub enum CredentialType: "UnattendedRobotDtoCredentialType" {
        Default = 0, SmartCard = 1, NCipher = 2, SafeNet = 3, NoCredential = 4,
    }
}

entity! {
    /// The robot of an account.
    pub struct UserRobot in Tenant, table "user_robots" {
        #[key] pub id: i64,
        /// What jobs know it by (`UIPATH_ROBOT_KEY`).
        pub key: Uuid,
        pub user_id: i64,
        /// Attended by a person; else unattended.
        pub attended: bool,
        /// `<user>-unattended`
        pub name: String folded "name_folded",
        /// The account of the operating system: `DOMAIN\user`.
        pub user_name: Option<String>,
        /// Sealed.
        #[secret] pub password: Option<Vec<u8>>,
        pub credential_type: CredentialType,
        pub external_name: Option<String>,
        /// On one machine at a time.
        pub limit_concurrent: bool,
        /// `ExecutionSettings`
        pub settings: Json<serde_json::Map<String, serde_json::Value>>,
        /// Name of the licence kind of an attended robot: `Attended`, `Development`.
        pub robot_type: Option<String>,
        pub enabled: bool,
    }
}

entity! {
    /// A robot as jobs and items of queues show it. Contract schema `SimpleRobotDto`.
    pub struct SimpleRobot in Tenant, table "user_robots", as "SimpleRobotDto" {
        #[key] pub id: i64 = "Id",
        pub name: String = "Name" folded "name_folded",
        pub user_name: Option<String> = "Username",
        pub user_id: i64 = "UserId",
        pub enabled: bool = "Enabled",
        pub limit_concurrent: bool = "LimitConcurrentExecution",
    }
}

impl UserRobot {
    /// Whether it may run jobs that need a session of the operating system.
    pub fn has_credentials(&self) -> bool {
        self.user_name.is_some()
            && (self.password.is_some()
                || self.external_name.is_some()
                || self.credential_type == CredentialType::NoCredential)
    }
}

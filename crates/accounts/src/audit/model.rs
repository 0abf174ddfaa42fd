//! What is stored of what happened in an organization.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

store::entity! {
    /// One thing that happened. Contract schema `AuditQueryRecordDto`.
    pub struct AuditRecord in Organization, table "organization_audit" {
        #[key] pub id: i64,
        pub created_at: Timestamp,
        /// Service that reports it: `Identity`.
        pub source: String,
        /// What it is about: `Authentication`, `ExternalApps`, `Users`; `category` on the wire.
        pub target: String,
        /// What happened: `User Login`; `action` on the wire.
        pub name: String,
        /// One sentence for people.
        pub message: String,
        /// JSON without secrets.
        pub details: Value,
        pub succeeded: bool,
        pub actor_id: Option<Uuid>,
        pub actor_name: String folded "actor_name_folded",
        pub actor_email: Option<String>,
        /// The application the actor came through.
        pub client_id: Option<Uuid>,
        pub address: Option<String>,
    }
}

/// Tables of the organization audit.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-007-audit",
    sql: "
        create table organization_audit (
            id {id},
            organization_id {uuid} not null references organizations (id),
            created_at bigint not null,
            source text not null,
            target text not null,
            name text not null,
            message text not null,
            details text not null,
            succeeded {bool} not null,
            actor_id {uuid},
            actor_name text not null,
            actor_name_folded text not null,
            actor_email text,
            client_id {uuid},
            address text
        );
        create index organization_audit_time on organization_audit (organization_id, created_at);
    ",
};

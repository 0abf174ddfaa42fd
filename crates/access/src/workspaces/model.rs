//! Personal workspaces as they are kept: what a folder of type `Personal` has beside other folders.

use jiff::Timestamp;
use odata::Kind;
use store::Migration;
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-011-workspaces",
    sql: "
        create table personal_workspaces (
            folder_id bigint primary key,
            tenant_id bigint not null,
            owner_id bigint not null,
            owner_key {uuid} not null,
            owner_name text not null,
            created_at bigint not null
        );
        create unique index personal_workspaces_owner on personal_workspaces (tenant_id, owner_id);
        create table workspace_explorers (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            user_id bigint not null,
            started_at bigint not null
        );
        create unique index workspace_explorers_once on workspace_explorers (tenant_id, folder_id, user_id);
    ",
};

store::entity! {
    /// A personal workspace. Contract schema `PersonalWorkspaceDto`; its id and key are those of its folder.
    pub struct PersonalWorkspace in Tenant, table "personal_workspaces", as "PersonalWorkspaceDto" {
        #[key] pub folder_id: i64 = "Id",
        pub key: Option<Uuid> = "Key" sql "select f.key from folders f where f.id = {t}.folder_id",
        pub name: Option<String> = "Name" sql "select f.display_name from folders f where f.id = {t}.folder_id",
        /// The tenant still has the owner.
        pub is_active: bool = "IsActive" sql "exists (select 1 from tenant_users u where u.id = {t}.owner_id)",
        pub owner_id: i64 = "OwnerId",
        pub owner_key: Uuid = "OwnerKey",
        /// As it was when the workspace was made.
        pub owner_name: String = "OwnerName",
        pub last_login: Option<Timestamp> = "LastLogin"
            sql "select u.last_login_at from tenant_users u where u.id = {t}.owner_id",
        pub created_at: Timestamp,
    }
    computed {
        "ExploringUserIds": Option<String> kind Kind::Collection(&Kind::Int64),
    }
}

store::entity! {
    /// Somebody who looks into a workspace of somebody else.
    pub struct Explorer in Tenant, table "workspace_explorers" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub user_id: i64,
        pub started_at: Timestamp,
    }
}

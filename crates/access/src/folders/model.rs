//! Folders and who is assigned to them, as they are kept.

use jiff::Timestamp;
use store::Migration;
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-002-folders",
    sql: "
        create table folders (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            display_name text not null,
            display_name_folded text not null,
            path text not null,
            path_folded text not null,
            description text,
            parent_id bigint,
            parent_key {uuid},
            lineage text not null,
            depth bigint not null,
            folder_type bigint not null,
            is_personal {bool} not null,
            provision_type bigint not null,
            permission_model bigint not null,
            feed_type bigint not null,
            created_at bigint not null
        );
        create unique index folders_key on folders (tenant_id, key);
        create unique index folders_path on folders (tenant_id, path_folded);
        create index folders_parent on folders (tenant_id, parent_id);
        create table folder_members (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            user_id bigint not null,
            has_alerts {bool} not null
        );
        create unique index folder_members_once on folder_members (tenant_id, folder_id, user_id);
        create index folder_members_user on folder_members (tenant_id, user_id);
    ",
};

odata::enumeration! {
    /// Kind of a folder.
    pub enum FolderType: "FolderDtoFolderType" { Standard = 0, Personal = 1, Virtual = 2, Solution = 3, DebugSolution = 4 }
}
odata::enumeration! {
    /// How robots come to a folder.
    pub enum ProvisionType: "FolderDtoProvisionType" { Manual = 0, Automatic = 1 }
}
odata::enumeration! {
    /// Whose roles decide in a folder.
    pub enum PermissionModel: "FolderDtoPermissionModel" { InheritFromTenant = 0, FineGrained = 1 }
}
odata::enumeration! {
    /// Where a folder takes its packages from.
    pub enum FeedType: "FolderDtoFeedType" {
        Undefined = 0,
        /// The feed of the tenant.
        Processes = 1,
        Libraries = 2,
        PersonalWorkspace = 3,
        /// A feed of the root folder and all folders below it.
        FolderHierarchy = 4,
    }
}

store::entity! {
    /// A folder. Contract schema `FolderDto`.
    #[derive(PartialEq)]
    pub struct Folder in Tenant, table "folders", as "FolderDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub display_name: String = "DisplayName" folded "display_name_folded" max 115,
        /// Names from the root joined by `/`; kept up to date when an ancestor is renamed or moved.
        pub path: String = "FullyQualifiedName" folded "path_folded",
        pub description: Option<String> = "Description" max 500,
        pub folder_type: FolderType = "FolderType",
        pub is_personal: bool = "IsPersonal",
        pub provision_type: ProvisionType = "ProvisionType",
        pub permission_model: PermissionModel = "PermissionModel",
        pub parent_id: Option<i64> = "ParentId",
        pub parent_key: Option<Uuid> = "ParentKey",
        pub feed_type: FeedType = "FeedType",
        /// Ids from the root to the folder itself: `/1/7/`. A subtree is what starts with it.
        pub lineage: String,
        /// 0 for a root folder.
        pub depth: i64,
        pub created_at: Timestamp,
    }
}

store::entity! {
    /// A principal assigned to a folder, with or without roles there.
    #[derive(PartialEq)]
    pub struct FolderMember in Tenant, table "folder_members" {
        #[key] pub id: i64,
        pub folder_id: i64,
        pub user_id: i64,
        pub has_alerts: bool,
    }
}

impl Folder {
    /// Ids of the folder's ancestors and of itself, from the root on.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.lineage.split('/').filter_map(|id| id.parse().ok())
    }

    /// The folder as the guard hands it to handlers.
    pub fn to_ref(&self) -> web::FolderRef {
        web::FolderRef {
            id: self.id,
            key: self.key,
            path: self.path.as_str().into(),
        }
    }
}

//! Roles and their assignments, as they are kept.

use context::{Permission, PermissionSet};
use store::{Json, Migration};

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-003-roles",
    sql: "
        create table roles (
            id {id},
            tenant_id bigint not null,
            name text not null,
            name_folded text not null,
            display_name text not null,
            role_type bigint not null,
            role_groups text not null,
            is_static {bool} not null,
            is_editable {bool} not null,
            permissions text not null
        );
        create unique index roles_name on roles (tenant_id, name_folded);
        create table role_assignments (
            id {id},
            tenant_id bigint not null,
            user_id bigint not null,
            role_id bigint not null,
            folder_id bigint not null
        );
        create unique index role_assignments_once on role_assignments (tenant_id, user_id, folder_id, role_id);
        create index role_assignments_role on role_assignments (tenant_id, role_id);
        create index role_assignments_folder on role_assignments (tenant_id, folder_id);
    ",
};

odata::enumeration! {
    /// Where a role can be assigned, and which permissions it may hold.
    pub enum RoleType: "RoleDtoType" {
        /// Both levels. Built in only.
        Mixed = 0,
        Tenant = 1,
        Folder = 2,
    }
}

store::entity! {
    /// A named set of permissions. Contract schema `RoleDto`.
    #[derive(PartialEq)]
    pub struct Role in Tenant, table "roles", as "RoleDto" {
        #[key] pub id: i64 = "Id" kind odata::Kind::Int32,
        pub name: String = "Name" folded "name_folded" max 64,
        pub display_name: String = "DisplayName" max 64,
        pub role_type: RoleType = "Type",
        pub role_groups: String = "Groups",
        pub is_static: bool = "IsStatic",
        pub is_editable: bool = "IsEditable",
        /// Names such as `Assets.View`, in catalogue order.
        pub permissions: Json<Vec<String>>,
    }
    navigation {
        "Permissions": collection of model crate::roles::catalogue::model,
    }
}

store::entity! {
    /// A role given to a principal, on the tenant or on a folder. Contract schema `UserRoleDto`.
    #[derive(PartialEq)]
    pub struct Assignment in Tenant, table "role_assignments", as "UserRoleDto" {
        #[key] pub id: i64 = "Id",
        pub user_id: i64 = "UserId",
        pub role_id: i64 = "RoleId" kind odata::Kind::Int32,
        /// The folder it holds in, with everything below; [`ON_TENANT`] for the tenant.
        pub folder_id: i64,
        pub user_name: Option<String> = "UserName" sql "select u.user_name from tenant_users u where u.id = {t}.user_id",
        pub role_name: Option<String> = "RoleName" sql "select r.name from roles r where r.id = {t}.role_id",
        pub role_type: Option<RoleType> = "RoleType" sql "select r.role_type from roles r where r.id = {t}.role_id",
    }
}

/// `folder_id` of assignments on the tenant.
pub const ON_TENANT: i64 = 0;

impl Role {
    /// The permissions as a set. Names that the catalogue does not know (any more) are left out.
    pub fn set(&self) -> PermissionSet {
        self.permissions
            .0
            .iter()
            .filter_map(|name| Permission::parse(name))
            .collect()
    }
}

impl Assignment {
    /// A new assignment, to be inserted.
    pub fn new(user_id: i64, role_id: i64, folder_id: i64) -> Self {
        Self {
            id: 0,
            user_id,
            role_id,
            folder_id,
            user_name: None,
            role_name: None,
            role_type: None,
        }
    }
}

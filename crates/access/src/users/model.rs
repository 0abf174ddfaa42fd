//! Directory principals that a tenant knows, as they are kept.

use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Source::Computed};
use store::Migration;
use uuid::Uuid;

use crate::roles::model::Assignment;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-004-users",
    sql: "
        create table tenant_users (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            user_type bigint not null,
            user_name text not null,
            user_name_folded text not null,
            name text,
            surname text,
            full_name text,
            full_name_folded text,
            email text,
            email_folded text,
            is_active {bool} not null,
            only_inherited {bool} not null,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint,
            last_login_at bigint,
            user_session {bool} not null,
            robot_session {bool} not null,
            unattended_session {bool} not null,
            personal_workspace {bool} not null,
            restrict_to_workspace {bool} not null,
            update_policy bigint not null,
            update_version text,
            culture text
        );
        create unique index tenant_users_key on tenant_users (tenant_id, key);
        create index tenant_users_name on tenant_users (tenant_id, user_name_folded);
        create index tenant_users_principal on tenant_users (key);
    ",
};

odata::enumeration! {
    /// What kind of principal a tenant user stands for.
    pub enum UserType: "UserDtoType" {
        User = 0,
        Robot = 1,
        DirectoryUser = 2,
        DirectoryGroup = 3,
        DirectoryRobot = 4,
        DirectoryExternalApplication = 5,
    }
}
odata::enumeration! {
    /// Which version the robots of a user are brought to.
    pub enum UpdatePolicy: "UpdatePolicyDtoType" { None = 0, SpecificVersion = 1, LatestVersion = 2, LatestPatch = 3 }
}

store::entity! {
    /// A directory principal in a tenant: user, group, robot account or external application. Contract schema `UserDto`.
    #[derive(PartialEq)]
    pub struct TenantUser in Tenant, table "tenant_users", as "UserDto" {
        #[key] pub id: i64 = "Id",
        /// GUID of the principal in the organization's directory.
        pub key: Uuid = "Key",
        pub user_type: UserType = "Type",
        pub user_name: String = "UserName" folded "user_name_folded",
        pub name: Option<String> = "Name" max 1024,
        pub surname: Option<String> = "Surname" max 1024,
        pub full_name: Option<String> = "FullName" folded "full_name_folded",
        pub email: Option<String> = "EmailAddress" folded "email_folded" max 256,
        pub is_active: bool = "IsActive",
        /// Made when a member of a group first came; holds nothing of its own.
        pub only_inherited: bool = "HasOnlyInheritedPrivileges",
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub modified_at: Option<Timestamp> = "LastModificationTime",
        pub modifier_id: Option<i64> = "LastModifierUserId",
        pub last_login_at: Option<Timestamp> = "LastLoginTime",
        pub user_session: bool = "MayHaveUserSession",
        pub robot_session: bool = "MayHaveRobotSession",
        pub unattended_session: bool = "MayHaveUnattendedSession",
        pub personal_workspace: bool = "MayHavePersonalWorkspace",
        pub restrict_to_workspace: bool = "RestrictToPersonalWorkspace",
        pub update_policy: UpdatePolicy,
        pub update_version: Option<String>,
        pub culture: Option<String>,
    }
    computed {
        "DirectoryIdentifier": Uuid = sql "{t}.key",
        "ExplicitMayHaveUserSession": bool = sql "{t}.user_session",
        "ExplicitMayHaveRobotSession": bool = sql "{t}.robot_session",
        "ExplicitMayHavePersonalWorkspace": bool = sql "{t}.personal_workspace",
        "ExplicitRestrictToPersonalWorkspace": bool = sql "{t}.restrict_to_workspace",
        "Domain": String,
        "AuthenticationSource": String,
        "Password": Option<String>,
        "IsExternalLicensed": bool,
        "RolesList": Option<String> kind Kind::Collection(&Kind::String),
        "LoginProviders": Option<String> kind Kind::Collection(&Kind::String),
        "TenantId": i32,
        "TenancyName": String,
        "TenantDisplayName": String,
        "TenantKey": String,
        "ProvisionType": String,
        "LicenseType": Option<String>,
        "RobotProvision": Option<String> kind Kind::Dynamic,
        "UnattendedRobot": Option<String> kind Kind::Dynamic,
        "NotificationSubscription": Option<String> kind Kind::Dynamic,
        "UpdatePolicy": Option<String> kind Kind::Complex(update_policy_model),
        "AccountId": Option<String>,
    }
    navigation {
        "UserRoles": collection of Assignment,
        "OrganizationUnits": collection of model organization_unit_model,
    }
}

fn update_policy_model() -> &'static EntityType {
    use odata::Enumeration as _;
    static MODEL: EntityType = EntityType {
        name: "UpdatePolicyDto",
        key: None,
        properties: &[
            Property::new("Type", Kind::Enum(UpdatePolicy::TYPE), Computed),
            Property::new("SpecificVersion", Kind::String, Computed)
                .nullable(true)
                .max_length(128),
        ],
        navigations: &[],
    };
    &MODEL
}

fn organization_unit_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "OrganizationUnitDto",
        key: Some("Id"),
        properties: &[
            Property::new("DisplayName", Kind::String, Computed).max_length(128),
            Property::new("Id", Kind::Int64, Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

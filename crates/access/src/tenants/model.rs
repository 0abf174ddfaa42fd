//! Tenants as they are kept.

use jiff::Timestamp;
use store::Migration;
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-001-tenants",
    sql: "
        create table tenants (
            id {id},
            organization_id {uuid} not null,
            key {uuid} not null,
            name text not null,
            name_folded text not null,
            display_name text not null,
            active {bool} not null,
            wrapped_key {blob} not null,
            created_at bigint not null,
            last_login_at bigint
        );
        create unique index tenants_key on tenants (key);
        create unique index tenants_name on tenants (organization_id, name_folded);
    ",
};

store::entity! {
    /// A tenant of an organization. Contract schema `TenantDto`.
    #[derive(PartialEq)]
    pub struct Tenant in Organization, table "tenants", as "TenantDto" {
        #[key] pub id: i64 = "Id" kind odata::Kind::Int32,
        pub key: Uuid = "Key",
        pub name: String = "Name" folded "name_folded" max 64,
        pub display_name: String = "DisplayName" max 128,
        pub active: bool = "IsActive",
        /// Data key of the tenant, wrapped by the installation key.
        #[secret] pub wrapped_key: Vec<u8>,
        pub created_at: Timestamp,
        pub last_login_at: Option<Timestamp> = "LastLoginTime",
    }
    computed {
        "OrganizationName": Option<String>,
        "AdminEmailAddress": Option<String>,
        "AdminName": Option<String>,
        "AdminSurname": Option<String>,
        "AdminUserKey": Option<String>,
        "AdminPassword": Option<String>,
        "License": Option<String> kind odata::Kind::Complex(license),
    }
}

/// `TenantLicenseDto`. Installations of this product need no licence, so it is always null.
fn license() -> &'static odata::EntityType {
    use odata::{Kind, Property, Source::Computed};
    static MODEL: odata::EntityType = odata::EntityType {
        name: "TenantLicenseDto",
        key: None,
        properties: &[
            Property::new("CreationTime", Kind::DateTime, Computed),
            Property::new("Code", Kind::String, Computed).nullable(true),
            Property::new("Allowed", Kind::Dynamic, Computed).nullable(true),
            Property::new("Id", Kind::Int64, Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

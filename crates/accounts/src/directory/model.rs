//! Principals that are kept elsewhere but can be group members and be searched for.

use uuid::Uuid;

store::entity! {
    /// An external application as directory principal (reference: identity 1.1, "Roles / memberships").
    pub struct DirectoryApplication in Organization, table "directory_applications" {
        #[key] pub id: Uuid,
        pub name: String folded "name_folded",
    }
}

/// Tables of the directory.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-004-directory",
    sql: "
        create table directory_applications (
            id {uuid} not null primary key,
            organization_id {uuid} not null references organizations (id),
            name text not null,
            name_folded text not null
        );
        create index directory_applications_name on directory_applications (organization_id, name_folded);
    ",
};

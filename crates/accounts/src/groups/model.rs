//! What is stored of a group.

use jiff::Timestamp;
use uuid::Uuid;

odata::enumeration! {
    /// Origin of a group (reference: identity 4.2).
    pub enum GroupType: "GroupType" {
        BuiltIn as "builtIn" = 0,
        Custom as "custom" = 1,
    }
}

odata::enumeration! {
    /// What can be in a group.
    pub enum MemberKind: "MemberKind" {
        User = 0,
        RobotAccount = 4,
        Application = 5,
    }
}

store::entity! {
    /// A group. Contract schema `GroupDto`.
    pub struct Group in Organization, table "groups" {
        #[key] pub id: Uuid,
        pub name: String folded "name_folded",
        pub display_name: String,
        pub kind: GroupType,
        pub created_at: Timestamp,
        pub modified_at: Option<Timestamp>,
    }
}

store::entity! {
    /// A member of a group. Everyone has no rows: every account is in it.
    pub struct Membership in Organization, table "group_members" {
        #[key] pub id: i64,
        pub group_id: Uuid,
        pub member_kind: MemberKind,
        pub member_id: Uuid,
    }
}

/// The groups every organization has (reference: identity 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    Administrators,
    AutomationUsers,
    AutomationDevelopers,
    CitizenDevelopers,
    AutomationExpress,
    Everyone,
}

impl BuiltIn {
    pub const ALL: [Self; 6] = [
        Self::Administrators,
        Self::AutomationUsers,
        Self::AutomationDevelopers,
        Self::CitizenDevelopers,
        Self::AutomationExpress,
        Self::Everyone,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrators => "Administrators",
            Self::AutomationUsers => "Automation Users",
            Self::AutomationDevelopers => "Automation Developers",
            Self::CitizenDevelopers => "Citizen Developers",
            Self::AutomationExpress => "Automation Express",
            Self::Everyone => "Everyone",
        }
    }
}

/// Tables of groups.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-003-groups",
    sql: "
        create table groups (
            id {uuid} not null primary key,
            organization_id {uuid} not null references organizations (id),
            name text not null,
            name_folded text not null,
            display_name text not null,
            kind bigint not null,
            created_at bigint not null,
            modified_at bigint
        );
        create unique index groups_name on groups (organization_id, name_folded);
        create table group_members (
            id {id},
            organization_id {uuid} not null references organizations (id),
            group_id {uuid} not null references groups (id),
            member_kind bigint not null,
            member_id {uuid} not null
        );
        create unique index group_members_member on group_members (group_id, member_kind, member_id);
        create index group_members_by_member on group_members (organization_id, member_id);
    ",
};

//! What is stored of a user.

use jiff::Timestamp;
use odata::{Constant, Scalar};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

odata::enumeration! {
    /// Kind of an account (reference: identity 4.2).
    pub enum UserType: "UserType" {
        User as "user" = 0,
        Robot as "robot" = 1,
        DirectoryUser as "directoryUser" = 2,
        DirectoryGroup as "directoryGroup" = 3,
        RobotAccount as "robotAccount" = 4,
        Application as "application" = 5,
    }
}

/// A password hash in PHC form; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phc(String);

impl Phc {
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Phc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Scalar for Phc {
    const KIND: odata::Kind = odata::Kind::String;

    fn to_constant(&self) -> Constant {
        Constant::Text(self.0.clone())
    }

    fn from_constant(constant: Constant) -> Option<Self> {
        match constant {
            Constant::Text(text) => Some(Self(text)),
            _ => None,
        }
    }
}

store::entity! {
    /// A local user. Contract schema `UserDto`.
    pub struct User in Organization, table "users" {
        /// The number older interfaces know the user by; from the database.
        #[key] pub legacy_id: i64,
        /// The identity everything else refers to; `sub` of tokens.
        pub id: Uuid,
        pub user_name: String folded "user_name_folded",
        pub email: Option<String> folded "email_folded",
        pub email_confirmed: bool,
        pub name: String,
        pub surname: String,
        pub display_name: String folded "display_name_folded",
        pub is_active: bool,
        pub invitation_accepted: bool,
        /// May use the local password although sign-in by password is restricted.
        pub bypass_basic_auth: bool,
        /// Created with the organization; cannot be deleted.
        pub is_built_in: bool,
        pub password: Option<Phc>,
        /// Earlier hashes, newest first, without the current one.
        #[secret] pub password_history: store::Json<Vec<Phc>>,
        pub password_changed_at: Option<Timestamp>,
        pub must_change_password: bool,
        /// Wrong passwords in a row.
        pub failed_attempts: i32,
        pub locked_until: Option<Timestamp>,
        /// Changes whenever what was handed out before must lose its worth: password, activity, deletion.
        pub stamp: Uuid,
        /// When the stamp changed last; tokens issued earlier are void.
        pub stamped_at: Timestamp,
        pub last_login_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub modified_at: Option<Timestamp>,
        pub deleted_at: Option<Timestamp>,
    }
}

impl User {
    /// Whether wrong passwords keep the account closed at `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| until > now)
    }

    /// Name, surname or both, else the display name, else the user name.
    pub fn shown(&self) -> &str {
        if self.display_name.is_empty() {
            &self.user_name
        } else {
            &self.display_name
        }
    }
}

/// Tables of users.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-002-users",
    sql: "
        create table users (
            legacy_id {id},
            organization_id {uuid} not null references organizations (id),
            id {uuid} not null,
            user_name text not null,
            user_name_folded text not null,
            email text,
            email_folded text,
            email_confirmed {bool} not null,
            name text not null,
            surname text not null,
            display_name text not null,
            display_name_folded text not null,
            is_active {bool} not null,
            invitation_accepted {bool} not null,
            bypass_basic_auth {bool} not null,
            is_built_in {bool} not null,
            password text,
            password_history text not null,
            password_changed_at bigint,
            must_change_password {bool} not null,
            failed_attempts bigint not null,
            locked_until bigint,
            stamp {uuid} not null,
            stamped_at bigint not null,
            last_login_at bigint,
            created_at bigint not null,
            modified_at bigint,
            deleted_at bigint
        );
        create unique index users_id on users (id);
        create unique index users_user_name on users (organization_id, user_name_folded) where deleted_at is null;
        create unique index users_email on users (organization_id, email_folded) where deleted_at is null and email_folded is not null;
    ",
};

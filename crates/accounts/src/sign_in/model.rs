//! What is stored of attempts to sign in.

use jiff::Timestamp;
use uuid::Uuid;

odata::enumeration! {
    /// How an attempt ended (reference: identity 4.2, in the contract's order).
    pub enum AttemptResult: "LoginAttemptResult" {
        Success as "success" = 0,
        InvalidPassword as "invalidPassword" = 1,
        UserIsNotActive as "userIsNotActive" = 2,
        InvalidUserNameTenancyName as "invalidUserNameTenancyName" = 3,
        TenantIsNotActive as "tenantIsNotActive" = 4,
        UserEmailIsNotConfirmed as "userEmailIsNotConfirmed" = 5,
        UnknownExternalLogin as "unknownExternalLogin" = 6,
        LockedOut as "lockedOut" = 7,
        ExternalFailedAuthentication as "externalFailedAuthentication" = 8,
        AdLogin as "adLogin" = 9,
    }
}

store::entity! {
    /// One attempt. Contract schema `UserLoginAttemptDto`.
    pub struct LoginAttempt in Organization, table "login_attempts" {
        #[key] pub id: i64,
        /// The account that was meant, if there is one.
        pub user_id: Option<Uuid>,
        /// What was typed, cut to 256 characters.
        pub user_name_or_email: String,
        pub client_address: Option<String>,
        pub agent: Option<String>,
        pub result: AttemptResult,
        pub created_at: Timestamp,
    }
}

/// Tables of sign-in.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-006-login-attempts",
    sql: "
        create table login_attempts (
            id {id},
            organization_id {uuid} not null references organizations (id),
            user_id {uuid},
            user_name_or_email text not null,
            client_address text,
            agent text,
            result bigint not null,
            created_at bigint not null
        );
        create index login_attempts_user on login_attempts (organization_id, user_id, created_at);
        create index login_attempts_age on login_attempts (created_at);
    ",
};

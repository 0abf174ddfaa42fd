//! What is stored of a session.

use jiff::Timestamp;
use uuid::Uuid;

odata::enumeration! {
    /// Why a session ended before its time.
    pub enum EndReason: "SessionEndReason" {
        SignedOut = 0,
        SignedOutEverywhere = 1,
        Replaced = 2,
        PasswordChanged = 3,
        AccountClosed = 4,
    }
}

store::entity! {
    /// A browser session. The cookie's value is 256 random bits; only its SHA-256 is kept.
    pub struct Session in Organization, table "sessions" {
        /// `sid` of tokens.
        #[key] pub id: Uuid,
        #[secret] pub token_hash: Vec<u8>,
        pub user_id: Uuid,
        /// What the hidden `_csrf` field of forms repeats.
        #[secret] pub csrf: String,
        /// When the password was given: `auth_time` of tokens.
        pub authenticated_at: Timestamp,
        pub created_at: Timestamp,
        /// The last request a person made, to the minute.
        pub seen_at: Timestamp,
        /// The password must be changed before the session is good for anything else.
        pub must_change_password: bool,
        pub address: Option<String>,
        pub agent: Option<String>,
        pub ended_at: Option<Timestamp>,
        pub end_reason: Option<EndReason>,
    }
}

/// Tables of sessions.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-005-sessions",
    sql: "
        create table sessions (
            id {uuid} not null primary key,
            organization_id {uuid} not null references organizations (id),
            token_hash {blob} not null,
            user_id {uuid} not null,
            csrf text not null,
            authenticated_at bigint not null,
            created_at bigint not null,
            seen_at bigint not null,
            must_change_password {bool} not null,
            address text,
            agent text,
            ended_at bigint,
            end_reason bigint
        );
        create unique index sessions_token on sessions (token_hash);
        create index sessions_user on sessions (organization_id, user_id);
        create index sessions_age on sessions (created_at);
    ",
};

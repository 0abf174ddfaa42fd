//! What is stored of a personal access token.

use jiff::Timestamp;
use uuid::Uuid;

store::entity! {
    /// A personal access token. Only the SHA-256 of its value is kept.
    pub struct PersonalToken in Organization, table "personal_access_tokens" {
        #[key] pub id: Uuid,
        pub user_id: Uuid,
        pub description: String,
        #[secret] pub hash: Vec<u8>,
        /// User scopes.
        pub scopes: store::Json<Vec<String>>,
        pub created_at: Timestamp,
        /// When the present value was made.
        pub issued_at: Timestamp,
        pub expires_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
    }
}

/// Tables of personal access tokens.
pub const MIGRATION: store::Migration = store::Migration {
    id: "identity-004-personal-tokens",
    sql: "
        create table personal_access_tokens (
            id {uuid} not null primary key,
            organization_id {uuid} not null,
            user_id {uuid} not null,
            description text not null,
            hash {blob} not null,
            scopes text not null,
            created_at bigint not null,
            issued_at bigint not null,
            expires_at bigint not null,
            last_used_at bigint
        );
        create unique index personal_access_tokens_hash on personal_access_tokens (hash);
        create index personal_access_tokens_user on personal_access_tokens (organization_id, user_id);
        create index personal_access_tokens_expiry on personal_access_tokens (expires_at);
    ",
};

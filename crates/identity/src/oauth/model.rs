//! What is stored of grants, codes and refresh tokens. Of every secret value only its SHA-256 is kept.

use jiff::Timestamp;
use uuid::Uuid;

store::entity! {
    /// What a user allowed a client: the family of a code, its refresh tokens and its access tokens.
    pub struct Grant in Organization, table "oauth_grants" {
        #[key] pub id: Uuid,
        pub client_id: Uuid,
        pub user_id: Uuid,
        pub session_id: Option<Uuid>,
        /// Everything granted at the authorize endpoint.
        pub scopes: store::Json<Vec<String>>,
        /// When the user gave the password.
        pub authenticated_at: Timestamp,
        /// The user's security stamp then; another one voids the grant.
        pub stamp: Uuid,
        pub created_at: Timestamp,
        /// End of the last refresh token, counted from the first login.
        pub expires_at: Timestamp,
        pub revoked_at: Option<Timestamp>,
    }
}

store::entity! {
    /// An authorization code; good once.
    pub struct Code in Organization, table "oauth_codes" {
        #[key] pub hash: Vec<u8>,
        pub grant_id: Uuid,
        pub client_id: Uuid,
        pub redirect_uri: String,
        /// `S256` challenge (RFC 7636).
        pub challenge: Option<String>,
        pub nonce: Option<String>,
        pub expires_at: Timestamp,
        pub used_at: Option<Timestamp>,
    }
}

store::entity! {
    /// A refresh token; good once, then replaced.
    pub struct RefreshToken in Organization, table "oauth_refresh_tokens" {
        #[key] pub hash: Vec<u8>,
        pub grant_id: Uuid,
        pub client_id: Uuid,
        pub issued_at: Timestamp,
        pub expires_at: Timestamp,
        pub used_at: Option<Timestamp>,
    }
}

store::entity! {
    /// An access token, or all of a grant, that is refused although its time has not passed.
    pub struct DeniedToken in Host, table "oauth_denied_tokens" {
        /// `jti`, or the id of a grant.
        #[key] pub id: String,
        /// When the last token concerned expires by itself.
        pub until: Timestamp,
    }
}

store::entity! {
    /// A client assertion that was used (RFC 7523 section 3, `jti`).
    pub struct UsedAssertion in Host, table "oauth_used_assertions" {
        /// Client and SHA-256 of the `jti`.
        #[key] pub id: String,
        pub until: Timestamp,
    }
}

store::entity! {
    /// What a user agreed to.
    pub struct Consent in Organization, table "oauth_consents" {
        #[key] pub id: i64,
        pub user_id: Uuid,
        pub client_id: Uuid,
        pub scopes: store::Json<Vec<String>>,
        pub given_at: Timestamp,
    }
}

/// Tables of the authorization server.
pub const MIGRATION: store::Migration = store::Migration {
    id: "identity-003-oauth",
    sql: "
        create table oauth_grants (
            id {uuid} not null primary key,
            organization_id {uuid} not null,
            client_id {uuid} not null,
            user_id {uuid} not null,
            session_id {uuid},
            scopes text not null,
            authenticated_at bigint not null,
            stamp {uuid} not null,
            created_at bigint not null,
            expires_at bigint not null,
            revoked_at bigint
        );
        create index oauth_grants_client on oauth_grants (client_id);
        create index oauth_grants_user on oauth_grants (organization_id, user_id);
        create index oauth_grants_session on oauth_grants (session_id);
        create index oauth_grants_expiry on oauth_grants (expires_at);

        create table oauth_codes (
            hash {blob} not null primary key,
            organization_id {uuid} not null,
            grant_id {uuid} not null references oauth_grants (id),
            client_id {uuid} not null,
            redirect_uri text not null,
            challenge text,
            nonce text,
            expires_at bigint not null,
            used_at bigint
        );
        create index oauth_codes_grant on oauth_codes (grant_id);

        create table oauth_refresh_tokens (
            hash {blob} not null primary key,
            organization_id {uuid} not null,
            grant_id {uuid} not null references oauth_grants (id),
            client_id {uuid} not null,
            issued_at bigint not null,
            expires_at bigint not null,
            used_at bigint
        );
        create index oauth_refresh_tokens_grant on oauth_refresh_tokens (grant_id);

        create table oauth_denied_tokens (
            id text not null primary key,
            until bigint not null
        );
        create table oauth_used_assertions (
            id text not null primary key,
            until bigint not null
        );
        create table oauth_consents (
            id {id},
            organization_id {uuid} not null,
            user_id {uuid} not null,
            client_id {uuid} not null,
            scopes text not null,
            given_at bigint not null
        );
        create unique index oauth_consents_pair on oauth_consents (organization_id, user_id, client_id);
    ",
};

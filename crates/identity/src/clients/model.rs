//! What is stored of an application.

use jiff::Timestamp;
use uuid::Uuid;

use crate::scopes::Kind;

store::entity! {
    /// An external application. Contract schema of the external client (reference: identity 1.9).
    pub struct Client in Organization, table "clients" {
        /// The OAuth `client_id`.
        #[key] pub id: Uuid,
        /// Not unique; never a key.
        pub name: String folded "name_folded",
        /// Fixed at creation.
        pub confidential: bool,
        pub enabled: bool,
        pub redirect_uris: store::Json<Vec<String>>,
        pub user_scopes: store::Json<Vec<String>>,
        pub application_scopes: store::Json<Vec<String>>,
        /// Public keys for `private_key_jwt`.
        pub keys: store::Json<Vec<jose::Jwk>>,
        /// Life of its access tokens, seconds, 300 to 86,400.
        pub access_token_lifetime: i64,
        pub created_at: Timestamp,
        /// Name of who registered it.
        pub created_by: String,
        pub modified_at: Timestamp,
        /// Set for the client of a machine object: the key of its tenant. `None`: an external application.
        pub machine_tenant: Option<Uuid>,
    }
}

store::entity! {
    /// A secret of a confidential application or of a machine object. The value is known only to whoever it was shown to.
    pub struct ClientSecret in Organization, table "client_secrets" {
        #[key] pub id: i64,
        pub client_id: Uuid,
        pub description: String,
        /// SHA-256 of the value.
        #[secret] pub hash: Vec<u8>,
        pub created_at: Timestamp,
        pub expires_at: Option<Timestamp>,
        /// The audit log tells of the expiry.
        pub expiry_noticed: bool,
    }
}

impl Client {
    /// The registered scopes of a kind.
    pub fn scopes(&self, kind: Kind) -> &[String] {
        match kind {
            Kind::User => &self.user_scopes.0,
            Kind::Application => &self.application_scopes.0,
        }
    }

    /// Whether `name` is registered as this kind, to the letter.
    pub fn has_scope(&self, kind: Kind, name: &str) -> bool {
        self.scopes(kind).iter().any(|scope| scope == name)
    }

    /// Several redirect addresses travel as one text.
    pub fn redirect_uri_text(&self) -> String {
        self.redirect_uris.0.join(",")
    }
}

impl ClientSecret {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// Tables of applications.
pub const MIGRATION: store::Migration = store::Migration {
    id: "identity-001-clients",
    sql: "
        create table clients (
            id {uuid} not null primary key,
            organization_id {uuid} not null,
            name text not null,
            name_folded text not null,
            confidential {bool} not null,
            enabled {bool} not null,
            redirect_uris text not null,
            user_scopes text not null,
            application_scopes text not null,
            keys text not null,
            access_token_lifetime bigint not null,
            created_at bigint not null,
            created_by text not null,
            modified_at bigint not null
        );
        create index clients_name on clients (organization_id, name_folded);

        create table client_secrets (
            id {id},
            organization_id {uuid} not null,
            client_id {uuid} not null references clients (id),
            description text not null,
            hash {blob} not null,
            created_at bigint not null,
            expires_at bigint,
            expiry_noticed {bool} not null
        );
        create index client_secrets_client on client_secrets (client_id);
        create index client_secrets_expiry on client_secrets (expires_at);

        create table client_usage (
            client_id {uuid} not null primary key,
            organization_id {uuid} not null,
            last_used_at bigint not null,
            tokens bigint not null
        );
        create table client_usage_days (
            client_id {uuid} not null,
            organization_id {uuid} not null,
            day bigint not null,
            tokens bigint not null,
            primary key (client_id, day)
        );
        create table client_scope_usage (
            client_id {uuid} not null,
            organization_id {uuid} not null,
            kind bigint not null,
            scope text not null,
            last_used_at bigint not null,
            primary key (client_id, kind, scope)
        );
        create table client_secret_usage (
            secret_id bigint not null primary key,
            organization_id {uuid} not null,
            last_used_at bigint not null
        );
    ",
};

/// Clients of machine objects beside those of applications. The index of names serves applications only.
pub const MACHINES: store::Migration = store::Migration {
    id: "identity-005-machines",
    sql: "
        alter table clients add column machine_tenant {uuid};
        drop index clients_name;
        create index clients_name on clients (organization_id, name_folded) where machine_tenant is null;
        create index clients_public on clients (organization_id) where not confidential;
    ",
};

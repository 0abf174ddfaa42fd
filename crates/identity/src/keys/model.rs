//! What is stored of a signing key.

use jiff::Timestamp;
use uuid::Uuid;

store::entity! {
    /// A signing key of the installation.
    pub struct SigningKeyRow in Host, table "signing_keys" {
        #[key] pub id: Uuid,
        /// Registered name: `RS256`, `ES256`, `EdDSA`.
        pub algorithm: String,
        /// The data key that seals this row, wrapped by the installation key.
        #[secret] pub data_key: Vec<u8>,
        /// The PKCS#8 document, sealed.
        #[secret] pub sealed: Vec<u8>,
        pub created_at: Timestamp,
        /// From when on it signs; published before.
        pub activates_at: Timestamp,
        /// From when on it does not sign any more; published until it is deleted.
        pub retired_at: Option<Timestamp>,
    }
}

impl SigningKeyRow {
    /// The place the sealed bytes are bound to.
    pub(super) fn context(id: Uuid) -> String {
        format!("signing_keys/{id}")
    }
}

/// Tables of keys.
pub const MIGRATION: store::Migration = store::Migration {
    id: "identity-002-signing-keys",
    sql: "
        create table signing_keys (
            id {uuid} not null primary key,
            algorithm text not null,
            data_key {blob} not null,
            sealed {blob} not null,
            created_at bigint not null,
            activates_at bigint not null,
            retired_at bigint
        );
    ",
};

//! What is stored of an organization.

use jiff::Timestamp;
use uuid::Uuid;

use super::Settings;

/// The host level as an organization: its users are the system administrators (reference: identity 5.1).
pub const HOST: Uuid = Uuid::from_u128(0x9f5c_1d0a_3c6e_4b8e_9a41_6d0c_7e52_b001);
/// Name under which system administrators sign in.
pub const HOST_URL_NAME: &str = "host";

store::entity! {
    /// An organization. Its id is the `partitionGlobalId` of the identity API and the `prt_id` of tokens.
    pub struct Organization in Host, table "organizations" {
        #[key] pub id: Uuid,
        pub name: String folded "name_folded",
        /// The "account logical name" in addresses.
        pub url_name: String folded "url_name_folded",
        pub is_active: bool,
        /// The wrapped data key under which the organization's secrets are sealed.
        #[secret] pub data_key: Vec<u8>,
        pub settings: store::Json<Settings>,
        pub created_at: Timestamp,
        pub modified_at: Option<Timestamp>,
    }
}

/// Tables of organizations.
pub const MIGRATION: store::Migration = store::Migration {
    id: "accounts-001-organizations",
    sql: "
        create table organizations (
            id {uuid} not null primary key,
            name text not null,
            name_folded text not null,
            url_name text not null,
            url_name_folded text not null,
            is_active {bool} not null,
            data_key {blob} not null,
            settings text not null,
            created_at bigint not null,
            modified_at bigint
        );
        create unique index organizations_url_name on organizations (url_name_folded);
    ",
};

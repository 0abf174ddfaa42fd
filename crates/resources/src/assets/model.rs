//! What an asset is: entities, enumerations and the types inside them.
//!
//! The list of properties is written once, in `asset_row!`; it makes the row of `assets` and the row that a folder's
//! list reads.

use access::tags::{TAGS, Tag};
use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Scalar as _, Source};
use serde::{Deserialize, Serialize};
use store::{Json, entity};
use uuid::Uuid;

odata::enumeration! {
    /// What an asset holds. The numbers are positions in the contract's enumeration.
    ///
    /// The console offers Text, Bool, Integer, Credential and Secret; the others are accepted from older clients.
    pub enum ValueType: "AssetValueType" {
        DBConnectionString = 0,
        HttpConnectionString = 1,
        Text = 2,
        Bool = 3,
        Integer = 4,
        Credential = 5,
        WindowsCredential = 6,
        KeyValueList = 7,
        Secret = 8,
    }
}

odata::enumeration! {
    /// Whether an asset has one value or values for single accounts.
    pub enum ValueScope: "AssetValueScope" {
        Global = 0,
        /// Values per account, and one for all others where `HasDefaultValue` says so.
        PerRobot = 1,
    }
}

impl ValueType {
    /// Whether part of the value is sealed and never answered.
    pub fn is_sealed(self) -> bool {
        matches!(self, Self::Credential | Self::WindowsCredential | Self::Secret)
    }
}

/// An entry of a value list. Contract schema `CustomKeyValuePair`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyValue {
    pub key: Option<String>,
    pub value: Option<String>,
}

macro_rules! asset_row {
    ($(#[$doc:meta])* $name:ident, $table:tt, { $($more:tt)* }) => {
        entity! {
            $(#[$doc])*
            pub struct $name in Tenant, table $table, as "AssetDto" {
                #[key] pub id: i64 = "Id",
                pub key: Uuid = "Key",
                pub name: String = "Name" folded "name_folded" max 256,
                pub value_scope: ValueScope = "ValueScope",
                pub value_type: ValueType = "ValueType",
                pub value: Option<String> = "Value" sql "case when not {t}.has_default_value then ''
                    when {t}.value_type in (0, 1, 2) then {t}.string_value
                    when {t}.value_type = 3 then case when {t}.bool_value then 'True' else 'False' end
                    when {t}.value_type = 4 then cast({t}.int_value as text)
                    when {t}.value_type in (5, 6) then 'username: ' || {t}.credential_username
                    when {t}.value_type = 8 then null else '' end",
                pub string_value: String = "StringValue" max 1_000_000,
                pub bool_value: bool = "BoolValue",
                pub int_value: i32 = "IntValue",
                pub credential_username: String = "CredentialUsername" max 512,
                pub external_name: Option<String> = "ExternalName" max 450,
                pub key_value_list: Json<Vec<KeyValue>> = "KeyValueList" kind KEY_VALUE_LIST,
                pub has_default_value: bool = "HasDefaultValue",
                pub description: Option<String> = "Description" max 250,
                pub allow_direct_api_access: bool = "AllowDirectApiAccess",
                pub tags: Json<Vec<Tag>> = "Tags" kind TAGS,
                pub folders_count: i32 = "FoldersCount"
                    sql "select count(*) from asset_folders c where c.asset_id = {t}.id",
                pub modified_at: Option<Timestamp> = "LastModificationTime",
                pub modified_by: Option<i64> = "LastModifierUserId",
                pub created_at: Timestamp = "CreationTime",
                pub created_by: Option<i64> = "CreatorUserId",
                $($more)*
            }
            computed {
                "CanBeDeleted": bool = sql "true",
                "CredentialPassword": String,
                "SecretValue": String,
                "CredentialStoreId": Option<i64>,
            }
            navigation {
                "UserValues": collection of UserValue as v on "v.asset_id = {t}.id",
                "RobotValues": collection of model robot_value,
            }
        }
    };
}

asset_row! {
    /// An asset. Contract schema `AssetDto`; `AllowDirectApiAccess` is known to newer clients only.
    Asset, "assets", {
        /// The password or secret of the default value, sealed with the tenant's key.
        #[secret] pub sealed: Option<Vec<u8>>,
    }
}

asset_row! {
    /// An asset as a folder's list reads it. Has nothing sealed.
    FolderAsset, "folder_assets", {
        pub folder_id: i64,
    }
}

entity! {
    /// The place of an asset in a folder, with what a list is most often narrowed by. Counting needs no more.
    pub struct Link in Tenant, table "asset_folders" {
        #[key] pub asset_id: i64,
        pub folder_id: i64,
        pub value_type: ValueType,
    }
}

entity! {
    /// The value of an asset for one account. Contract schema `AssetUserValueDto`.
    pub struct UserValue in Tenant, table "asset_user_values", as "AssetUserValueDto" {
        #[key] pub id: i64 = "Id",
        pub asset_id: i64,
        pub user_id: i64 = "UserId",
        pub value_type: ValueType = "ValueType",
        pub string_value: String = "StringValue" max 1_000_000,
        pub bool_value: bool = "BoolValue",
        pub int_value: i32 = "IntValue",
        pub value: Option<String> = "Value" sql "case
            when {t}.value_type in (0, 1, 2) then {t}.string_value
            when {t}.value_type = 3 then case when {t}.bool_value then 'True' else 'False' end
            when {t}.value_type = 4 then cast({t}.int_value as text)
            when {t}.value_type in (5, 6) then 'username: ' || {t}.credential_username
            when {t}.value_type = 8 then null else '' end",
        pub credential_username: String = "CredentialUsername" max 512,
        pub external_name: Option<String> = "ExternalName" max 450,
        pub key_value_list: Json<Vec<KeyValue>> = "KeyValueList" kind KEY_VALUE_LIST,
        #[secret] pub sealed: Option<Vec<u8>>,
    }
    computed {
        "Name": String,
        "UserName": Option<String>,
        "MachineId": Option<i64>,
        "MachineName": Option<String>,
        "CredentialPassword": String,
        "SecretValue": String,
        "CredentialStoreId": Option<i64>,
    }
}

const KEY_VALUE_LIST: Kind = Kind::Collection(&Kind::Complex(key_value));

/// The model of `CustomKeyValuePair`.
pub fn key_value() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "CustomKeyValuePair",
        key: None,
        properties: &[
            Property::computed("Key", Kind::String),
            Property::computed("Value", Kind::String),
        ],
        navigations: &[],
    };
    &MODEL
}

/// The model of `AssetRobotValueDto`: values of classic robots, of which there are none.
pub fn robot_value() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "AssetRobotValueDto",
        key: Some("Id"),
        properties: &[
            Property::computed("Name", Kind::String),
            Property::computed("RobotId", Kind::Int64),
            Property::computed("RobotName", Kind::String),
            Property::computed("KeyTrail", Kind::String),
            Property::computed("ValueType", ValueType::KIND),
            Property::computed("StringValue", Kind::String).max_length(1_000_000),
            Property::computed("BoolValue", Kind::Boolean),
            Property::computed("IntValue", Kind::Int32),
            Property::computed("SecretValue", Kind::String),
            Property::computed("Value", Kind::String),
            Property::computed("CredentialUsername", Kind::String),
            Property::computed("CredentialPassword", Kind::String),
            Property::computed("ExternalName", Kind::String).max_length(450),
            Property::computed("CredentialStoreId", Kind::Int64),
            Property::computed("KeyValueList", KEY_VALUE_LIST),
            Property::computed("Id", Kind::Int64),
        ],
        navigations: &[],
    };
    &MODEL
}

/// The model of `UserAssetDto`: an asset with the value one account gets, in clear.
pub fn user_asset() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "UserAssetDto",
        key: Some("Id"),
        properties: &[
            Property::new("Name", Kind::String, Source::Computed).max_length(256),
            Property::computed("ValueType", ValueType::KIND),
            Property::computed("StringValue", Kind::String).max_length(1_000_000),
            Property::computed("BoolValue", Kind::Boolean),
            Property::computed("IntValue", Kind::Int32),
            Property::computed("SecretValue", Kind::String),
            Property::computed("CredentialUsername", Kind::String),
            Property::computed("CredentialPassword", Kind::String),
            Property::computed("ExternalName", Kind::String).max_length(450),
            Property::computed("CredentialStoreId", Kind::Int64),
            Property::computed("KeyValueList", KEY_VALUE_LIST),
            Property::computed("ConnectionData", Kind::Complex(connection_data)),
            Property::computed("Id", Kind::Int64),
        ],
        navigations: &[],
    };
    &MODEL
}

fn connection_data() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "CredentialsConnectionData",
        key: None,
        properties: &[
            Property::computed("url", Kind::String),
            Property::computed("body", Kind::String),
            Property::computed("bearerToken", Kind::String),
        ],
        navigations: &[],
    };
    &MODEL
}

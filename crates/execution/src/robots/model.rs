//! The wire forms of robots. Their rows are made in memory, so the columns exist in name only.

use std::sync::LazyLock;

use access::users::model::{TenantUser, UserType};
use access::users::robots::CredentialType;
use odata::{EntityType, Enumeration as _, Join, Kind, Navigation, Property, Source};
use store::Entity as _;

use crate::machines::model::RuntimeType;

odata::enumeration! {
    pub enum HostingType: "RobotDtoHostingType" { Standard = 0, Floating = 1 }
}
odata::enumeration! {
    pub enum ProvisionType: "RobotDtoProvisionType" { Manual = 0, Automatic = 1 }
}

const ROBOT: [Property; 20] = [
    Property::new("Id", Kind::Int64, Source::Column("id")),
    Property::new("Name", Kind::String, Source::Column("name")),
    Property::new("Username", Kind::String, Source::Column("user_name")),
    Property::new("ExternalName", Kind::String, Source::Column("external_name")),
    Property::new("Description", Kind::String, Source::Column("description")),
    Property::new("Type", Kind::Enum(RuntimeType::TYPE), Source::Column("type")),
    Property::new("HostingType", Kind::Enum(HostingType::TYPE), Source::Column("hosting")),
    Property::new(
        "ProvisionType",
        Kind::Enum(ProvisionType::TYPE),
        Source::Column("provision"),
    ),
    Property::new("UserId", Kind::Int64, Source::Column("user_id")),
    Property::new("Enabled", Kind::Boolean, Source::Column("enabled")),
    Property::new(
        "CredentialType",
        Kind::Enum(CredentialType::TYPE),
        Source::Column("credential_type"),
    ),
    Property::new(
        "LimitConcurrentExecution",
        Kind::Boolean,
        Source::Column("limit_concurrent"),
    ),
    Property::new("IsExternalLicensed", Kind::Boolean, Source::Column("external_licensed")),
    Property::new("MachineId", Kind::Int64, Source::Column("machine_id")),
    Property::new("MachineName", Kind::String, Source::Column("machine_name")),
    Property::new("LicenseKey", Kind::String, Source::Column("license_key")),
    Property::new("RobotEnvironments", Kind::String, Source::Column("environments")),
    Property::computed("Password", Kind::String),
    Property::computed("CredentialStoreId", Kind::Int64),
    Property::computed("ExecutionSettings", Kind::Dynamic),
];

/// `RobotDto`
pub fn robot() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "RobotDto",
        key: Some("Id"),
        properties: &ROBOT,
        navigations: &[],
    };
    &MODEL
}

/// `ExtendedRobotDto`: with the account.
pub fn extended() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ExtendedRobotDto",
        key: Some("Id"),
        properties: &ROBOT,
        navigations: &[Navigation {
            name: "User",
            target: user,
            collection: false,
            join: Some(IN_MEMORY),
        }],
    };
    &MODEL
}

/// `RobotsFromFolderModel`: with what is asked of the account most often.
pub fn from_folder() -> &'static EntityType {
    static MODEL: LazyLock<EntityType> = LazyLock::new(|| {
        let more = [
            Property::new("UserType", Kind::Enum(UserType::TYPE), Source::Column("user_type")),
            Property::new("UserEmail", Kind::String, Source::Column("email")),
            Property::new("UserFullName", Kind::String, Source::Column("full_name")),
            Property::new("UserKey", Kind::Guid, Source::Column("user_key")),
        ];
        let properties: Vec<Property> = ROBOT.iter().cloned().chain(more).collect();
        EntityType {
            name: "RobotsFromFolderModel",
            key: Some("Id"),
            properties: Vec::leak(properties),
            navigations: &[],
        }
    });
    &MODEL
}

/// `KeyValuePairOfStringString`
pub fn pair() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "KeyValuePairOfStringString",
        key: None,
        properties: &[
            Property::new("Key", Kind::String, Source::Column("key")),
            Property::new("Value", Kind::String, Source::Column("value")),
        ],
        navigations: &[],
    };
    &MODEL
}

fn user() -> &'static EntityType {
    TenantUser::model()
}

/// Paths through the navigation property are followed in memory, so there is no table to name.
const IN_MEMORY: Join = Join {
    table: "",
    alias: "",
    on: "",
};

//! A user on the wire.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::User;

/// Contract schema `UserDto`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDto {
    pub id: Uuid,
    pub user_name: String,
    pub email: Option<String>,
    pub email_confirmed: bool,
    pub name: String,
    pub surname: String,
    pub display_name: String,
    #[schemars(with = "String")]
    pub creation_time: Timestamp,
    #[schemars(with = "Option<String>")]
    pub last_modification_time: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    pub last_login_time: Option<Timestamp>,
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<Uuid>,
    pub legacy_id: i64,
    pub is_active: bool,
    pub bypass_basic_auth_restriction: bool,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub invitation_accepted: bool,
}

impl UserDto {
    pub fn of(user: User, group_ids: Vec<Uuid>) -> Self {
        Self {
            id: user.id,
            user_name: user.user_name,
            email: user.email,
            email_confirmed: user.email_confirmed,
            name: user.name,
            surname: user.surname,
            display_name: user.display_name,
            creation_time: user.created_at,
            last_modification_time: user.modified_at,
            last_login_time: user.last_login_at,
            group_ids,
            legacy_id: user.legacy_id,
            is_active: user.is_active,
            bypass_basic_auth_restriction: user.bypass_basic_auth,
            kind: "user",
            invitation_accepted: user.invitation_accepted,
        }
    }
}

//! What a request says about an asset, and the checks that need no database.

use std::collections::HashSet;

use access::tags::{self, Tag};
use context::{Error, Wrong, check_length, has_hidden};
use serde::Deserialize;
use vault::Secret;

use super::model::{KeyValue, ValueScope, ValueType};
use super::value::{Checked, Given};

/// Characters (reference: resources, "Lengths and sizes").
pub const LONGEST_NAME: usize = 256;
pub const LONGEST_DESCRIPTION: usize = 250;

/// Declares a request body with the members in which a value travels.
macro_rules! with_value {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $of:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $of,)*
            pub value_type: Option<ValueType>,
            pub string_value: Option<String>,
            pub bool_value: Option<bool>,
            pub int_value: Option<i32>,
            pub credential_username: Option<String>,
            pub credential_password: Option<Secret>,
            pub secret_value: Option<Secret>,
            pub external_name: Option<String>,
            pub credential_store_id: Option<i64>,
            pub key_value_list: Option<Vec<KeyValue>>,
        }

        impl $name {
            fn take_value(&mut self) -> Given {
                Given {
                    string_value: self.string_value.take(),
                    bool_value: self.bool_value.take(),
                    int_value: self.int_value.take(),
                    username: self.credential_username.take(),
                    password: self.credential_password.take(),
                    secret: self.secret_value.take(),
                    external_name: self.external_name.take(),
                    store: self.credential_store_id.take(),
                    list: self.key_value_list.take(),
                }
            }
        }
    };
}

with_value! {
    /// Contract schema `AssetDto`, as far as callers may set it. Members that are left out are `None`.
    AssetInput {
        id: Option<i64>,
        name: Option<String>,
        value_scope: Option<ValueScope>,
        has_default_value: Option<bool>,
        description: Option<String>,
        allow_direct_api_access: Option<bool>,
        user_values: Option<Vec<UserValueInput>>,
        robot_values: Option<Vec<serde_json::Value>>,
        tags: Option<Vec<Tag>>,
    }
}

with_value! {
    /// Contract schema `AssetUserValueDto`. A value is known by its account; its own `Id` is not looked at.
    UserValueInput {
        user_id: Option<i64>,
        machine_id: Option<i64>,
    }
}

with_value! {
    /// Contract schema `UserAssetDto`: the value a robot gives an asset.
    RobotAssetInput {
        name: Option<String>,
    }
}

impl RobotAssetInput {
    /// The value for an asset of a type.
    ///
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn value(&self, of: ValueType) -> Result<Checked, Error> {
        let mut wrong = Wrong::default();
        if self.value_type.is_some_and(|given| given != of) {
            wrong.add("robotAsset.ValueType", "The asset has another type.");
        }
        let value = self.clone().take_value().check(of, "robotAsset.", &mut wrong);
        wrong.finish()?;
        Ok(value)
    }
}

/// An asset that is right as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub value_type: ValueType,
    pub value_scope: ValueScope,
    /// The value for all accounts without one of their own; `None` where there is none.
    pub default: Option<Checked>,
    /// `None`: the request says nothing about them.
    pub user_values: Option<Vec<UserDraft>>,
    pub tags: Option<Vec<Tag>>,
    pub allow_direct_api_access: Option<bool>,
}

/// A value for one account.
#[derive(Debug, Clone)]
pub struct UserDraft {
    pub user_id: i64,
    pub value: Checked,
}

impl AssetInput {
    /// Checks the asset. `stored` is the type of the asset that is to be changed; it cannot become another one
    /// (reference: resources 1.2).
    ///
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(mut self, stored: Option<ValueType>) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let name = self.name.take().unwrap_or_default().trim().to_owned();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
        } else if has_hidden(&name) {
            wrong.add("Name", "Name must not contain hidden characters.");
        }
        let description = self.description.take().filter(|text| !text.is_empty());
        wrong.text("Description", description.as_deref(), LONGEST_DESCRIPTION);

        let value_type = self.value_type.or(stored).unwrap_or(ValueType::Text);
        if stored.is_some_and(|stored| stored != value_type) {
            wrong.add(
                "ValueType",
                "The type of an asset cannot be changed after it was created.",
            );
        }
        let Some(value_scope) = self.value_scope else {
            wrong.add("ValueScope", "ValueScope is required.");
            return Err(wrong.into_error());
        };
        if self.robot_values.as_ref().is_some_and(|values| !values.is_empty()) {
            wrong.add(
                "RobotValues",
                "Values of classic robots are not supported; use UserValues.",
            );
        }
        let wants_default =
            value_scope == ValueScope::Global || self.has_default_value.unwrap_or_else(|| self.has_value());
        let given = self.take_value();
        let default = wants_default.then(|| given.check(value_type, "", &mut wrong));
        let tags = self.tags.take().map(|tags| tags::check(tags, &mut wrong));
        let user_values = self
            .user_values
            .take()
            .map(|values| check_user_values(values, value_type, &mut wrong));
        if value_scope == ValueScope::Global && user_values.as_ref().is_some_and(|values| !values.is_empty()) {
            wrong.add("UserValues", "Values for accounts need the ValueScope PerRobot.");
        }
        wrong.finish()?;
        Ok(Draft {
            id: self.id.filter(|id| *id != 0),
            name,
            description,
            value_type,
            value_scope,
            default,
            user_values,
            tags,
            allow_direct_api_access: self.allow_direct_api_access,
        })
    }

    /// Whether a value is given at all; decides where `HasDefaultValue` is left out, as older clients do.
    fn has_value(&self) -> bool {
        let text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let secret = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| !secret.is_empty());
        text(&self.string_value)
            || self.bool_value == Some(true)
            || self.int_value.is_some_and(|number| number != 0)
            || text(&self.credential_username)
            || secret(&self.credential_password)
            || secret(&self.secret_value)
            || text(&self.external_name)
            || self.key_value_list.as_ref().is_some_and(|list| !list.is_empty())
    }
}

fn check_user_values(values: Vec<UserValueInput>, value_type: ValueType, wrong: &mut Wrong) -> Vec<UserDraft> {
    let mut drafts: Vec<UserDraft> = Vec::new();
    if let Err(error) = check_length("UserValues", &values) {
        wrong.add("UserValues", error.message);
        return drafts;
    }
    let mut named = HashSet::new();
    for (index, mut value) in values.into_iter().enumerate() {
        let at = format!("UserValues[{index}].");
        let Some(user_id) = value.user_id.filter(|id| *id > 0) else {
            wrong.add(format!("{at}UserId"), "UserId is required for the value of an account.");
            continue;
        };
        if value.machine_id.is_some_and(|id| id != 0) {
            wrong.add(
                format!("{at}MachineId"),
                format!("Machine with id {} does not exist.", value.machine_id.unwrap_or(0)),
            );
        }
        if value.value_type.is_some_and(|given| given != value_type) {
            wrong.add(
                format!("{at}ValueType"),
                format!("The value must have the asset's type, {value_type}."),
            );
        }
        if !named.insert(user_id) {
            wrong.add(
                format!("{at}UserId"),
                format!("There is more than one value for the account with id {user_id}."),
            );
        }
        drafts.push(UserDraft {
            user_id,
            value: value.take_value().check(value_type, &at, wrong),
        });
    }
    drafts
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::assets::value::Checked;

    fn check(body: Value) -> Result<Draft, Error> {
        web::bind::<AssetInput>(body)?.check(None)
    }

    #[track_caller]
    fn refused(body: Value, member: &str) {
        let error = check(body).unwrap_err();
        assert!(
            error.fields.iter().any(|field| field.name == member),
            "{:?}",
            error.fields
        );
    }

    #[test]
    fn a_text_is_the_default_type_and_needs_a_name_and_a_scope_only() {
        let draft = check(json!({"Name": " a ", "ValueScope": "Global"})).unwrap();
        assert_eq!((draft.name.as_str(), draft.value_type), ("a", ValueType::Text));
        assert!(matches!(draft.default, Some(Checked::Text(text)) if text.is_empty()));
        refused(json!({"ValueScope": "Global"}), "Name");
        refused(json!({"Name": "a"}), "ValueScope");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let long = |length: usize| "ä".repeat(length);
        assert!(check(json!({"Name": long(256), "ValueScope": 0, "Description": long(250)})).is_ok());
        refused(json!({"Name": long(257), "ValueScope": 0}), "Name");
        refused(
            json!({"Name": "a", "ValueScope": 0, "Description": long(251)}),
            "Description",
        );
        refused(
            json!({"Name": "a", "ValueScope": 0, "StringValue": long(1_000_001)}),
            "StringValue",
        );
        refused(
            json!({"Name": "a", "ValueScope": 0, "StringValue": "\0"}),
            "StringValue",
        );
        refused(
            json!({"Name": "a", "ValueScope": 0, "Tags": [{"Name": long(257)}]}),
            "Tags[0].Name",
        );
    }

    #[test]
    fn per_account_values_have_one_place_per_account_and_the_type_of_the_asset() {
        let body = |values: Value| json!({"Name": "a", "ValueScope": "PerRobot", "UserValues": values});
        let draft = check(body(json!([{"UserId": 3, "StringValue": "x"}]))).unwrap();
        assert!(
            draft.default.is_none(),
            "no value and no HasDefaultValue means no default"
        );
        refused(body(json!([{"UserId": 3}, {"UserId": 3}])), "UserValues[1].UserId");
        refused(body(json!([{"StringValue": "x"}])), "UserValues[0].UserId");
        refused(body(json!([{"UserId": 3, "MachineId": 9}])), "UserValues[0].MachineId");
        refused(
            body(json!([{"UserId": 3, "ValueType": "Bool"}])),
            "UserValues[0].ValueType",
        );
    }

    #[test]
    fn a_global_asset_takes_no_account_values_and_nobody_takes_robot_values() {
        refused(
            json!({"Name": "a", "ValueScope": "Global", "UserValues": [{"UserId": 3}]}),
            "UserValues",
        );
        refused(
            json!({"Name": "a", "ValueScope": "Global", "RobotValues": [{"RobotId": 3}]}),
            "RobotValues",
        );
        assert!(check(json!({"Name": "a", "ValueScope": "Global", "UserValues": [], "RobotValues": []})).is_ok());
    }

    #[test]
    fn only_the_built_in_credential_store_exists() {
        refused(
            json!({"Name": "a", "ValueScope": 0, "ValueType": "Secret", "SecretValue": "s", "CredentialStoreId": 7}),
            "CredentialStoreId",
        );
    }

    #[test]
    fn the_type_stays() {
        let input: AssetInput = web::bind(json!({"Name": "a", "ValueScope": 0, "ValueType": "Bool"})).unwrap();
        assert_eq!(
            input.check(Some(ValueType::Text)).unwrap_err().fields[0].name,
            "ValueType"
        );
    }

    #[test]
    fn nothing_secret_shows_in_debug() {
        let input: AssetInput = web::bind(json!({"CredentialPassword": "hunter2", "SecretValue": "hunter3"})).unwrap();
        assert!(!format!("{input:?}").contains("hunter"));
    }
}

//! What the asset form holds: filled from an asset or from what was posted, and turned into an asset's input.

use context::Error;
use serde_json::Value;
use vault::Secret;
use web::page::{field, fields};

use crate::assets::input::{AssetInput, UserValueInput};
use crate::assets::model::{Tag, ValueScope, ValueType};

/// Rows for further accounts that an opened form has.
const SPARE_ROWS: usize = 3;
/// Most account rows that are read from a form.
const MOST_ROWS: usize = 1_000;

/// A value as the form's controls hold it. Passwords and secrets are never put back into a form.
#[derive(Debug, Clone, Default)]
pub struct ValueEntry {
    /// Account id; empty for the default value and for rows that are not used.
    pub account: String,
    /// Name of the account, where the value is stored already.
    pub account_name: String,
    pub text: String,
    pub flag: String,
    pub number: String,
    pub username: String,
    pub external_name: String,
    password: Option<Secret>,
    secret: Option<Secret>,
}

/// The whole form.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub name: String,
    pub of: String,
    pub description: String,
    pub global: bool,
    pub default: ValueEntry,
    pub accounts: Vec<ValueEntry>,
    pub direct: bool,
    pub tags: Vec<String>,
}

impl Entry {
    /// The form of a new asset.
    pub fn empty() -> Self {
        Self {
            of: "Text".to_owned(),
            global: true,
            ..Self::default()
        }
        .with_spare_rows()
    }

    /// The form of an asset, read with its values.
    pub fn of_asset(asset: &Value) -> Self {
        let text = |member: &str| asset[member].as_str().unwrap_or_default().to_owned();
        let tags = asset["Tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let accounts = asset["UserValues"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self {
            name: text("Name"),
            of: text("ValueType"),
            description: text("Description"),
            global: asset["HasDefaultValue"].as_bool().unwrap_or(true),
            default: ValueEntry::of(asset),
            accounts: accounts.iter().map(ValueEntry::of).collect(),
            direct: asset["AllowDirectApiAccess"].as_bool().unwrap_or(false),
            tags: tags
                .iter()
                .filter_map(|tag| serde_json::from_value::<Tag>(tag.clone()).ok())
                .map(|tag| tag.text())
                .collect(),
        }
        .with_spare_rows()
    }

    /// The form as it was posted.
    pub fn posted(form: &[(String, String)]) -> Self {
        let rows = (0..MOST_ROWS).take_while(|row| form.iter().any(|(name, _)| *name == format!("account-{row}")));
        let tags = fields(form, "tags")
            .into_iter()
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned);
        Self {
            name: field(form, "name").to_owned(),
            of: field(form, "type").to_owned(),
            description: field(form, "description").to_owned(),
            global: field(form, "global") == "true",
            default: ValueEntry::posted(form, ""),
            accounts: rows.map(|row| ValueEntry::posted(form, &format!("-{row}"))).collect(),
            direct: field(form, "direct") == "true",
            tags: tags.collect(),
        }
    }

    fn with_spare_rows(mut self) -> Self {
        self.accounts
            .extend(std::iter::repeat_n(ValueEntry::default(), SPARE_ROWS));
        self
    }

    /// What the form asks for. Rows without account count as not there.
    ///
    /// # Errors
    /// 400 for a number that is none.
    pub fn to_input(&self) -> Result<AssetInput, Error> {
        let value_type: ValueType = self
            .of
            .parse()
            .map_err(|_| Error::field("ValueType", "Choose one of the types."))?;
        let used = || {
            self.accounts
                .iter()
                .enumerate()
                .filter(|(_, row)| !row.account.is_empty())
        };
        let scope = if self.global && used().next().is_none() {
            ValueScope::Global
        } else {
            ValueScope::PerRobot
        };
        let mut values = Vec::new();
        for (row, entry) in used() {
            let at = format!("UserValues[{row}].");
            let user_id = entry
                .account
                .parse()
                .map_err(|_| Error::field(format!("{at}UserId"), "Choose an account."))?;
            values.push(UserValueInput {
                user_id: Some(user_id),
                string_value: Some(entry.text.clone()),
                bool_value: Some(entry.flag == "true"),
                int_value: entry.whole_number(value_type, &at)?,
                credential_username: Some(entry.username.clone()),
                credential_password: entry.password.clone(),
                secret_value: entry.secret.clone(),
                external_name: Some(entry.external_name.clone()),
                ..UserValueInput::default()
            });
        }
        Ok(AssetInput {
            name: Some(self.name.clone()),
            value_type: Some(value_type),
            description: Some(self.description.clone()),
            value_scope: Some(scope),
            has_default_value: Some(self.global),
            string_value: Some(self.default.text.clone()),
            bool_value: Some(self.default.flag == "true"),
            int_value: if self.global {
                self.default.whole_number(value_type, "")?
            } else {
                None
            },
            credential_username: Some(self.default.username.clone()),
            credential_password: self.default.password.clone(),
            secret_value: self.default.secret.clone(),
            external_name: Some(self.default.external_name.clone()),
            allow_direct_api_access: Some(self.direct),
            user_values: (scope == ValueScope::PerRobot).then_some(values),
            tags: Some(self.tags.iter().map(|text| Tag::read(text)).collect()),
            ..AssetInput::default()
        })
    }

    /// The control that a member of the input is edited in.
    pub fn control(&self, member: &str) -> String {
        let (row, member) = match member
            .strip_prefix("UserValues[")
            .and_then(|rest| rest.split_once("]."))
        {
            Some((position, member)) => (format!("-{}", self.row_at(position)), member),
            None => (String::new(), member),
        };
        let control = match member {
            "Name" => "name",
            "ValueType" => "type",
            "Description" => "description",
            "StringValue" => "text",
            "BoolValue" => "flag",
            "IntValue" => "number",
            "CredentialUsername" => "username",
            "CredentialPassword" => "password",
            "SecretValue" => "secret",
            "ExternalName" => "external",
            "UserId" | "MachineId" => "account",
            "UserValues" => "account-0",
            _ if member.starts_with("Tags") => "tags",
            _ => return String::new(),
        };
        format!("{control}{row}")
    }

    /// Rows that are not used are left out of the input, so positions there are not positions here.
    fn row_at(&self, position: &str) -> usize {
        let used = self
            .accounts
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.account.is_empty());
        position
            .parse()
            .ok()
            .and_then(|position| used.map(|(row, _)| row).nth(position))
            .unwrap_or(0)
    }
}

impl ValueEntry {
    fn of(value: &Value) -> Self {
        let text = |member: &str| value[member].as_str().unwrap_or_default().to_owned();
        Self {
            account: value["UserId"].as_i64().map(|id| id.to_string()).unwrap_or_default(),
            account_name: text("UserName"),
            text: text("StringValue"),
            flag: value["BoolValue"].as_bool().unwrap_or(false).to_string(),
            number: value["IntValue"].as_i64().unwrap_or(0).to_string(),
            username: text("CredentialUsername"),
            external_name: text("ExternalName"),
            password: None,
            secret: None,
        }
    }

    /// `row` is the end of the controls' names: nothing for the default value, `-0` for the first account.
    fn posted(form: &[(String, String)], row: &str) -> Self {
        let raw = |name: &str| {
            let name = format!("{name}{row}");
            form.iter()
                .find(|(given, _)| *given == name)
                .map(|(_, value)| value.as_str())
                .unwrap_or_default()
        };
        let secret = |name: &str| Some(raw(name)).filter(|text| !text.is_empty()).map(Secret::from);
        Self {
            account: raw("account").trim().to_owned(),
            account_name: String::new(),
            // Browsers end the lines of text areas with CR LF, whatever was there before.
            text: raw("text").replace("\r\n", "\n"),
            flag: raw("flag").to_owned(),
            number: raw("number").trim().to_owned(),
            username: raw("username").trim().to_owned(),
            external_name: raw("external").trim().to_owned(),
            password: secret("password"),
            secret: secret("secret"),
        }
    }

    fn whole_number(&self, of: ValueType, at: &str) -> Result<Option<i32>, Error> {
        if of != ValueType::Integer {
            return Ok(None);
        }
        let number = self.number.parse();
        number.map(Some).map_err(|_| {
            Error::field(
                format!("{at}IntValue"),
                "Enter a whole number from -2147483648 to 2147483647.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn an_asset_survives_the_way_through_the_form() {
        let asset = json!({
            "Name": "a", "ValueType": "Integer", "IntValue": 7, "HasDefaultValue": true, "ValueScope": "PerRobot",
            "Tags": [{"Name": "env", "Value": "prod"}, {"Name": "red"}],
            "UserValues": [{"UserId": 3, "IntValue": -1}],
        });
        let input = Entry::of_asset(&asset).to_input().unwrap();
        assert_eq!(
            (input.int_value, input.value_scope),
            (Some(7), Some(ValueScope::PerRobot))
        );
        let values = input.user_values.unwrap();
        assert_eq!(
            (values.len(), values[0].user_id, values[0].int_value),
            (1, Some(3), Some(-1))
        );
        let tags = input.tags.unwrap();
        assert_eq!((tags[0].value.as_deref(), tags[1].name.as_str()), (Some("prod"), "red"));
    }

    #[test]
    fn rows_without_an_account_do_not_count_and_errors_find_their_row() {
        let entry = Entry::posted(&form(&[
            ("name", "a"),
            ("type", "Text"),
            ("account-0", ""),
            ("account-1", "4"),
            ("text-1", "x\r\ny"),
            ("account-2", ""),
        ]));
        let values = entry.to_input().unwrap().user_values.unwrap();
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].string_value.as_deref(), Some("x\ny"));
        assert_eq!(entry.control("UserValues[0].StringValue"), "text-1");
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let entry = Entry::posted(&form(&[
            ("name", "a"),
            ("type", "Integer"),
            ("global", "true"),
            ("number", "1.5"),
        ]));
        assert_eq!(entry.to_input().unwrap_err().fields[0].name, "IntValue");
    }
}

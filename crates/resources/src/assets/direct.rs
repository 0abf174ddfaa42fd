//! The value one caller gets, in clear (reference: resources 1.3).

use access::users::service as users;
use context::{Ctx, Error, codes};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use vault::Secret;

use super::model::{Asset, FolderAsset, UserValue, ValueScope, ValueType};
use super::sealing::{Sealer, place};

/// The value of the asset with this name for a caller that is no robot: the caller's own, else the default one.
///
/// # Errors
/// 404 when the folder has no such asset or it has no value for the caller; 403 when the value is sealed and the asset
/// does not allow it to be read through the API.
pub fn read(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: i64,
    name: &str,
) -> Result<Value, Error> {
    let found =
        scope.find_one::<FolderAsset>("folder_id = ? and name_folded = ?", params![folder, store::fold(name)])?;
    let id = found.map(|asset| asset.id).ok_or_else(|| no_value(name))?;
    let asset = scope.get::<Asset>(id)?.ok_or_else(|| no_value(name))?;
    if asset.value_type.is_sealed() && !asset.allow_direct_api_access {
        return Err(Error::denied(
            codes::FORBIDDEN_OPERATION,
            format!(
                "The asset '{}' does not allow its value to be read without a robot.",
                asset.name
            ),
        ));
    }
    let own = match (asset.value_scope, users::of_caller(scope, ctx)?) {
        (ValueScope::PerRobot, Some(user)) => {
            scope.find_one::<UserValue>("asset_id = ? and user_id = ?", params![asset.id, user])?
        }
        _ => None,
    };
    let value = match &own {
        Some(value) => Clear {
            string_value: &value.string_value,
            bool_value: value.bool_value,
            int_value: value.int_value,
            username: &value.credential_username,
            external_name: value.external_name.as_deref(),
            list: json!(value.key_value_list.0),
            secret: open(sealer, &asset, Some(value.user_id), value.sealed.as_deref())?,
        },
        None if asset.has_default_value => Clear {
            string_value: &asset.string_value,
            bool_value: asset.bool_value,
            int_value: asset.int_value,
            username: &asset.credential_username,
            external_name: asset.external_name.as_deref(),
            list: json!(asset.key_value_list.0),
            secret: open(sealer, &asset, None, asset.sealed.as_deref())?,
        },
        None => return Err(no_value(name)),
    };
    value.render(&asset)
}

fn no_value(name: &str) -> Error {
    Error::missing(
        codes::ITEM_NOT_FOUND,
        format!("Could not find an asset with the name '{name}' for this caller."),
    )
}

fn open(sealer: &Sealer, asset: &Asset, user: Option<i64>, sealed: Option<&[u8]>) -> Result<Secret, Error> {
    match sealed {
        Some(sealed) => sealer.unseal(&place(asset.key, user), sealed),
        None => Ok(Secret::default()),
    }
}

/// A value with its secret opened.
struct Clear<'a> {
    string_value: &'a str,
    bool_value: bool,
    int_value: i32,
    username: &'a str,
    external_name: Option<&'a str>,
    list: Value,
    secret: Secret,
}

impl Clear<'_> {
    /// Contract schema `UserAssetDto`.
    fn render(&self, asset: &Asset) -> Result<Value, Error> {
        let secret = self.secret.expose_str().map_err(Error::internal)?;
        let (password, secret) = if asset.value_type == ValueType::Secret {
            ("", secret)
        } else {
            (secret, "")
        };
        Ok(json!({
            "Name": asset.name,
            "ValueType": asset.value_type,
            "StringValue": self.string_value,
            "BoolValue": self.bool_value,
            "IntValue": self.int_value,
            "SecretValue": secret,
            "CredentialUsername": self.username,
            "CredentialPassword": password,
            "ExternalName": self.external_name,
            "CredentialStoreId": null,
            "KeyValueList": self.list,
            "ConnectionData": null,
            "Id": asset.id,
        }))
    }
}

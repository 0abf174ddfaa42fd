//! The value one caller gets, in clear (reference: resources 1.3).

use access::audit::Action;
use access::folders::model::Folder;
use access::users::robots::{self, UserRobot};
use access::users::service as users;
use context::{Ctx, Error, codes};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use vault::Secret;

use super::input::RobotAssetInput;
use super::model::{Asset, FolderAsset, UserValue, ValueScope, ValueType};
use super::sealing::{Sealer, place};
use super::service;

/// Whose value of an asset is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// The caller's.
    Caller,
    /// That of the account of a robot, by the key that its jobs know it by.
    RobotKey(Uuid),
    /// That of the account of a robot, by its id.
    Robot(i64),
}

/// An account that reads values.
struct Reader {
    user: Option<i64>,
    /// The call comes from a job of the account: what is sealed is there for it.
    is_job: bool,
}

/// # Errors
/// 404 for a robot that does not exist, 400 for one that does not count in the folder.
fn reader(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, who: Who) -> Result<Reader, Error> {
    let own = users::of_caller(scope, ctx)?;
    let robot = match who {
        Who::Caller => {
            return Ok(Reader {
                user: own,
                is_job: false,
            });
        }
        Who::RobotKey(key) => robots::by_key(scope, key)?,
        Who::Robot(id) => scope.get::<UserRobot>(id)?,
    };
    let robot = robot.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The robot does not exist."))?;
    let lineage: Vec<i64> = scope
        .get::<Folder>(folder)?
        .map(|folder| folder.ids().collect())
        .unwrap_or_default();
    let here = robots::robots_of_folder(scope, &lineage)?;
    if !here.iter().any(|(known, _)| known.id == robot.id) {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            "The robot is not assigned to the folder.",
        ));
    }
    let in_job = ctx.caller.confined.is_some_and(|confined| confined.job.is_some());
    Ok(Reader {
        user: Some(robot.user_id),
        is_job: in_job && own == Some(robot.user_id),
    })
}

/// The asset with a name in a folder, and the value that a reader has of it alone.
fn find(
    scope: &mut Scoped<'_, Tenant>,
    reader: &Reader,
    folder: i64,
    name: &str,
) -> Result<(Asset, Option<UserValue>), Error> {
    let found =
        scope.find_one::<FolderAsset>("folder_id = ? and name_folded = ?", params![folder, store::fold(name)])?;
    let id = found.map(|asset| asset.id).ok_or_else(|| no_value(name))?;
    let asset = scope.get::<Asset>(id)?.ok_or_else(|| no_value(name))?;
    let own = match (asset.value_scope, reader.user) {
        (ValueScope::PerRobot, Some(user)) => {
            scope.find_one::<UserValue>("asset_id = ? and user_id = ?", params![asset.id, user])?
        }
        _ => None,
    };
    Ok((asset, own))
}

/// The value of the asset with this name: that of the account, else the default one. Passwords and secrets are for jobs of the
/// account; for others only where the asset allows direct API access.
///
/// # Errors
/// 404 when the folder has no such asset, it has no value for the account, or there is no such robot; 400 when the robot is not
/// assigned to the folder; 403 when the value is sealed and the asset does not allow it to be read through the API.
pub fn read(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: i64,
    name: &str,
    who: Who,
) -> Result<Value, Error> {
    let reader = reader(scope, ctx, folder, who)?;
    let (asset, own) = find(scope, &reader, folder, name)?;
    if asset.value_type.is_sealed() && !asset.allow_direct_api_access && !reader.is_job {
        return Err(Error::denied(
            codes::FORBIDDEN_OPERATION,
            format!(
                "The value of the asset '{}' is for jobs only: it does not allow direct API access.",
                asset.name
            ),
        ));
    }
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

/// Writes the value that a robot would read: the one of its account, else the default one.
///
/// # Errors
/// As for [`read`], and 400 when the value is not one of the asset's type.
pub fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: i64,
    input: &RobotAssetInput,
    robot: Uuid,
) -> Result<Value, Error> {
    let name = input.name.as_deref().unwrap_or_default();
    let reader = reader(scope, ctx, folder, Who::RobotKey(robot))?;
    let (mut asset, own) = find(scope, &reader, folder, name)?;
    let value = input.value(asset.value_type)?;
    let has_value = own.is_some() || asset.has_default_value;
    match own {
        Some(mut row) => {
            let place = place(asset.key, Some(row.user_id));
            row.set(value.store(Some(row.previous(false)), sealer, &place)?);
            scope.update(&row)?;
        }
        None if has_value => {
            let stored = value.store(asset.previous(false), sealer, &place(asset.key, None))?;
            asset.set_default(Some(stored));
        }
        None => return Err(no_value(name)),
    }
    asset.modified_at = Some(ctx.now);
    asset.modified_by = users::of_caller(scope, ctx)?;
    scope.update(&asset)?;
    service::record(scope, ctx, Action::Update, &asset, "robotAsset")?;
    scope.changed("assets", asset.id);
    // What is sealed does not come back to those who write it.
    Ok(json!({
        "Name": asset.name, "ValueType": asset.value_type, "StringValue": "", "BoolValue": false, "IntValue": 0,
        "SecretValue": "", "CredentialUsername": "", "CredentialPassword": "", "ExternalName": null,
        "CredentialStoreId": null, "KeyValueList": [], "ConnectionData": null, "Id": asset.id,
    }))
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

//! What can happen to an asset (reference: resources 1.2).

use access::audit::{self, Action, Component, Entry};
use access::folders::links;
use access::users::service as users;
use context::{Ctx, Error, Field};
use serde_json::json;
use store::{Json, Scoped, Tenant, params};

use super::input::{AssetInput, Draft, UserDraft};
use super::model::{Asset, UserValue, ValueScope, ValueType};
use super::sealing::{Sealer, place};
use super::value::{OPENED, Stored, given_anew};

/// Makes an asset in a folder and answers its id.
///
/// # Errors
/// 400 when the input is wrong, 409 when the name is taken in the folder.
pub fn create(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: i64,
    input: &AssetInput,
) -> Result<i64, Error> {
    let draft = input.clone().check(None)?;
    let mut asset = Asset {
        id: 0,
        key: ctx.id(),
        name: draft.name.clone(),
        value_scope: draft.value_scope,
        value_type: draft.value_type,
        value: None,
        string_value: String::new(),
        bool_value: false,
        int_value: 0,
        credential_username: String::new(),
        external_name: None,
        key_value_list: Json(Vec::new()),
        has_default_value: false,
        description: draft.description.clone(),
        allow_direct_api_access: draft.allow_direct_api_access.unwrap_or(false),
        tags: Json(draft.tags.clone().unwrap_or_default()),
        folders_count: 1,
        modified_at: None,
        modified_by: None,
        created_at: ctx.now,
        created_by: users::of_caller(scope, ctx)?,
        sealed: None,
    };
    asset.set_default(default_value(&draft, &asset, sealer, false)?);
    let values = draft.user_values.as_deref().unwrap_or_default();
    check_values(asset.has_default_value, values.len())?;
    asset.id = scope.insert(&asset)?;
    links::link(scope, folder, &asset)?;
    write_values(scope, sealer, &asset, &[], values, false)?;
    record(scope, ctx, Action::Create, &asset, "assetDto")?;
    scope.changed("assets", asset.id);
    Ok(asset.id)
}

/// Replaces what an asset of a folder says. Per-account values and tags stay when the request does not mention them;
/// passwords and secrets stay when they are left out, unless the asset allows direct API access from now on.
///
/// # Errors
/// 404 when the folder has no such asset, 400 when the input is wrong, with code 1500 when a password or secret is missing, 409
/// when the new name is taken.
pub fn replace(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: i64,
    id: i64,
    input: &AssetInput,
) -> Result<(), Error> {
    let mut asset: Asset = links::find(scope, folder, id)?;
    let draft = input.clone().check(Some(asset.value_type))?;
    if draft.id.is_some_and(|given| given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    let stored = scope.find::<UserValue>("asset_id = ? order by id", params![id])?;
    let renamed = asset.name != draft.name;
    let kept = draft.value_scope == ValueScope::PerRobot && draft.user_values.is_none();
    let values = draft.user_values.as_deref().unwrap_or_default();
    let opens = !asset.allow_direct_api_access && draft.allow_direct_api_access == Some(true);
    if opens && kept && stored.iter().any(|value| value.sealed.is_some()) {
        return Err(given_anew(OPENED));
    }
    let default = default_value(&draft, &asset, sealer, opens)?;
    check_values(default.is_some(), if kept { stored.len() } else { values.len() })?;

    asset.set_default(default);
    asset.name.clone_from(&draft.name);
    asset.description.clone_from(&draft.description);
    asset.value_scope = draft.value_scope;
    if let Some(tags) = &draft.tags {
        asset.tags = Json(tags.clone());
    }
    if let Some(allow) = draft.allow_direct_api_access {
        asset.allow_direct_api_access = allow;
    }
    asset.modified_at = Some(ctx.now);
    asset.modified_by = users::of_caller(scope, ctx)?;
    scope.update(&asset)?;
    if renamed {
        links::rename(scope, &asset)?;
    }
    if !kept {
        write_values(scope, sealer, &asset, &stored, values, opens)?;
    }
    record(scope, ctx, Action::Update, &asset, "assetDto")?;
    scope.changed("assets", id);
    Ok(())
}

/// Takes an asset out of a folder; one that is in no other folder is deleted.
///
/// # Errors
/// 404 when the folder has no such asset.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, id: i64) -> Result<(), Error> {
    let asset: Asset = links::find(scope, folder, id)?;
    links::unlink::<Asset>(scope, folder, id)?;
    if links::folders_of::<Asset>(scope, id)?.is_empty() {
        delete(scope, ctx, &asset)
    } else {
        let text = format!("removed asset {} from a folder", asset.name);
        let entry = Entry::new(Component::Assets, Action::Unassign, "asset", id, &asset.name).text(text);
        audit::record(scope, ctx, entry.parameters(json!({ "key": id, "folderId": folder })))?;
        scope.changed("assets", id);
        Ok(())
    }
}

/// Deletes an asset and its values, wherever it is visible.
pub(super) fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, asset: &Asset) -> Result<(), Error> {
    record(scope, ctx, Action::Delete, asset, "key")?;
    scope.delete::<Asset>(asset.id)?;
    scope.changed("assets", asset.id);
    Ok(())
}

fn default_value(draft: &Draft, asset: &Asset, sealer: &Sealer, withheld: bool) -> Result<Option<Stored>, Error> {
    let value = draft.default.as_ref();
    value
        .map(|value| value.store(asset.previous(withheld), sealer, &place(asset.key, None)))
        .transpose()
}

fn check_values(has_default: bool, values: usize) -> Result<(), Error> {
    if has_default || values > 0 {
        return Ok(());
    }
    Err(Error::field(
        "UserValues",
        "An asset without a default value needs the value of at least one account.",
    ))
}

/// Makes the per-account values of an asset those of `wanted`. Nothing is written when an account is unknown.
fn write_values(
    scope: &mut Scoped<'_, Tenant>,
    sealer: &Sealer,
    asset: &Asset,
    stored: &[UserValue],
    wanted: &[UserDraft],
    withheld: bool,
) -> Result<(), Error> {
    check_accounts(scope, wanted)?;
    for old in stored {
        if !wanted.iter().any(|new| new.user_id == old.user_id) {
            scope.delete::<UserValue>(old.id)?;
        }
    }
    for new in wanted {
        let old = stored.iter().find(|old| old.user_id == new.user_id);
        let place = place(asset.key, Some(new.user_id));
        let value = new.value.store(old.map(|old| old.previous(withheld)), sealer, &place)?;
        let mut row = old.cloned().unwrap_or_else(|| empty_value(asset, new.user_id));
        row.set(value);
        if old.is_some() {
            scope.update(&row)?;
        } else {
            scope.insert(&row)?;
        }
    }
    Ok(())
}

fn check_accounts(scope: &mut Scoped<'_, Tenant>, wanted: &[UserDraft]) -> Result<(), Error> {
    let ids: Vec<i64> = wanted.iter().map(|value| value.user_id).collect();
    let known = users::names(scope, &ids)?;
    let unknown = wanted
        .iter()
        .enumerate()
        .filter(|(_, value)| !known.contains_key(&value.user_id));
    let wrong = unknown.map(|(index, value)| Field {
        name: format!("UserValues[{index}].UserId"),
        message: format!("User with id {} does not exist.", value.user_id),
    });
    Error::fields(wrong.collect()).map_or(Ok(()), Err)
}

fn empty_value(asset: &Asset, user_id: i64) -> UserValue {
    UserValue {
        id: 0,
        asset_id: asset.id,
        user_id,
        value_type: asset.value_type,
        string_value: String::new(),
        bool_value: false,
        int_value: 0,
        value: None,
        credential_username: String::new(),
        external_name: None,
        key_value_list: Json(Vec::new()),
        sealed: None,
    }
}

/// Writes down what was done to an asset: everything but its values, some of which are secret and some very long.
pub(super) fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    action: Action,
    asset: &Asset,
    parameter: &'static str,
) -> Result<(), Error> {
    let description = describe(asset);
    let parameters = match parameter {
        "key" => json!({ "key": asset.id }),
        name => json!({ name: description.clone() }),
    };
    let entry = Entry::new(Component::Assets, action, "asset", asset.id, &asset.name)
        .parameters(parameters)
        .entity("Asset", asset.id, action, description);
    audit::record(scope, ctx, entry)
}

fn describe(asset: &Asset) -> serde_json::Value {
    json!({
        "Id": asset.id, "Key": asset.key, "Name": asset.name, "Description": asset.description,
        "ValueType": asset.value_type, "ValueScope": asset.value_scope, "HasDefaultValue": asset.has_default_value,
        "AllowDirectApiAccess": asset.allow_direct_api_access, "Tags": asset.tags.0,
        "CredentialUsername": match asset.value_type {
            ValueType::Credential | ValueType::WindowsCredential => Some(&asset.credential_username),
            _ => None,
        },
    })
}

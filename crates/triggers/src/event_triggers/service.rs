//! What can happen to an event trigger here.

use access::audit::{self, Action, Component, Entry};
use context::{Ctx, Error};
use odata::Query;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::EventTrigger;
use crate::schedules::model::TriggerLog;

/// The event triggers of a folder.
pub fn list(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<EventTrigger>(query, "folder_id = ?", params![folder])?;
    Ok(page.map(|trigger| {
        let mut members = access::rows::published(&trigger);
        members["Key"] = json!(trigger.key);
        members["Type"] = json!("Api");
        members
    }))
}

/// The event trigger with this key in a folder, locked.
///
/// # Errors
/// 404
pub fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid) -> Result<EventTrigger, Error> {
    let found = scope.lock::<EventTrigger>(key)?;
    let found = found.filter(|trigger| trigger.folder_id == folder);
    found.ok_or_else(|| Error::not_found("Trigger", key))
}

/// Switches an event trigger on or off.
///
/// # Errors
/// 404 when the folder has no such trigger.
pub fn set_enabled(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    key: Uuid,
    enabled: bool,
) -> Result<(), Error> {
    let mut trigger = find(scope, folder, key)?;
    trigger.enabled = enabled;
    scope.update(&trigger)?;
    let text = format!(
        "{} event trigger {}",
        if enabled { "enabled" } else { "disabled" },
        trigger.name
    );
    record(scope, ctx, Action::Toggle, &trigger, Some(text))
}

/// Deletes an event trigger.
///
/// # Errors
/// 404 when the folder has no such trigger.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, key: Uuid) -> Result<(), Error> {
    let trigger = find(scope, folder, key)?;
    delete(scope, ctx, &trigger)
}

/// Deletes an event trigger that was found already.
pub fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, trigger: &EventTrigger) -> Result<(), Error> {
    record(scope, ctx, Action::Delete, trigger, None)?;
    scope.delete_where::<TriggerLog>("trigger_key = ?", params![trigger.key])?;
    scope.delete::<EventTrigger>(trigger.key)?;
    Ok(())
}

fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    action: Action,
    trigger: &EventTrigger,
    text: Option<String>,
) -> Result<(), Error> {
    let mut data = access::rows::published(trigger);
    if let Some(members) = data.as_object_mut() {
        members.shift_remove("InputArguments");
    }
    let mut entry = Entry::new(
        Component::IntegrationTriggers,
        action,
        "event trigger",
        None,
        &trigger.name,
    )
    .parameters(json!({ "key": trigger.key }))
    .entity("ApiTrigger", None, action, data);
    if let Some(text) = text {
        entry = entry.text(text);
    }
    audit::record(scope, ctx, entry)
}

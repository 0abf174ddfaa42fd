//! What can happen to an API trigger.

use access::audit::{self, Action, Component, Entry};
use access::sealing::Sealer;
use access::users::service::of_caller;
use context::{Ctx, Error, codes};
use execution::processes::model::{ProcessType, Release};
use odata::Query;
use serde_json::{Value, json};
use store::{Json, Page, Scoped, Tenant, params};
use uuid::Uuid;
use vault::Secret;
use web::FolderRef;

use super::input::{Draft, slug_of};
use super::model::{Call, Callback, CallbackMode, CallingMode, HttpTrigger, TriggerMethod};
use crate::codes as own;
use crate::schedules::input::{Named, taken};
use crate::schedules::model::TriggerLog;
use crate::schedules::service::release_of;

/// Told to the change feed when an API trigger changes.
pub const TOPIC: &str = "http-triggers";
/// API triggers of a folder.
const MOST: i64 = 10_000;

/// What an API trigger looks like in the folder it is seen in.
pub fn to_value(trigger: &HttpTrigger, folder: &FolderRef) -> Value {
    let mut members = access::rows::published(trigger);
    members["Key"] = json!(trigger.key);
    members["Type"] = json!("Http");
    members["OrganizationUnitId"] = json!(folder.id);
    members["OrganizationUnitFullyQualifiedName"] = json!(&*folder.path);
    members["FolderKey"] = json!(folder.key);
    members
}

/// The API triggers of a folder.
pub fn list(scope: &mut Scoped<'_, Tenant>, folder: &FolderRef, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<HttpTrigger>(query, "folder_id = ?", params![folder.id])?;
    Ok(page.map(|trigger| to_value(&trigger, folder)))
}

/// The API trigger with this key in a folder, locked.
///
/// # Errors
/// 404
pub fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid) -> Result<HttpTrigger, Error> {
    let found = scope.lock::<HttpTrigger>(key)?;
    found
        .filter(|trigger| trigger.folder_id == folder)
        .ok_or_else(|| no_such(key))
}

/// Like [`find`], to read.
///
/// # Errors
/// 404
pub fn get(scope: &mut Scoped<'_, Tenant>, folder: &FolderRef, key: Uuid) -> Result<Value, Error> {
    let found = scope
        .get::<HttpTrigger>(key)?
        .filter(|trigger| trigger.folder_id == folder.id);
    found
        .map(|trigger| to_value(&trigger, folder))
        .ok_or_else(|| no_such(key))
}

pub fn no_such(key: Uuid) -> Error {
    Error::not_found("Trigger", key)
}

/// Makes an API trigger and answers its key.
///
/// # Errors
/// 404 with code 1674 for a process that is not in the folder, 409 for a name or address that is taken.
pub fn create(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: &FolderRef,
    draft: &Draft,
) -> Result<Uuid, Error> {
    if scope.count::<HttpTrigger>("folder_id = ?", params![folder.id])? >= MOST {
        return Err(Error::conflict(
            own::MAX_TRIGGERS_LIMIT_REACHED,
            format!("A folder can have at most {MOST} API triggers."),
        ));
    }
    let mut trigger = HttpTrigger {
        key: ctx.id(),
        folder_id: folder.id,
        name: String::new(),
        description: None,
        enabled: draft.enabled,
        release_id: 0,
        release_key: draft.release,
        release_name: String::new(),
        entry_point: None,
        slug: String::new(),
        method: TriggerMethod::Get,
        calling_mode: CallingMode::AsyncRequestReply,
        success_url: None,
        failure_url: None,
        callback_mode: CallbackMode::Disabled,
        secret: None,
        allow_insecure_ssl: false,
        run_as_me: false,
        run_as_caller: false,
        run_as: None,
        job_count: 1,
        priority: None,
        runtime_type: None,
        target_framework: None,
        requires_user_interaction: None,
        machine_robots: Json(Vec::new()),
        input: None,
        same_context: false,
        remote_control: None,
        tags: Json(Vec::new()),
        stop_by: None,
        stop_after: None,
        kill_after: None,
        alert_pending_after: None,
        alert_running_after: None,
        failures_threshold: None,
        grace_hours: None,
        external_reference: String::new(),
        enabled_at: ctx.now,
        faulted_at: None,
        disabled_by: None,
        created_at: ctx.now,
        creator_id: of_caller(scope, ctx)?,
        modified_at: None,
        modifier_id: None,
    };
    take_over(scope, ctx, sealer, folder, &mut trigger, draft)?;
    scope.insert(&trigger).map_err(|error| conflict(error, &trigger))?;
    record(scope, ctx, Action::Create, &trigger)?;
    scope.changed(TOPIC, trigger.key);
    Ok(trigger.key)
}

/// Replaces what an API trigger says. A secret that is left out stays.
///
/// # Errors
/// 404 when the folder has no such trigger, and see [`create`].
pub fn replace(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: &FolderRef,
    key: Uuid,
    draft: &Draft,
) -> Result<(), Error> {
    let mut trigger = find(scope, folder.id, key)?;
    if draft.id.is_some_and(|given| given != key && !given.is_nil()) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    if draft.enabled && !trigger.enabled {
        start_anew(&mut trigger, ctx);
    }
    trigger.enabled = draft.enabled;
    take_over(scope, ctx, sealer, folder, &mut trigger, draft)?;
    trigger.modified_at = Some(ctx.now);
    trigger.modifier_id = of_caller(scope, ctx)?;
    scope.update(&trigger).map_err(|error| conflict(error, &trigger))?;
    record(scope, ctx, Action::Update, &trigger)?;
    scope.changed(TOPIC, key);
    Ok(())
}

/// Deletes an API trigger. Answers of calls that are under way are still given, callbacks are not sent any more.
///
/// # Errors
/// 404 when the folder has no such trigger.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, key: Uuid) -> Result<(), Error> {
    let trigger = find(scope, folder, key)?;
    delete(scope, ctx, &trigger)
}

/// Deletes an API trigger that was found already.
pub fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, trigger: &HttpTrigger) -> Result<(), Error> {
    record(scope, ctx, Action::Delete, trigger)?;
    scope.delete_where::<TriggerLog>("trigger_key = ?", params![trigger.key])?;
    let given_up = [Callback::GivenUp, Callback::None, Callback::Sent];
    scope.update_where::<Call>(
        "callback = ?, due_at = null",
        "trigger_key = ? and callback not in (?, ?)",
        params![given_up[0], trigger.key, given_up[1], given_up[2]],
    )?;
    scope.delete::<HttpTrigger>(trigger.key)?;
    scope.changed(TOPIC, trigger.key);
    Ok(())
}

/// Switches an API trigger on or off.
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
    if trigger.enabled == enabled {
        return Ok(());
    }
    if enabled {
        start_anew(&mut trigger, ctx);
    }
    trigger.enabled = enabled;
    trigger.modified_at = Some(ctx.now);
    trigger.modifier_id = of_caller(scope, ctx)?;
    scope.update(&trigger)?;
    let entry = Entry::new(
        Component::HttpTriggers,
        Action::Toggle,
        "API trigger",
        None,
        &trigger.name,
    )
    .text(format!(
        "{} API trigger {}",
        if enabled { "enabled" } else { "disabled" },
        trigger.name
    ))
    .parameters(json!({ "triggerIds": [key], "enabled": enabled }))
    .entity("HttpTrigger", None, Action::Toggle, describe(&trigger));
    audit::record(scope, ctx, entry)?;
    scope.changed(TOPIC, key);
    Ok(())
}

/// What happened before it was switched on does not count.
fn start_anew(trigger: &mut HttpTrigger, ctx: &Ctx) {
    trigger.enabled_at = ctx.now;
    trigger.faulted_at = None;
    trigger.disabled_by = None;
}

/// The place that the secret of a trigger is sealed for.
pub(super) fn secret_place(key: Uuid) -> String {
    format!("http-trigger/{key}/secret")
}

fn take_over(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    sealer: &Sealer,
    folder: &FolderRef,
    trigger: &mut HttpTrigger,
    draft: &Draft,
) -> Result<(), Error> {
    let release: Release = release_of(scope, folder.id, &Named::Key(draft.release))?;
    if release.process_type == ProcessType::TestAutomationProcess {
        return Err(Error::invalid(
            codes::TEST_AUTOMATION_JOB_EXECUTION_NOT_SUPPORTED,
            "A test automation process cannot be started by a trigger.",
        ));
    }
    trigger.name.clone_from(&draft.name);
    trigger.description.clone_from(&draft.description);
    trigger.release_id = release.id;
    trigger.release_key = release.key;
    trigger.release_name.clone_from(&release.name);
    trigger.entry_point.clone_from(&draft.entry_point);
    trigger.slug = draft.slug.clone().unwrap_or_else(|| slug_of(&release.name));
    trigger.method = draft.method;
    trigger.calling_mode = draft.calling_mode;
    trigger.success_url.clone_from(&draft.success_url);
    trigger.failure_url.clone_from(&draft.failure_url);
    trigger.callback_mode = draft.callback_mode;
    if let Some(secret) = &draft.secret {
        trigger.secret = if secret.is_empty() {
            None
        } else {
            Some(sealer.seal(&secret_place(trigger.key), &Secret::new(secret.as_bytes()))?)
        };
    }
    trigger.allow_insecure_ssl = draft.allow_insecure_ssl;
    trigger.run_as_me = draft.run_as_me;
    trigger.run_as_caller = draft.run_as_caller;
    trigger.run_as = if draft.run_as_me { of_caller(scope, ctx)? } else { None };
    trigger.job_count = draft.job_count;
    trigger.priority = draft.priority;
    trigger.runtime_type = draft.runtime_type;
    trigger.target_framework = draft.target_framework;
    trigger.requires_user_interaction = draft.requires_user_interaction;
    trigger.machine_robots = Json(draft.machine_robots.clone());
    trigger.input.clone_from(&draft.input);
    trigger.same_context = draft.same_context;
    trigger.remote_control = draft.remote_control;
    trigger.tags = Json(draft.tags.clone());
    trigger.stop_by = draft.stop_by;
    trigger.stop_after = draft.stop_after;
    trigger.kill_after = draft.kill_after;
    trigger.alert_pending_after = draft.alert_pending_after;
    trigger.alert_running_after = draft.alert_running_after;
    trigger.failures_threshold = draft.failures_threshold;
    trigger.grace_hours = draft.grace_hours;
    trigger.external_reference = format!("{} {} {}", trigger.method, trigger.slug, folder.key);
    let named = "folder_id = ? and name_folded = ? and key <> ?";
    if scope.exists::<HttpTrigger>(named, params![folder.id, store::fold(&trigger.name), trigger.key])? {
        return Err(taken(&trigger.name));
    }
    let placed = "folder_id = ? and slug_folded = ? and method = ? and key <> ?";
    let place = params![folder.id, store::fold(&trigger.slug), trigger.method, trigger.key];
    if scope.exists::<HttpTrigger>(placed, place)? {
        return Err(same_address(trigger));
    }
    Ok(())
}

fn same_address(trigger: &HttpTrigger) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!(
            "The slug {} is already used by another trigger of this folder with the method {}.",
            trigger.slug, trigger.method
        ),
    )
}

fn conflict(error: store::Error, trigger: &HttpTrigger) -> Error {
    if error.is_unique("http_triggers_name") {
        return taken(&trigger.name);
    }
    if error.is_unique("http_triggers_slug") {
        return same_address(trigger);
    }
    error.into()
}

fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, trigger: &HttpTrigger) -> Result<(), Error> {
    let data = describe(trigger);
    let parameters = match action {
        Action::Delete => json!({ "key": trigger.key }),
        _ => json!({ "httpTrigger": data.clone() }),
    };
    let entry = Entry::new(Component::HttpTriggers, action, "API trigger", None, &trigger.name)
        .parameters(parameters)
        .entity("HttpTrigger", None, action, data);
    audit::record(scope, ctx, entry)
}

/// A trigger as the audit log keeps it: without arguments, which may hold anything.
pub(super) fn describe(trigger: &HttpTrigger) -> Value {
    let mut members = access::rows::published(trigger);
    if let Some(members) = members.as_object_mut() {
        members.shift_remove("InputArguments");
    }
    members
}

/// Writes down that the server switched a trigger off.
pub(super) fn record_switched_off(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    trigger: &HttpTrigger,
    why: &str,
) -> Result<(), Error> {
    let entry = Entry::new(
        Component::HttpTriggers,
        Action::Toggle,
        "API trigger",
        None,
        &trigger.name,
    )
    .text(format!("disabled API trigger {}: {why}", trigger.name))
    .entity("HttpTrigger", None, Action::Toggle, describe(trigger));
    audit::record(scope, &ctx.with_caller(context::Caller::system()), entry)
}

//! How long the jobs of a process are kept, as it says (reference: execution 4.3; resources 16). [`keeping`](super::keeping) does it.

use access::audit::{self, Action, Component, Entry};
use access::users::service::of_caller;
use context::{Ctx, Error};
use odata::Query;
use serde_json::{Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};

use super::events;
use super::input::RetentionDraft;
use super::model::{Release, RetentionAction, RetentionSetting, RetentionType};
use super::service::{Asked, By};

/// Days that finished jobs of a new process are kept.
pub const FINISHED_DAYS: i32 = 30;
/// Days that jobs of a new process which never end are kept.
pub const STALE_DAYS: i32 = 180;

/// What is done with jobs of a kind, and after how many days; the built-in setting where nothing else was said.
pub fn built_in(of: RetentionType) -> (RetentionAction, i32) {
    match of {
        RetentionType::Final => (RetentionAction::Delete, FINISHED_DAYS),
        RetentionType::Stale => (RetentionAction::Delete, STALE_DAYS),
    }
}

/// The settings of the processes of a folder, two for each.
pub fn list(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<RetentionSetting>(query, "folder_id = ?", params![folder])?;
    Ok(page.map(|setting| on_the_wire(&setting)))
}

/// A setting of a process.
///
/// # Errors
/// 404 or 403 as [`Asked::find`] says.
pub fn get(scope: &mut Scoped<'_, Tenant>, asked: &Asked, id: i64, of: RetentionType) -> Result<Value, Error> {
    let release = asked.find_to_read(scope, By::Id(id))?;
    let condition = "folder_id = ? and release_id = ? and type = ?";
    let found = scope.find_one::<RetentionSetting>(condition, params![release.folder_id, id, of])?;
    Ok(on_the_wire(&found.ok_or_else(|| super::service::no_such(id))?))
}

/// Changes a setting of a process.
///
/// # Errors
/// 404 or 403 as [`Asked::find`] says.
pub fn set(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    asked: &Asked,
    id: i64,
    of: RetentionType,
    draft: RetentionDraft,
) -> Result<(), Error> {
    let mut release = asked.find(scope, By::Id(id))?;
    release.keep(of, draft);
    save(scope, ctx, &mut release, "changed")
}

/// Brings the built-in settings of a process back.
///
/// # Errors
/// 404 or 403 as [`Asked::find`] says.
pub fn reset(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, asked: &Asked, id: i64) -> Result<(), Error> {
    let mut release = asked.find(scope, By::Id(id))?;
    for of in [RetentionType::Final, RetentionType::Stale] {
        let (action, period) = built_in(of);
        let draft = RetentionDraft {
            action: Some(action),
            period: Some(period),
        };
        release.keep(of, draft);
    }
    save(scope, ctx, &mut release, "reset")
}

fn save(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, release: &mut Release, done: &str) -> Result<(), Error> {
    release.modified_at = Some(ctx.now);
    release.modifier_id = of_caller(scope, ctx)?;
    scope.update(&*release)?;
    let said = json!({
        "RetentionAction": release.final_action, "RetentionPeriod": release.final_period,
        "StaleRetentionAction": release.stale_action, "StaleRetentionPeriod": release.stale_period,
    });
    let entry = Entry::new(
        Component::Processes,
        Action::Update,
        "process",
        release.id,
        &release.name,
    )
    .text(format!("{done} how long jobs of process {} are kept", release.name))
    .parameters(audit::key(release.id))
    .entity("ReleaseRetentionSetting", release.id, Action::Update, said);
    audit::record(scope, ctx, entry)?;
    events::write(scope, ctx, events::UPDATED, release)?;
    scope.changed("processes", release.id);
    Ok(())
}

/// There are no buckets, so a setting names none.
fn on_the_wire(setting: &RetentionSetting) -> Value {
    let mut members = setting.to_json();
    members.insert("BucketId".to_owned(), Value::Null);
    Value::Object(members)
}

//! How long the items of a queue are kept (reference: queues 13).

use access::audit::{self, Action, Component, Entry};
use access::folders::links::{find, no_such};
use context::{Ctx, Error};
use odata::Query;
use serde_json::{Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};

use super::events;
use super::input::RetentionDraft;
use super::model::{Queue, RetentionAction, RetentionSetting, RetentionType};
use super::service::save;

/// Days that finished items of a new queue are kept.
pub const FINISHED_DAYS: i32 = 30;
/// Days that items of a new queue wait to be taken.
pub const STALE_DAYS: i32 = 180;

/// What is done with items of a kind, and after how many days; the built-in setting where nothing else was said.
pub fn built_in(of: RetentionType) -> (RetentionAction, i32) {
    match of {
        RetentionType::Final => (RetentionAction::Delete, FINISHED_DAYS),
        RetentionType::Stale => (RetentionAction::Delete, STALE_DAYS),
    }
}

impl Queue {
    /// Takes over what a request says; what it does not say stays.
    pub(super) fn keep(&mut self, of: RetentionType, draft: RetentionDraft) {
        let (action, period) = match of {
            RetentionType::Final => (&mut self.final_action, &mut self.final_period),
            RetentionType::Stale => (&mut self.stale_action, &mut self.stale_period),
        };
        *action = draft.action.unwrap_or(*action);
        *period = draft.period.unwrap_or(*period);
    }
}

/// The settings of the queues of a folder, two for each.
pub fn list(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<RetentionSetting>(query, "folder_id = ?", params![folder])?;
    Ok(page.map(|setting| on_the_wire(&setting)))
}

/// A setting of a queue of the folder.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn get(scope: &mut Scoped<'_, Tenant>, folder: i64, queue: i64, of: RetentionType) -> Result<Value, Error> {
    let condition = "folder_id = ? and queue_id = ? and type = ?";
    let found = scope.find_one::<RetentionSetting>(condition, params![folder, queue, of])?;
    Ok(on_the_wire(&found.ok_or_else(|| no_such::<Queue>(queue))?))
}

/// Changes a setting of a queue of the folder.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn set(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    queue: i64,
    of: RetentionType,
    draft: RetentionDraft,
) -> Result<(), Error> {
    let mut queue: Queue = find(scope, folder, queue)?;
    queue.keep(of, draft);
    save(scope, &mut queue)?;
    record(scope, ctx, &queue, "changed")
}

/// Brings the built-in settings of a queue of the folder back.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn reset(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, queue: i64) -> Result<(), Error> {
    let mut queue: Queue = find(scope, folder, queue)?;
    for of in [RetentionType::Final, RetentionType::Stale] {
        let (action, period) = built_in(of);
        let draft = RetentionDraft {
            action: Some(action),
            period: Some(period),
        };
        queue.keep(of, draft);
    }
    save(scope, &mut queue)?;
    record(scope, ctx, &queue, "reset")
}

fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue, done: &str) -> Result<(), Error> {
    let said = json!({
        "RetentionAction": queue.final_action, "RetentionPeriod": queue.final_period,
        "StaleRetentionAction": queue.stale_action, "StaleRetentionPeriod": queue.stale_period,
    });
    let entry = Entry::new(Component::Queues, Action::Update, "queue", queue.id, &queue.name)
        .text(format!("{done} how long items of queue {} are kept", queue.name))
        .parameters(json!({ "key": queue.id }))
        .entity("QueueRetentionSetting", queue.id, Action::Update, said);
    audit::record(scope, ctx, entry)?;
    events::write(scope, ctx, events::UPDATED, queue)
}

/// There are no buckets, so a setting names none.
fn on_the_wire(setting: &RetentionSetting) -> Value {
    let mut members = setting.to_json();
    members.insert("BucketId".to_owned(), Value::Null);
    Value::Object(members)
}

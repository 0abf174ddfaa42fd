//! What suspended jobs wait for (reference: execution 5.9).

use context::{Ctx, Error, codes};
use jiff::Timestamp;
use odata::Enumeration as _;
use serde_json::Value;
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{Job, JobState, Wait, WaitStatus, WaitType};
use super::step::{By, step};
use super::transition::Event;

/// Things one job waits for, at most.
pub const MOST: usize = 1_000;
/// Longest payload that is delivered to a job, in bytes of JSON text.
pub const LONGEST_PAYLOAD: usize = 1 << 20;
/// Longest text of a wait.
const LONGEST_TEXT: usize = 10_000;

/// Stores what a job that is being suspended waits for.
pub fn add(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    job: &Job,
    triggers: &[robot_protocol::ResumeTrigger],
) -> Result<(), Error> {
    if triggers.len() > MOST {
        return Err(Error::field(
            "triggers",
            format!("A job waits for {MOST} things at most."),
        ));
    }
    let mut waits = Vec::with_capacity(triggers.len());
    for (at, trigger) in triggers.iter().enumerate() {
        let wait_type = trigger.trigger_type.parse::<WaitType>().map_err(|_| {
            Error::field(
                format!("triggers[{at}].triggerType"),
                "There is no such type of trigger.",
            )
        })?;
        let text = |text: &Option<String>| text.as_deref().map(|text| context::shortened(text, LONGEST_TEXT));
        // Nobody else can name an inbox that the robot did not name.
        let item_key = match wait_type {
            WaitType::Inbox | WaitType::Api => Some(trigger.item_key.unwrap_or_else(|| ctx.id())),
            _ => trigger.item_key,
        };
        waits.push(Wait {
            id: 0,
            job_id: job.id,
            wait_type,
            status: WaitStatus::New,
            item_key,
            timer: trigger.timer,
            message: text(&trigger.message),
            configuration: text(&trigger.configuration),
            payload: None,
            created_at: ctx.now,
        });
    }
    scope.insert_many(&waits)?;
    Ok(())
}

/// After a suspension: what happened already lets the job go on at once.
pub fn look(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &mut Job) -> Result<(), Error> {
    let waits = scope.find::<Wait>("job_id = ? and status = 0 order by id", params![job.id])?;
    for wait in waits {
        let happened = match wait.wait_type {
            WaitType::Timer => wait.timer.is_none_or(|timer| timer <= ctx.now),
            WaitType::Job => match wait.item_key {
                Some(key) => scope
                    .find_one::<Job>("key = ?", params![key])?
                    .is_none_or(|job| job.state.is_final()),
                None => true,
            },
            WaitType::None => true,
            WaitType::QueueItem | WaitType::Task | WaitType::Inbox | WaitType::Api => false,
        };
        if happened {
            return fire(scope, ctx, wait, None);
        }
    }
    Ok(())
}

/// Lets everything happen that waits for a thing of this kind. Other crates call it when a queue item or a task is done.
pub fn happened(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    wait_type: WaitType,
    item: Uuid,
    payload: Option<&Value>,
) -> Result<usize, Error> {
    let waits = scope.find::<Wait>(
        "item_key = ? and type = ? and status = 0 order by id",
        params![item, wait_type.number()],
    )?;
    let count = waits.len();
    for wait in waits {
        fire(scope, ctx, wait, payload)?;
    }
    Ok(count)
}

/// A job reached its end.
pub(super) fn job_ended(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<(), Error> {
    happened(scope, ctx, WaitType::Job, job.key, None).map(|_| ())
}

/// The condition of a wait is met: its job goes on.
fn fire(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, mut wait: Wait, payload: Option<&Value>) -> Result<(), Error> {
    wait.status = WaitStatus::Fired;
    wait.payload = payload.map(Value::to_string);
    scope.update(&wait)?;
    let Some(mut job) = scope.lock::<Job>(wait.job_id)? else {
        return Ok(());
    };
    if job.state == JobState::Suspended {
        step(scope, ctx, &mut job, Event::Resume, &By::default())?;
    }
    Ok(())
}

/// What an inbox has got.
pub fn payload(scope: &mut Scoped<'_, Tenant>, inbox: Uuid) -> Result<Option<(i64, Option<Value>)>, Error> {
    let wait = scope.find_one::<Wait>(
        "item_key = ? and type in (5, 6) order by id desc limit 1",
        params![inbox],
    )?;
    wait.map(|wait| {
        let payload = wait.payload.as_deref().map(serde_json::from_str).transpose();
        Ok((wait.job_id, payload.map_err(Error::internal)?))
    })
    .transpose()
}

/// Delivers to an inbox; false where something was delivered before.
///
/// # Errors
/// 404 for an inbox that nobody waits at.
pub fn deliver(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, inbox: Uuid, value: &Value) -> Result<bool, Error> {
    let (_, before) = payload(scope, inbox)?.ok_or_else(|| no_such_inbox(inbox))?;
    if before.is_some() {
        return Ok(false);
    }
    let count = happened(scope, ctx, WaitType::Inbox, inbox, Some(value))?
        + happened(scope, ctx, WaitType::Api, inbox, Some(value))?;
    Ok(count > 0)
}

/// The refusal of an inbox that is not there.
pub fn no_such_inbox(inbox: Uuid) -> Error {
    Error::missing(codes::ITEM_NOT_FOUND, format!("No job waits at inbox {inbox}."))
}

/// Jobs whose timers have run out, for the reconciler.
pub(super) fn due(scope: &mut Scoped<'_, Tenant>, now: Timestamp, most: i64) -> Result<Vec<Wait>, Error> {
    let condition = format!("timer <= ? and timer is not null and status = 0 and type = 4 order by timer limit {most}");
    Ok(scope.find::<Wait>(&condition, params![now])?)
}

/// Fires timers that have run out.
pub(super) fn fire_due(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, most: i64) -> Result<usize, Error> {
    let waits = due(scope, ctx.now, most)?;
    let count = waits.len();
    for wait in waits {
        fire(scope, ctx, wait, None)?;
    }
    Ok(count)
}

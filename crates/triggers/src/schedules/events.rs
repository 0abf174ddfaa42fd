//! What subscribers outside are told about triggers (reference: execution 12).

use access::outbox::{self, Entry};
use access::users::service::of_caller;
use context::{Ctx, Error};
use execution::processes::model::Release;
use serde_json::{Map, Value, json};
use store::{Json, Scoped, Tenant};

use super::model::Schedule;

pub const CREATED: &str = "schedule.created";
pub const UPDATED: &str = "schedule.updated";
pub const DELETED: &str = "schedule.deleted";
const FAILED: &str = "schedule.failed";

/// Tells what somebody did to a trigger.
pub(super) fn changed(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    event_type: &'static str,
    schedule: &Schedule,
) -> Result<(), Error> {
    write(scope, ctx, event_type, schedule, None)
}

/// Tells that a trigger could not start its jobs. Contract schema `ProcessScheduleFailedEventDto`.
pub(super) fn failed(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &Schedule,
    reason: &str,
) -> Result<(), Error> {
    write(scope, ctx, FAILED, schedule, Some(reason))
}

fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    event_type: &'static str,
    schedule: &Schedule,
    reason: Option<&str>,
) -> Result<(), Error> {
    if !outbox::is_wanted(scope, event_type)? {
        return Ok(());
    }
    let mut body = json!({ "ProcessSchedule": wrapped(scope, schedule)? });
    if let Some(reason) = reason {
        body["Reason"] = json!(reason);
    }
    let entry = Entry {
        id: 0,
        key: ctx.id(),
        event_type: event_type.to_owned(),
        entity_key: Some(schedule.key),
        folder_id: Some(schedule.folder_id),
        user_id: of_caller(scope, ctx)?,
        happened_at: ctx.now,
        body: Json(body),
    };
    outbox::write(scope, vec![entry])
}

/// Contract schema `WrappedProcessScheduleDto`.
fn wrapped(scope: &mut Scoped<'_, Tenant>, schedule: &Schedule) -> Result<Value, Error> {
    let release = scope.get::<Release>(schedule.release_id)?;
    let arguments = schedule
        .input
        .as_deref()
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .unwrap_or_default();
    Ok(json!({
        "Id": schedule.id, "Name": schedule.name, "Enabled": schedule.enabled, "EnvironmentId": null, "EnvironmentName": null,
        "StartProcessCron": schedule.cron, "StartStrategy": schedule.start_strategy.to_string(),
        "StopStrategy": schedule.stop_by, "ExternalJobKey": schedule.external_job_key,
        "ExternalJobKeyScheduler": schedule.external_job_key_scheduler, "TimeZoneId": schedule.time_zone,
        "TimeZoneIana": schedule.time_zone_iana, "UseCalendar": schedule.use_calendar, "CalendarId": schedule.calendar_id,
        "Release": release.map(|release| json!({ "Id": release.id, "Key": release.key, "ProcessKey": release.package_id })),
        "ExecutorRobots": schedule.executor_robots.0, "MachineRobots": schedule.machine_robots.0, "InputArguments": arguments,
    }))
}

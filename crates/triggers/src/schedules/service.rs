//! What can happen to a trigger: it is made, replaced, switched on and off, deleted.

use access::audit::{self, Action, Component, Entry};
use access::users::robots::UserRobot;
use access::users::service::{self as users, of_caller};
use context::{Ctx, Error, codes};
use execution::machines::model::Machine;
use execution::processes::model::{ProcessType, Release};
use jiff::Timestamp;
use queues::definitions::model::{FolderQueue, Queue};
use serde_json::{Value, json};
use store::{Json, Scoped, Tenant, params};

use super::events;
use super::input::{Draft, Named, taken};
use super::model::{Reason, Schedule, TriggerLog};
use crate::calendars::model::Calendar;
use crate::cron::Cron;
use crate::{codes as own, zones};

/// Told to the change feed when a trigger changes, so that the reconciler looks again when it is due.
pub const TOPIC: &str = "schedules";
/// Triggers of a folder.
const MOST: i64 = 10_000;

/// What a draft names, found.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub release: Release,
    pub calendar: Option<Calendar>,
    pub queue: Option<(i64, String)>,
}

/// Checks a draft against the database: what it names exists, the name is free, a queue has one trigger, it will ever run. `id` is the
/// trigger that is to be replaced.
///
/// # Errors
/// 404 with code 1674 for a process that is not in the folder, 404 for a queue or calendar that does not exist, 409 for a name that is
/// taken and for a queue that has a trigger, 400 with code 1601 for a trigger that never fires, 1619 for a process that a queue cannot
/// start, and for a calendar of another time zone.
pub fn resolve(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    id: Option<i64>,
    draft: &Draft,
) -> Result<Resolved, Error> {
    let release = release_of(scope, folder, &draft.release)?;
    if release.process_type == ProcessType::TestAutomationProcess && draft.queue.is_none() {
        return Err(Error::invalid(
            codes::TEST_AUTOMATION_JOB_EXECUTION_NOT_SUPPORTED,
            "A test automation process cannot be started by a trigger.",
        ));
    }
    if draft.queue.is_some()
        && matches!(
            release.process_type,
            ProcessType::Agent | ProcessType::TestAutomationProcess
        )
        && !draft.is_connected
    {
        return Err(Error::invalid(
            own::QUEUE_TRIGGER_PROCESS_TYPE_NOT_ALLOWED,
            format!(
                "A process of the type {} cannot be started by a queue.",
                release.process_type
            ),
        ));
    }
    let named = scope.find_one::<Schedule>(
        "folder_id = ? and name_folded = ?",
        params![folder, store::fold(&draft.name)],
    )?;
    if named.is_some_and(|other| Some(other.id) != id) {
        return Err(taken(&draft.name));
    }
    let queue = match &draft.queue {
        Some(queue) => Some(queue_of(scope, folder, id, queue, &release)?),
        None => None,
    };
    let calendar = match &draft.calendar {
        Some(calendar) => Some(calendar_of(scope, calendar, &draft.zone)?),
        None => None,
    };
    check_targets(scope, draft)?;
    if draft.enabled {
        check_time(draft.stop_at, ctx.now)?;
        if let Some((_, Some(cron))) = &draft.cron {
            check_fires(cron, draft.stop_at, ctx.now, &draft.zone)?;
        }
    }
    Ok(Resolved {
        release,
        calendar,
        queue,
    })
}

fn never() -> Error {
    Error::invalid(own::SCHEDULE_WILL_NEVER_RUN, "The trigger will never run.")
}

fn check_time(stop_at: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    if stop_at.is_some_and(|at| at <= now) {
        return Err(never());
    }
    Ok(())
}

fn check_fires(cron: &Cron, stop_at: Option<Timestamp>, now: Timestamp, zone: &zones::Zone) -> Result<(), Error> {
    let next = cron.next(now, &zone.zone).ok_or_else(never)?;
    if stop_at.is_some_and(|at| next >= at) {
        return Err(never());
    }
    Ok(())
}

/// The process of a folder that a trigger names.
///
/// # Errors
/// 404 with code 1674.
pub fn release_of(scope: &mut Scoped<'_, Tenant>, folder: i64, named: &Named) -> Result<Release, Error> {
    let found = match named {
        Named::Id(id) => scope.find_one::<Release>("folder_id = ? and id = ?", params![folder, *id])?,
        Named::Key(key) => scope.find_one::<Release>("folder_id = ? and key = ?", params![folder, *key])?,
        Named::Name(name) => {
            scope.find_one::<Release>("folder_id = ? and name_folded = ?", params![folder, store::fold(name)])?
        }
    };
    found.ok_or_else(|| {
        Error::missing(
            own::INVALID_RELEASE_KEY,
            "The trigger's associated process could not be found in this folder.",
        )
    })
}

fn queue_of(
    scope: &mut Scoped<'_, Tenant>,
    folder: i64,
    id: Option<i64>,
    named: &Named,
    release: &Release,
) -> Result<(i64, String), Error> {
    let found = match named {
        Named::Id(queue) => scope.find_one::<FolderQueue>("folder_id = ? and id = ?", params![folder, *queue])?,
        Named::Key(key) => scope.find_one::<FolderQueue>("folder_id = ? and key = ?", params![folder, *key])?,
        Named::Name(name) => {
            scope.find_one::<FolderQueue>("folder_id = ? and name_folded = ?", params![folder, store::fold(name)])?
        }
    };
    let queue = found.ok_or_else(|| {
        Error::missing(
            codes::ITEM_NOT_FOUND,
            "The trigger's associated queue could not be found in this folder.",
        )
    })?;
    let other = scope.find_one::<Schedule>("queue_id = ?", params![queue.id])?;
    if let Some(other) = other.filter(|other| Some(other.id) != id) {
        return Err(Error::conflict(
            own::SCHEDULE_CANNOT_BE_ASSOCIATED_WITH_A_QUEUE,
            format!(
                "The queue {} is already associated with the trigger {}.",
                queue.name, other.name
            ),
        ));
    }
    // The SLA of a queue rests on its process; the trigger must start the same one (reference: queues 9).
    if queue.sla_minutes > 0 && queue.release_id.is_some_and(|of_queue| of_queue != release.id) {
        return Err(Error::conflict(
            own::SCHEDULE_CANNOT_BE_ASSOCIATED_WITH_A_QUEUE,
            format!("The queue {} has an SLA with another process.", queue.name),
        ));
    }
    Ok((queue.id, queue.name))
}

fn calendar_of(scope: &mut Scoped<'_, Tenant>, named: &Named, zone: &zones::Zone) -> Result<Calendar, Error> {
    let found = match named {
        Named::Id(id) => scope.get::<Calendar>(*id)?,
        Named::Key(key) => scope.find_one::<Calendar>("key = ?", params![*key])?,
        Named::Name(_) => None,
    };
    let calendar =
        found.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The trigger's calendar does not exist."))?;
    let theirs = calendar.time_zone.as_deref().and_then(zones::find);
    if theirs.is_some_and(|theirs| theirs.iana != zone.iana) {
        return Err(Error::field(
            "CalendarId",
            format!(
                "The calendar {} is of another time zone than the trigger.",
                calendar.name
            ),
        ));
    }
    Ok(calendar)
}

/// Whether the machines and accounts that a trigger names exist. Whether they can be used is asked when it fires.
fn check_targets(scope: &mut Scoped<'_, Tenant>, draft: &Draft) -> Result<(), Error> {
    for (at, target) in draft.machine_robots.iter().enumerate() {
        if let Some(id) = target.machine_id
            && scope.get::<Machine>(id)?.is_none()
        {
            return Err(Error::field(
                format!("MachineRobots[{at}].MachineId"),
                format!("The machine with id {id} does not exist."),
            ));
        }
        if let Some(id) = target.robot_id
            && scope.get::<UserRobot>(id)?.is_none()
        {
            return Err(Error::field(
                format!("MachineRobots[{at}].RobotId"),
                format!("The robot with id {id} does not exist."),
            ));
        }
    }
    Ok(())
}

/// Makes a trigger and answers its id.
///
/// # Errors
/// See [`resolve`].
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, draft: &Draft) -> Result<i64, Error> {
    if scope.count::<Schedule>("folder_id = ?", params![folder])? >= MOST {
        return Err(Error::conflict(
            own::MAX_TRIGGERS_LIMIT_REACHED,
            format!("A folder can have at most {MOST} triggers."),
        ));
    }
    let resolved = resolve(scope, ctx, folder, None, draft)?;
    let second = jiff::tz::TimeZone::UTC.to_datetime(ctx.now).second();
    let mut schedule = Schedule {
        id: 0,
        key: ctx.id(),
        folder_id: folder,
        name: String::new(),
        description: None,
        enabled: draft.enabled,
        release_id: 0,
        release_key: String::new(),
        release_name: String::new(),
        package_name: String::new(),
        entry_point: None,
        priority: None,
        runtime_type: None,
        cron: None,
        cron_details: None,
        cron_summary: None,
        second: i32::from(second),
        next_at: None,
        start_strategy: 1,
        executor_robots: Json(Vec::new()),
        machine_robots: Json(Vec::new()),
        stop_after: None,
        stop_by: None,
        kill_after: None,
        alert_pending_after: None,
        alert_running_after: None,
        external_job_key: ctx.id().to_string(),
        external_job_key_scheduler: None,
        time_zone: String::new(),
        time_zone_iana: String::new(),
        use_calendar: false,
        calendar_id: None,
        calendar_key: None,
        calendar_name: None,
        stop_at: None,
        input: None,
        input_file: None,
        queue_id: None,
        queue_name: None,
        activate_on_job_complete: false,
        items_threshold: None,
        items_per_job: None,
        max_jobs: None,
        same_context: false,
        run_as_me: false,
        run_as: None,
        failures_threshold: None,
        grace_hours: None,
        is_connected: false,
        tags: Json(Vec::new()),
        due_at: None,
        check_at: None,
        enabled_at: ctx.now,
        failed_launches: 0,
        failing_since: None,
        launched_at: None,
        faulted_at: None,
        disabled_by: None,
        created_at: ctx.now,
        creator_id: of_caller(scope, ctx)?,
        modified_at: None,
        modifier_id: None,
    };
    take_over(scope, ctx, &mut schedule, draft, &resolved)?;
    plan(&mut schedule, ctx.now);
    schedule.id = scope.insert(&schedule).map_err(|error| conflict(error, &draft.name))?;
    record(scope, ctx, Action::Create, &schedule)?;
    events::changed(scope, ctx, events::CREATED, &schedule)?;
    scope.changed(TOPIC, schedule.id);
    Ok(schedule.id)
}

/// Replaces what a trigger says; what the request leaves out gets its default.
///
/// # Errors
/// 404 when the folder has no such trigger, and see [`resolve`].
pub fn replace(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, id: i64, draft: &Draft) -> Result<(), Error> {
    let mut schedule = find(scope, folder, id)?;
    if draft.id.is_some_and(|given| given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    let resolved = resolve(scope, ctx, folder, Some(id), draft)?;
    let was_enabled = schedule.enabled;
    take_over(scope, ctx, &mut schedule, draft, &resolved)?;
    schedule.enabled = draft.enabled;
    if draft.enabled && !was_enabled {
        start_anew(&mut schedule, ctx.now);
    }
    schedule.modified_at = Some(ctx.now);
    schedule.modifier_id = of_caller(scope, ctx)?;
    plan(&mut schedule, ctx.now);
    scope.update(&schedule).map_err(|error| conflict(error, &draft.name))?;
    record(scope, ctx, Action::Update, &schedule)?;
    events::changed(scope, ctx, events::UPDATED, &schedule)?;
    scope.changed(TOPIC, id);
    Ok(())
}

/// Deletes a trigger with its history.
///
/// # Errors
/// 404 when the folder has no such trigger.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, id: i64) -> Result<(), Error> {
    let schedule = find(scope, folder, id)?;
    delete(scope, ctx, &schedule)
}

/// Deletes a trigger that was found already.
pub fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, schedule: &Schedule) -> Result<(), Error> {
    record(scope, ctx, Action::Delete, schedule)?;
    events::changed(scope, ctx, events::DELETED, schedule)?;
    scope.delete_where::<TriggerLog>("trigger_key = ?", params![schedule.key])?;
    scope.delete::<Schedule>(schedule.id)?;
    scope.changed(TOPIC, schedule.id);
    Ok(())
}

/// Switches a trigger on or off.
///
/// # Errors
/// 404 when the folder has no such trigger, 400 with code 1601 when it would never run.
pub fn set_enabled(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    id: i64,
    enabled: bool,
) -> Result<(), Error> {
    let mut schedule = find(scope, folder, id)?;
    if schedule.enabled == enabled {
        return Ok(());
    }
    if enabled {
        check_time(schedule.stop_at, ctx.now)?;
        if !schedule.is_of_queue() {
            let cron = cron_of(&schedule).ok_or_else(never)?;
            let zone = zones::find(&schedule.time_zone).ok_or_else(never)?;
            check_fires(&cron, schedule.stop_at, ctx.now, &zone)?;
        }
        start_anew(&mut schedule, ctx.now);
    }
    schedule.enabled = enabled;
    schedule.modified_at = Some(ctx.now);
    schedule.modifier_id = of_caller(scope, ctx)?;
    plan(&mut schedule, ctx.now);
    scope.update(&schedule)?;
    let entry = Entry::new(Component::Schedules, Action::Toggle, "trigger", id, &schedule.name)
        .text(format!(
            "{} trigger {}",
            if enabled { "enabled" } else { "disabled" },
            schedule.name
        ))
        .parameters(json!({ "scheduleIds": [id], "enabled": enabled }))
        .entity("ProcessSchedule", id, Action::Toggle, describe(&schedule));
    audit::record(scope, ctx, entry)?;
    events::changed(scope, ctx, events::UPDATED, &schedule)?;
    scope.changed(TOPIC, id);
    Ok(())
}

/// Switches a trigger off because of what happened to it. The caller stores it.
pub(super) fn switch_off(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &mut Schedule,
    reason: Option<(Reason, String)>,
) -> Result<(), Error> {
    schedule.enabled = false;
    schedule.disabled_by = reason.as_ref().map(|(reason, _)| *reason);
    plan(schedule, ctx.now);
    let why = reason
        .as_ref()
        .map_or("its date to be disabled came", |(_, why)| why.as_str());
    let entry = Entry::new(
        Component::Schedules,
        Action::Toggle,
        "trigger",
        schedule.id,
        &schedule.name,
    )
    .text(format!("disabled trigger {}: {why}", schedule.name))
    .entity("ProcessSchedule", schedule.id, Action::Toggle, describe(schedule));
    audit::record(scope, ctx, entry)?;
    if let Some((reason, why)) = reason {
        super::history::write(scope, ctx, schedule, reason, &why)?;
    }
    Ok(())
}

/// What happened before it was switched on does not count.
fn start_anew(schedule: &mut Schedule, now: Timestamp) {
    schedule.enabled_at = now;
    schedule.failed_launches = 0;
    schedule.failing_since = None;
    schedule.faulted_at = None;
    schedule.disabled_by = None;
}

/// The expression of a trigger, with the second it was made at.
pub fn cron_of(schedule: &Schedule) -> Option<Cron> {
    let cron = schedule.cron.as_deref().filter(|_| !schedule.is_of_queue())?;
    let second = i8::try_from(schedule.second).unwrap_or_default();
    Cron::parse(cron).ok().map(|cron| cron.made_at(second))
}

/// Sets when the trigger fires next after `now`, and when it is to be looked at.
pub(super) fn plan(schedule: &mut Schedule, now: Timestamp) {
    schedule.next_at = None;
    schedule.check_at = None;
    if schedule.enabled {
        if schedule.is_of_queue() {
            schedule.check_at = Some(now);
        } else if let (Some(cron), Some(zone)) = (cron_of(schedule), zones::find(&schedule.time_zone)) {
            let next = cron.next(now, &zone.zone);
            schedule.next_at = next.filter(|next| schedule.stop_at.is_none_or(|stop| *next < stop));
        }
    }
    when_due(schedule);
}

/// Sets when a trigger is to be looked at, from all that can become due.
pub(super) fn when_due(schedule: &mut Schedule) {
    let grace = i64::from(schedule.grace_hours.unwrap_or(0));
    let faulted = schedule
        .faulted_at
        .and_then(|since| since.checked_add(jiff::SignedDuration::from_hours(grace)).ok());
    let moments = [schedule.next_at, schedule.check_at, schedule.stop_at, faulted];
    schedule.due_at = moments.into_iter().flatten().min().filter(|_| schedule.enabled);
}

/// The trigger with this id in a folder, locked.
///
/// # Errors
/// 404
pub fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<Schedule, Error> {
    let found = scope.lock::<Schedule>(id)?;
    found
        .filter(|schedule| schedule.folder_id == folder)
        .ok_or_else(|| no_such(id))
}

pub fn no_such(id: impl std::fmt::Display) -> Error {
    Error::not_found("Trigger", id)
}

fn conflict(error: store::Error, name: &str) -> Error {
    if error.is_unique("process_schedules_name") {
        return taken(name);
    }
    if error.is_unique("process_schedules_queue") {
        return Error::conflict(
            own::SCHEDULE_CANNOT_BE_ASSOCIATED_WITH_A_QUEUE,
            "The queue is already associated with another trigger.",
        );
    }
    error.into()
}

fn take_over(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &mut Schedule,
    draft: &Draft,
    resolved: &Resolved,
) -> Result<(), Error> {
    let release = &resolved.release;
    schedule.name.clone_from(&draft.name);
    schedule.description.clone_from(&draft.description);
    schedule.release_id = release.id;
    schedule.release_key = release.key.to_string();
    schedule.release_name.clone_from(&release.name);
    schedule.package_name.clone_from(&release.package_id);
    schedule.entry_point.clone_from(&draft.entry_point);
    schedule.priority = draft.priority;
    schedule.runtime_type = draft.runtime_type;
    schedule.cron = draft.cron.as_ref().map(|(text, _)| text.clone());
    schedule.cron_details.clone_from(&draft.cron_details);
    schedule.cron_summary = draft
        .cron
        .as_ref()
        .and_then(|(_, cron)| cron.as_ref().map(Cron::summary));
    schedule.start_strategy = draft.start_strategy;
    schedule.executor_robots = Json(draft.executor_robots.clone());
    schedule.machine_robots = Json(draft.machine_robots.clone());
    name_targets(scope, schedule)?;
    schedule.stop_after.clone_from(&draft.stop_after);
    schedule.stop_by = draft.stop_by;
    schedule.kill_after.clone_from(&draft.kill_after);
    schedule.alert_pending_after.clone_from(&draft.alert_pending_after);
    schedule.alert_running_after.clone_from(&draft.alert_running_after);
    if let Some(key) = &draft.external_job_key {
        schedule.external_job_key.clone_from(key);
    }
    schedule.external_job_key_scheduler = draft.external_job_key_scheduler;
    schedule.time_zone.clone_from(&draft.time_zone);
    schedule.time_zone_iana.clone_from(&draft.zone.iana);
    schedule.use_calendar = resolved.calendar.is_some();
    schedule.calendar_id = resolved.calendar.as_ref().map(|calendar| calendar.id);
    schedule.calendar_key = resolved.calendar.as_ref().map(|calendar| calendar.key);
    schedule.calendar_name = resolved.calendar.as_ref().map(|calendar| calendar.name.clone());
    schedule.stop_at = draft.stop_at;
    schedule.input.clone_from(&draft.input);
    schedule.input_file = draft.input_file;
    schedule.queue_id = resolved.queue.as_ref().map(|(id, _)| *id);
    schedule.queue_name = resolved.queue.as_ref().map(|(_, name)| name.clone());
    schedule.activate_on_job_complete = draft.activate_on_job_complete;
    schedule.items_threshold = draft.items_threshold;
    schedule.items_per_job = draft.items_per_job;
    schedule.max_jobs = draft.max_jobs;
    schedule.same_context = draft.same_context;
    schedule.run_as_me = draft.run_as_me;
    schedule.run_as = if draft.run_as_me { of_caller(scope, ctx)? } else { None };
    schedule.failures_threshold = draft.failures_threshold;
    schedule.grace_hours = draft.grace_hours;
    schedule.is_connected = draft.is_connected;
    schedule.tags = Json(draft.tags.clone());
    Ok(())
}

/// Fills in the names of the machines and accounts.
fn name_targets(scope: &mut Scoped<'_, Tenant>, schedule: &mut Schedule) -> Result<(), Error> {
    for target in &mut schedule.machine_robots.0 {
        if let Some(machine) = target
            .machine_id
            .map(|id| scope.get::<Machine>(id))
            .transpose()?
            .flatten()
        {
            target.machine_name = Some(machine.name);
        }
        if let Some(robot) = target
            .robot_id
            .map(|id| scope.get::<UserRobot>(id))
            .transpose()?
            .flatten()
        {
            target.robot_user_name = users::names(scope, &[robot.user_id])?.remove(&robot.user_id);
        }
    }
    Ok(())
}

/// Deletes the triggers of a queue that goes.
pub fn remove_of_queue(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue) -> Result<(), Error> {
    for schedule in scope.find::<Schedule>("queue_id = ?", params![queue.id])? {
        delete(scope, ctx, &schedule)?;
    }
    Ok(())
}

fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, schedule: &Schedule) -> Result<(), Error> {
    let data = describe(schedule);
    let parameters = match action {
        Action::Delete => audit::key(schedule.id),
        _ => json!({ "model": data.clone() }),
    };
    let entry = Entry::new(Component::Schedules, action, "trigger", schedule.id, &schedule.name)
        .parameters(parameters)
        .entity("ProcessSchedule", schedule.id, action, data);
    audit::record(scope, ctx, entry)
}

/// A trigger as the audit log keeps it: without arguments, which may hold anything.
fn describe(schedule: &Schedule) -> Value {
    let mut members = access::rows::published(schedule);
    if let Some(members) = members.as_object_mut() {
        members.shift_remove("InputArguments");
        members.shift_remove("StartProcessCronDetails");
    }
    members
}

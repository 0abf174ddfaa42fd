//! What can happen to sessions (reference: execution 7.4).

use std::collections::HashMap;

use access::audit::{self, Action, Component, Entry};
use access::rows::integers;
use context::{Ctx, Error, Wrong, check_length, codes, has_hidden};
use jiff::{SignedDuration, Timestamp};
use robot_protocol::{Connect, Platform as Told};
use serde_json::json;
use store::{Json, Scoped, Tenant, Tx, params};
use uuid::Uuid;

use super::events;
use super::model::{MaintenanceMode, Platform, SILENCE_SECONDS, Session, SessionState};
use crate::jobs::model::{Job, JobState, StopStrategy};
use crate::jobs::{allocate, control, step};
use crate::machines::model::{Machine, MachineType, RuntimeType};

/// What changed: a session by its id; robots that wait look again.
pub const TOPIC: &str = "sessions";
/// The same for pages that list the sessions of a tenant; the id is the tenant's.
pub const LIST_TOPIC: &str = "session-list";

/// Sessions of one machine object.
const MOST_OF_MACHINE: i64 = 10_000;
/// Characters of what a host tells of itself.
const LONGEST: usize = 255;
const MOST_RUNTIMES: usize = 20;
/// Silent sessions that one unit of work looks at.
const CHUNK: usize = 200;
/// Minutes of verbose logs, at most and where nothing is said.
const LONGEST_DEBUG: i64 = 24 * 60;
const USUAL_DEBUG: i64 = 60;

/// # Errors
/// 404 with code 1242.
pub fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Session, Error> {
    scope.get::<Session>(id)?.ok_or_else(missing)
}

/// The session that robots know by this key.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<Session>, Error> {
    Ok(scope.find_one::<Session>("key = ?", params![key])?)
}

/// All sessions of machines, by id.
pub fn of_machines(scope: &mut Scoped<'_, Tenant>, machines: &[i64]) -> Result<Vec<Session>, Error> {
    let mut found = Vec::new();
    for piece in machines.chunks(500) {
        let condition = format!("machine_id in ({}) order by id", integers(piece));
        found.extend(scope.find::<Session>(&condition, Vec::new())?);
    }
    Ok(found)
}

/// Runtimes of sessions that jobs use, by session and runtime type. Those that use none are missing.
pub fn used(scope: &mut Scoped<'_, Tenant>, sessions: &[i64]) -> Result<HashMap<(i64, RuntimeType), i64>, Error> {
    let mut found = HashMap::new();
    for piece in sessions.chunks(500) {
        let sql = format!(
            "select session_id, runtime_type, count(*) from jobs where {{scope}} and session_id in ({}) \
             group by session_id, runtime_type",
            integers(piece)
        );
        for row in scope.rows(&sql, Vec::new())? {
            found.insert((row.get(0)?, row.get(1)?), row.get(2)?);
        }
    }
    Ok(found)
}

/// Whether jobs use runtimes of a session.
pub fn is_used(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<bool, Error> {
    Ok(scope.exists::<Job>("session_id = ?", params![id])?)
}

/// A robot service comes up on a host, or comes back: a new session, or the one of its installation with a higher epoch. Jobs the
/// session has are not touched.
///
/// # Errors
/// 400 for what cannot be a host; 409 with code 1204 when a Standard machine is given to another host than the one of its name; 409 when
/// the machine has 10,000 sessions.
pub fn connect(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, machine: &Machine, host: &Connect) -> Result<Session, Error> {
    check(host)?;
    if machine.machine_type == MachineType::Standard && store::fold(&machine.name) != store::fold(&host.host_name) {
        return Err(Error::conflict(
            codes::INVALID_MACHINE_KEY,
            format!("The machine {} is for the host of that name only.", machine.name),
        ));
    }
    let known = "machine_id = ? and installation_id = ? {for_update}";
    let found = scope.find_one::<Session>(known, params![machine.id, host.installation_id])?;
    if found.is_none() && scope.count::<Session>("machine_id = ?", params![machine.id])? >= MOST_OF_MACHINE {
        return Err(Error::conflict(
            codes::ITEM_IS_IN_USE,
            format!("The machine {} has {MOST_OF_MACHINE} sessions already.", machine.name),
        ));
    }
    let mut session = Session {
        id: 0,
        key: ctx.id(),
        machine_id: machine.id,
        installation_id: host.installation_id,
        host_name: String::new(),
        service_user_name: String::new(),
        version: String::new(),
        platform: Platform::Unknown,
        runtimes: Json(Vec::new()),
        connected: true,
        epoch: 0,
        reported_at: ctx.now,
        silence_noticed: false,
        maintenance: MaintenanceMode::Default,
        debug_until: None,
        used: 0,
        slots_limit: None,
        created_at: ctx.now,
        machine_name: machine.name.clone(),
        state: SessionState::Available,
    };
    // Two that come up at the same time under one installation share the row; who comes second has the higher epoch.
    let session = match found {
        Some(found) => found,
        None => match scope.insert_new(&[session.clone()], "id")?.first() {
            Some(row) => {
                session.id = row.get(0)?;
                session
            }
            None => scope
                .find_one::<Session>(known, params![machine.id, host.installation_id])?
                .ok_or_else(missing)?,
        },
    };
    let was_online = session.epoch > 0 && session.is_online(ctx.now);
    let mut session = session;
    session.epoch += 1;
    host.host_name.trim().clone_into(&mut session.host_name);
    session.service_user_name.clone_from(&host.service_user_name);
    session.version.clone_from(&host.version);
    session.platform = match host.platform {
        Told::Unknown => Platform::Unknown,
        Told::Windows => Platform::Windows,
        Told::Linux => Platform::Linux,
        Told::Osx => Platform::OSX,
    };
    session.runtimes = Json(host.runtimes.clone());
    session.slots_limit = host.slots_limit.map(i64::from);
    session.connected = true;
    session.reported_at = ctx.now;
    session.silence_noticed = false;
    scope.update(&session)?;
    if session.state == SessionState::Disconnected {
        session.state = SessionState::Available;
    }
    told(scope, &session);
    if !was_online {
        events::write(scope, ctx, &session)?;
    }
    Ok(session)
}

fn check(host: &Connect) -> Result<(), Error> {
    let mut wrong = Wrong::default();
    if host.host_name.trim().is_empty() || has_hidden(&host.host_name) {
        wrong.add("hostName", "hostName must be a name without hidden characters.");
    }
    for (name, text) in [
        ("hostName", &host.host_name),
        ("serviceUserName", &host.service_user_name),
        ("version", &host.version),
    ] {
        wrong.text(name, Some(text), LONGEST);
    }
    if host.runtimes.len() > MOST_RUNTIMES {
        wrong.add(
            "runtimes",
            format!("runtimes can have at most {MOST_RUNTIMES} entries."),
        );
    }
    for runtime in &host.runtimes {
        wrong.text("runtimes", Some(runtime), LONGEST);
    }
    wrong.finish()
}

/// A heartbeat. A session that was silent or had said good-bye is back. Says whether that is so.
pub fn heard(scope: &mut Scoped<'_, Tenant>, session: &Session, now: Timestamp) -> Result<bool, Error> {
    let was_away = !session.is_online(now);
    scope.update_where::<Session>(
        "reported_at = ?, silence_noticed = ?, connected = ?",
        "id = ? and epoch = ?",
        params![session.reported_at.max(now), false, true, session.id, session.epoch],
    )?;
    if was_away {
        told(scope, session);
    }
    Ok(was_away)
}

/// A clean end. A newer connection of the same installation is not touched.
pub fn disconnect(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: &Session) -> Result<(), Error> {
    let found = scope.lock::<Session>(session.id)?;
    let Some(mut found) = found.filter(|found| found.connected && found.epoch == session.epoch) else {
        return Ok(());
    };
    found.connected = false;
    found.reported_at = ctx.now;
    scope.update(&found)?;
    found.state = SessionState::Disconnected;
    told(scope, &found);
    events::write(scope, ctx, &found)
}

/// Lets a session take jobs, or no more of them; those it has go on unless `stop` says how they end.
///
/// # Errors
/// 404 with code 1242.
pub fn set_maintenance(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    id: i64,
    mode: MaintenanceMode,
    stop: Option<StopStrategy>,
) -> Result<(), Error> {
    let mut session = scope.lock::<Session>(id)?.ok_or_else(missing)?;
    if session.maintenance != mode {
        session.maintenance = mode;
        scope.update(&session)?;
        let word = match mode {
            MaintenanceMode::Enabled => "enabled",
            MaintenanceMode::Default => "ended",
        };
        let entry = Entry::new(
            Component::Sessions,
            Action::ChangeStatus,
            "session",
            id,
            &session.host_name,
        )
        .parameters(json!({
            "sessionId": id, "maintenanceMode": mode.to_string(), "stopJobsStrategy": stop.map(|stop| stop.to_string())
        }))
        .text(format!("{word} maintenance mode of host {}", session.host_name));
        audit::record(scope, ctx, entry)?;
    }
    match mode {
        MaintenanceMode::Enabled => clear(scope, ctx, id, stop)?,
        MaintenanceMode::Default => {
            allocate::for_session(scope, ctx, id)?;
        }
    }
    told(scope, &session);
    Ok(())
}

/// Asks for the end of the jobs that run on a session. What was given to it and not started waits for another.
fn clear(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: i64, stop: Option<StopStrategy>) -> Result<(), Error> {
    for mut job in scope.find::<Job>("session_id = ? order by id {for_update}", params![session])? {
        if !job.accepted {
            step::unassign(scope, &mut job)?;
            step::wait_for_robot(scope, ctx, &job)?;
            continue;
        }
        match (job.state, stop) {
            (JobState::Running, Some(stop)) | (JobState::Stopping, Some(stop @ StopStrategy::Kill)) => {
                control::stop(scope, ctx, &mut job, stop)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Wants verbose logs of a session for a time, or no longer.
///
/// # Errors
/// 404 with code 1242; 400 for a time that is no time or longer than a day.
pub fn set_debug(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    id: i64,
    enabled: bool,
    minutes: Option<i64>,
) -> Result<(), Error> {
    let minutes = minutes.unwrap_or(USUAL_DEBUG);
    if enabled && !(1..=LONGEST_DEBUG).contains(&minutes) {
        return Err(Error::field(
            "minutes",
            format!("minutes must be between 1 and {LONGEST_DEBUG}."),
        ));
    }
    let mut session = scope.lock::<Session>(id)?.ok_or_else(missing)?;
    session.debug_until = enabled
        .then(|| ctx.now.checked_add(SignedDuration::from_mins(minutes)).ok())
        .flatten();
    scope.update(&session)?;
    told(scope, &session);
    let word = if enabled { "asked for" } else { "ended" };
    let entry = Entry::new(Component::Sessions, Action::Toggle, "session", id, &session.host_name)
        .parameters(json!({ "key": id, "enabled": enabled, "minutes": enabled.then_some(minutes) }))
        .text(format!("{word} verbose logs of host {}", session.host_name));
    audit::record(scope, ctx, entry)
}

/// Forgets sessions of hosts that are not there; all or none. They come back as new ones when their host does.
///
/// # Errors
/// 404 with code 1242; 409 with code 1217 for a host that is there; 409 with code 1666 for one that still has jobs.
pub fn delete_inactive(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, ids: &[i64]) -> Result<(), Error> {
    check_length("sessionIds", ids)?;
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    for id in wanted {
        let session = scope.lock::<Session>(id)?.ok_or_else(missing)?;
        if session.is_online(ctx.now) {
            return Err(Error::conflict(
                codes::CANNOT_UPDATE_ACTIVE_SESSION,
                format!("The host {} is connected.", session.host_name),
            ));
        }
        if is_used(scope, id)? {
            return Err(Error::conflict(
                codes::HAS_RUNNING_JOBS,
                format!("The host {} has not yet told how its jobs ended.", session.host_name),
            ));
        }
        scope.delete::<Session>(id)?;
        told(scope, &session);
        let entry = Entry::new(Component::Sessions, Action::Delete, "session", id, &session.host_name)
            .parameters(json!({ "sessionIds": ids }))
            .row("Session", Action::Delete, &session);
        audit::record(scope, ctx, entry)?;
    }
    Ok(())
}

/// Notices sessions that went silent, each once: those who watch are told. Says whether there may be more.
pub fn notice_silent(tx: &mut Tx, ctx: &Ctx) -> Result<bool, Error> {
    let limit = ctx
        .now
        .checked_sub(SignedDuration::from_secs(SILENCE_SECONDS + 1))
        .unwrap_or(Timestamp::MIN);
    let due = format!("connected and not silence_noticed and reported_at <= ? order by reported_at limit {CHUNK}");
    let found = tx.locate_all::<Session>(&due, params![limit])?;
    let count = found.len();
    for (tenant, mut session) in found {
        let scope = &mut tx.scope(tenant);
        session.silence_noticed = true;
        scope.update(&session)?;
        told(scope, &session);
        events::write(scope, ctx, &session)?;
    }
    Ok(count == CHUNK)
}

fn told(scope: &mut Scoped<'_, Tenant>, session: &Session) {
    scope.changed(TOPIC, session.id);
    let tenant = scope.scope().0;
    scope.changed(LIST_TOPIC, tenant);
}

fn missing() -> Error {
    Error::missing(codes::MACHINE_SESSION_NOT_FOUND, "There is no such session.")
}

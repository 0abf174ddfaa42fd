//! Who gets which job (reference: execution 6.3).
//!
//! Jobs are assigned in the unit of work that makes it possible: one that starts jobs looks for free sessions, and one that frees a
//! session, or brings it back, looks for jobs that wait. The session's row is locked meanwhile.

use std::collections::HashMap;

use access::folders::model::Folder;
use access::users::robots::UserRobot;
use context::{Ctx, Error};
use store::{Scoped, Tenant, params};

use super::fleet;
use super::model::{Job, Lane};
use crate::machines::model::{Machine, RuntimeType};
use crate::processes::model::Release;
use crate::sessions::model::{MaintenanceMode, SILENCE_SECONDS, Session};

/// Sessions that one start looks at.
const SESSIONS: i64 = 32;

/// A job that a session holds.
struct Held {
    runtime: RuntimeType,
    foreground: bool,
    robot: Option<i64>,
}

/// Looks for free sessions for jobs that wait in lanes of a folder.
pub fn for_lanes(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, machines: &[Machine], lanes: &[Lane]) -> Result<(), Error> {
    let fitting: Vec<&Machine> = machines
        .iter()
        .filter(|machine| lanes.iter().any(|lane| lane.fits(machine)))
        .collect();
    let most = fitting.iter().map(|machine| all_slots(machine)).max().unwrap_or(0);
    if most == 0 {
        return Ok(());
    }
    let ids: Vec<i64> = fitting.iter().map(|machine| machine.id).collect();
    let condition = format!(
        "machine_id in ({}) and used < ? and connected = ? and maintenance = ? and reported_at >= ?
            order by used, id limit {SESSIONS}",
        access::rows::integers(&ids)
    );
    let since = ctx.now.as_microsecond() - SILENCE_SECONDS * 1_000_000;
    let free = scope.find::<Session>(&condition, params![most, true, MaintenanceMode::Default, since])?;
    for session in free {
        if !lanes.iter().any(|lane| lane.runs_in(&session)) {
            continue;
        }
        for_session(scope, ctx, session.id)?;
        let mut waiting = false;
        for lane in lanes {
            waiting = waiting || scope.exists::<Job>("lane_id = ? and waiting_rank is not null", params![lane.id])?;
        }
        if !waiting {
            break;
        }
    }
    Ok(())
}

fn all_slots(machine: &Machine) -> i64 {
    [
        RuntimeType::Unattended,
        RuntimeType::NonProduction,
        RuntimeType::Headless,
        RuntimeType::TestAutomation,
    ]
    .into_iter()
    .map(|runtime| i64::from(machine.slots(runtime)))
    .sum()
}

/// Gives a session the jobs it has slots for, the most urgent first, and says how many.
pub fn for_session(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: i64) -> Result<usize, Error> {
    let Some(session) = scope.lock::<Session>(session)? else {
        return Ok(0);
    };
    if !session.connected || session.maintenance == MaintenanceMode::Enabled || session.is_silent(ctx.now) {
        return Ok(0);
    }
    let Some(machine) = scope.get::<Machine>(session.machine_id)? else {
        return Ok(0);
    };
    let mut held = held_by(scope, session.id)?;
    let mut free = free_slots(&machine, &held);
    let mut left = session.slots_limit.unwrap_or(i64::MAX) - held.len() as i64;
    if left <= 0 || free.values().all(|slots| *slots <= 0) {
        return Ok(0);
    }
    let folders = fleet::folders_of(scope, machine.id)?;
    let lanes = lanes_of(scope, &folders, &machine, &session)?;
    let most = free.values().map(|slots| (*slots).max(0)).sum::<i64>().min(left);
    let mut queue = Vec::new();
    for (at, lane) in lanes.iter().enumerate() {
        let head = scope.find::<Job>(
            &format!(
                "lane_id = ? and waiting_rank is not null order by waiting_rank desc, id limit {most} {{skip_locked}}"
            ),
            params![lane.id],
        )?;
        queue.extend(head.into_iter().map(|job| (at, job)));
    }
    queue.sort_by_key(|(_, job)| (std::cmp::Reverse(job.waiting_rank), job.id));
    let mut robots: HashMap<i64, Vec<UserRobot>> = HashMap::new();
    let mut assigned = 0;
    for (at, mut job) in queue {
        let lane = &lanes[at];
        if left <= 0 {
            break;
        }
        if free.get(&lane.runtime_type).is_none_or(|slots| *slots <= 0) {
            continue;
        }
        if let std::collections::hash_map::Entry::Vacant(vacant) = robots.entry(lane.folder_id) {
            let folder = folders.iter().find(|folder| folder.id == lane.folder_id);
            vacant.insert(match folder {
                Some(folder) => fleet::robots_of(scope, folder)?,
                None => Vec::new(),
            });
        }
        let known = robots.get(&lane.folder_id).map_or(&[][..], Vec::as_slice);
        let Some(robot) = choose_robot(scope, &machine, &session, lane, known, &held)? else {
            continue;
        };
        assign(scope, ctx, &session, robot, &mut job)?;
        held.push(Held {
            runtime: lane.runtime_type,
            foreground: lane.foreground,
            robot: Some(robot.id),
        });
        if let Some(slots) = free.get_mut(&lane.runtime_type) {
            *slots -= 1;
        }
        left -= 1;
        assigned += 1;
    }
    if assigned > 0 {
        scope.update_where::<Session>("used = used + ?", "id = ?", params![assigned as i64, session.id])?;
        scope.changed("sessions", session.id);
    }
    Ok(assigned)
}

fn held_by(scope: &mut Scoped<'_, Tenant>, session: i64) -> Result<Vec<Held>, Error> {
    let rows = scope.rows(
        "select runtime_type, requires_user_interaction, robot_id from jobs where {scope} and session_id = ?",
        params![session],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Held {
                runtime: row.get(0)?,
                foreground: row.get(1)?,
                robot: row.get(2)?,
            })
        })
        .collect::<store::Result<_>>()
        .map_err(Error::from)
}

fn free_slots(machine: &Machine, held: &[Held]) -> HashMap<RuntimeType, i64> {
    [
        RuntimeType::Unattended,
        RuntimeType::NonProduction,
        RuntimeType::Headless,
        RuntimeType::TestAutomation,
    ]
    .into_iter()
    .map(|runtime| {
        let used = held.iter().filter(|job| job.runtime == runtime).count() as i64;
        (runtime, i64::from(machine.slots(runtime)) - used)
    })
    .collect()
}

/// The lanes that a session can serve and in which jobs wait.
fn lanes_of(
    scope: &mut Scoped<'_, Tenant>,
    folders: &[Folder],
    machine: &Machine,
    session: &Session,
) -> Result<Vec<Lane>, Error> {
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = folders.iter().map(|folder| folder.id).collect();
    let condition = format!(
        "folder_id in ({}) and exists (select 1 from jobs j where j.lane_id = job_lanes.id and j.waiting_rank is not null)
            order by id",
        access::rows::integers(&ids)
    );
    let mut lanes = scope.find::<Lane>(&condition, params![])?;
    lanes.retain(|lane| lane.fits(machine) && lane.runs_in(session));
    Ok(lanes)
}

/// The account that runs a job of a lane: the one with the least to do in the session among those that may.
fn choose_robot<'a>(
    scope: &mut Scoped<'_, Tenant>,
    machine: &Machine,
    session: &Session,
    lane: &Lane,
    known: &'a [UserRobot],
    held: &[Held],
) -> Result<Option<&'a UserRobot>, Error> {
    let mapped = &machine.robot_users.0;
    let mut candidates: Vec<&UserRobot> = known
        .iter()
        .filter(|robot| lane.robot_id.is_none_or(|id| id == robot.id))
        .filter(|robot| mapped.is_empty() || mapped.contains(&robot.id))
        .filter(|robot| !lane.foreground || robot.has_credentials())
        .filter(|robot| !(lane.foreground && held.iter().any(|job| job.foreground && job.robot == Some(robot.id))))
        .collect();
    candidates.sort_by_key(|robot| {
        let busy = held.iter().filter(|job| job.robot == Some(robot.id)).count();
        (busy, robot.id)
    });
    for robot in candidates {
        let elsewhere = robot.limit_concurrent
            && scope.exists::<Job>(
                "robot_id = ? and session_id is not null and session_id <> ?",
                params![robot.id, session.id],
            )?;
        if !elsewhere {
            return Ok(Some(robot));
        }
    }
    Ok(None)
}

fn assign(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    session: &Session,
    robot: &UserRobot,
    job: &mut Job,
) -> Result<(), Error> {
    let version = scope.get::<Release>(job.release_id)?.map(|release| release.version_id);
    job.session_id = Some(session.id);
    job.machine_id = Some(session.machine_id);
    job.robot_id = Some(robot.id);
    job.attempt += 1;
    job.accepted = false;
    job.assigned_at = Some(ctx.now);
    job.waiting_rank = None;
    // A job that was suspended goes on with the version it began with.
    job.release_version_id = job.release_version_id.or(version);
    scope.update_where::<Job>(
        "session_id = ?, machine_id = ?, robot_id = ?, attempt = ?, accepted = ?, assigned_at = ?, waiting_rank = null,
            release_version_id = ?",
        "id = ?",
        params![
            job.session_id,
            job.machine_id,
            job.robot_id,
            job.attempt,
            false,
            ctx.now,
            job.release_version_id,
            job.id
        ],
    )?;
    Ok(())
}

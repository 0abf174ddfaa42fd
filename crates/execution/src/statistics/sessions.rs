//! Robots that are there, how busy they are, and how much of what machines offer is in use.

use context::Error;
use jiff::Timestamp;
use store::{Scoped, Tenant, params};

use crate::machines::model::{Machine, RuntimeType};
use crate::sessions::model::{SILENCE_SECONDS, Session, SessionState};

/// Sessions that a table shows, at most.
pub const MOST: i64 = 500;

/// Sessions by what they are at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sessions {
    pub available: i64,
    /// All their runtimes are in use.
    pub busy: i64,
    pub disconnected: i64,
    /// Connected, but not heard of for too long.
    pub unresponsive: i64,
}

/// What a session is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Available,
    Busy,
    Disconnected,
    Unresponsive,
}

/// A session with its machine.
#[derive(Debug, Clone)]
pub struct Seen {
    pub session: Session,
    pub machine: Option<Machine>,
    pub standing: Standing,
}

fn standing(session: &Session, now: Timestamp) -> Standing {
    match session.state {
        _ if !session.connected => Standing::Disconnected,
        _ if session.is_silent(now) => Standing::Unresponsive,
        SessionState::Busy => Standing::Busy,
        _ => Standing::Available,
    }
}

/// The sessions of the tenant by what they are at.
pub fn count(scope: &mut Scoped<'_, Tenant>, now: Timestamp) -> Result<Sessions, Error> {
    let silent = now.as_microsecond() - (SILENCE_SECONDS + 1) * 1_000_000;
    let rows = scope.rows(
        "select case when not s.connected then 0 when s.reported_at <= ? then 1
                when s.used > 0 and s.used >= (
                    select m.unattended_slots + m.non_production_slots + m.headless_slots + m.test_automation_slots
                    from machines m where m.id = s.machine_id) then 2 else 3 end, count(*)
         from robot_sessions s where s.{scope} group by 1",
        params![silent],
    )?;
    let mut sessions = Sessions::default();
    for row in rows {
        let (kind, number): (i64, i64) = (row.get(0)?, row.get(1)?);
        match kind {
            0 => sessions.disconnected = number,
            1 => sessions.unresponsive = number,
            2 => sessions.busy = number,
            _ => sessions.available = number,
        }
    }
    Ok(sessions)
}

/// The sessions of the tenant, those heard of last first.
pub fn list(scope: &mut Scoped<'_, Tenant>, now: Timestamp) -> Result<Vec<Seen>, Error> {
    let sessions = scope.find::<Session>("1 = 1 order by reported_at desc, id desc limit ?", params![MOST])?;
    let mut machines: Vec<i64> = sessions.iter().map(|session| session.machine_id).collect();
    machines.sort_unstable();
    machines.dedup();
    let machines: std::collections::HashMap<i64, Machine> = scope
        .get_many::<Machine>(&machines)?
        .into_iter()
        .map(|machine| (machine.id, machine))
        .collect();
    Ok(sessions
        .into_iter()
        .map(|session| Seen {
            machine: machines.get(&session.machine_id).cloned(),
            standing: standing(&session, now),
            session,
        })
        .collect())
}

/// Runtimes of one kind: how many jobs can run at the same time on what is connected, and how many do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    pub runtime: RuntimeType,
    pub used: i64,
    pub total: i64,
}

/// The kinds that machines offer.
const RUNTIMES: [RuntimeType; 4] = [
    RuntimeType::Unattended,
    RuntimeType::NonProduction,
    RuntimeType::Headless,
    RuntimeType::TestAutomation,
];

/// Runtimes of each kind on the sessions that can be reached now; kinds that nobody offers or uses are left out.
pub fn slots(scope: &mut Scoped<'_, Tenant>, seen: &[Seen]) -> Result<Vec<Slots>, Error> {
    let rows = scope.rows(
        "select runtime_type, count(*) from jobs where +{scope} and session_id is not null group by runtime_type",
        params![],
    )?;
    let mut used: std::collections::HashMap<i64, i64> = std::collections::HashMap::new();
    for row in rows {
        used.insert(row.get(0)?, row.get(1)?);
    }
    let here = |seen: &&Seen| matches!(seen.standing, Standing::Available | Standing::Busy);
    Ok(RUNTIMES
        .into_iter()
        .map(|runtime| Slots {
            runtime,
            used: used.get(&(runtime as i64)).copied().unwrap_or(0),
            total: seen
                .iter()
                .filter(here)
                .filter_map(|seen| seen.machine.as_ref())
                .map(|machine| i64::from(machine.slots(runtime)))
                .sum(),
        })
        .filter(|slots| slots.used > 0 || slots.total > 0)
        .collect())
}

/// How much of what is there is in use, from 0 to 1; `None` where nothing is there.
pub fn utilisation(slots: &[Slots]) -> Option<f64> {
    let (used, total) = slots
        .iter()
        .fold((0, 0), |(used, total), slots| (used + slots.used, total + slots.total));
    (total > 0).then(|| (used as f64 / total as f64).min(1.0))
}

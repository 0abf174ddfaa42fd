//! Why a job waits (reference: execution 6.4).

use access::folders::model::Folder;
use context::{Ctx, Error};
use store::{Scoped, Tenant, params};

use super::fleet::Fleet;
use super::lane::Need;
use super::model::Lane;
use crate::machines::model::{Machine, MachineFramework};
use crate::processes::model::TargetFramework;
use crate::sessions::model::{MaintenanceMode, Session};

/// Sessions that are looked at.
const SESSIONS: i64 = 1_000;

/// A reason: its code in the contract, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub text: &'static str,
}

const fn reason(code: &'static str, text: &'static str) -> Reason {
    Reason { code, text }
}

/// Why jobs with this need would wait now; nothing where one could start at once.
pub fn reasons(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: &Folder, need: &Need) -> Result<Vec<Reason>, Error> {
    let fleet = Fleet::of_folder(scope, folder)?;
    let mut found = Vec::new();
    let robots: Vec<_> = fleet
        .robots
        .iter()
        .filter(|robot| need.robot.is_none_or(|id| id == robot.id))
        .collect();
    if robots.is_empty() {
        found.push(reason(
            "RobotNotAssignedToFolder",
            "No account with an unattended robot is assigned to the folder, or the chosen one is not.",
        ));
    } else if need.foreground && !robots.iter().any(|robot| robot.has_credentials()) {
        found.push(if need.robot.is_some() {
            reason(
                "RobotNoCredentials",
                "The account has no credentials, which a foreground job needs.",
            )
        } else {
            reason(
                "DynamicJobAccountCredentialsInvalid",
                "No account of the folder has credentials, which a foreground job needs.",
            )
        });
    }
    let machines: Vec<&Machine> = fleet
        .machines
        .iter()
        .filter(|machine| need.machine.is_none_or(|id| id == machine.id))
        .collect();
    if let Some(reason) = of_machines(&machines, need) {
        found.push(reason);
        return Ok(found);
    }
    if let Some(reason) = of_sessions(scope, ctx, &machines, need)? {
        found.push(reason);
    }
    Ok(found)
}

fn of_machines(machines: &[&Machine], need: &Need) -> Option<Reason> {
    if machines.is_empty() {
        return Some(reason(
            "TemplateNotAssignedToFolder",
            "No machine is assigned to the folder, or the chosen one is not.",
        ));
    }
    let with_slots: Vec<_> = machines
        .iter()
        .filter(|machine| machine.slots(need.runtime_type) > 0)
        .collect();
    if with_slots.is_empty() {
        return Some(reason(
            "TemplateNoRuntime",
            "The machines of the folder have no runtimes of this type.",
        ));
    }
    let lane = as_lane(need);
    if with_slots.iter().any(|machine| lane.fits(machine)) {
        return None;
    }
    let fits_framework = with_slots.iter().any(|machine| match machine.target_framework {
        MachineFramework::Any => true,
        MachineFramework::Windows => need.framework != TargetFramework::Portable,
        MachineFramework::Portable => need.framework == TargetFramework::Portable,
    });
    Some(match (fits_framework, need.foreground) {
        (false, _) if need.framework == TargetFramework::Portable => reason(
            "DynamicJobCrossPlatformTargetFrameworkInvalid",
            "The machines of the folder are for Windows processes only.",
        ),
        (false, _) => reason(
            "DynamicJobWindowsTargetFrameworkInvalid",
            "The machines of the folder are for cross-platform processes only.",
        ),
        (true, true) => reason(
            "DynamicJobForegroundAutomationTypeInvalid",
            "The machines of the folder take background jobs only.",
        ),
        (true, false) => reason(
            "DynamicJobBackgroundAutomationTypeInvalid",
            "The machines of the folder take foreground jobs only.",
        ),
    })
}

fn of_sessions(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    machines: &[&Machine],
    need: &Need,
) -> Result<Option<Reason>, Error> {
    let lane = as_lane(need);
    let ids: Vec<i64> = machines
        .iter()
        .filter(|machine| lane.fits(machine))
        .map(|machine| machine.id)
        .collect();
    let condition = format!(
        "machine_id in ({}) and connected = ? order by reported_at desc limit {SESSIONS}",
        access::rows::integers(&ids)
    );
    let mut sessions = scope.find::<Session>(&condition, params![true])?;
    sessions.retain(|session| !session.is_silent(ctx.now));
    sessions.retain(|session| need.sessions.is_empty() || need.sessions.contains(&session.id));
    if sessions.is_empty() {
        return Ok(Some(reason(
            "TemplateNoHostsAvailable",
            "No host is connected that could run the job.",
        )));
    }
    sessions.retain(|session| session.maintenance == MaintenanceMode::Default);
    if sessions.is_empty() {
        return Ok(Some(reason(
            "TemplateMaintenanceMode",
            "The connected hosts are in maintenance mode.",
        )));
    }
    sessions.retain(|session| lane.runs_in(session));
    if sessions.is_empty() {
        return Ok(Some(reason(
            "DynamicJobConnectedMachinesInvalid",
            "The connected hosts cannot run packages of this kind.",
        )));
    }
    for session in sessions {
        let slots = machines
            .iter()
            .find(|machine| machine.id == session.machine_id)
            .map_or(0, |machine| machine.slots(need.runtime_type));
        let used = scope.row(
            "select count(*) from jobs where {scope} and session_id = ? and runtime_type = ?",
            params![session.id, need.runtime_type],
        )?;
        let used: i64 = used.map_or(Ok(0), |row| row.get(0))?;
        if used < i64::from(slots) {
            return Ok(None);
        }
    }
    Ok(Some(reason(
        "TemplateFullCapacity",
        "All runtimes of the connected hosts are in use.",
    )))
}

/// A lane that nobody waits in, to ask the same questions of.
fn as_lane(need: &Need) -> Lane {
    Lane {
        id: 0,
        folder_id: need.folder,
        hash: Vec::new(),
        runtime_type: need.runtime_type,
        foreground: need.foreground,
        framework: need.framework,
        runtime: need.runtime.clone(),
        machine_id: need.machine,
        robot_id: need.robot,
        session_ids: store::Json(need.sessions.clone()),
    }
}

impl From<Lane> for Need {
    fn from(lane: Lane) -> Self {
        Self {
            folder: lane.folder_id,
            runtime_type: lane.runtime_type,
            foreground: lane.foreground,
            framework: lane.framework,
            runtime: lane.runtime,
            machine: lane.machine_id,
            robot: lane.robot_id,
            sessions: lane.session_ids.0,
        }
    }
}

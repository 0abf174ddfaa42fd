//! Lanes: jobs that the same robots can run wait in the same one, so that nobody looks through those that must wait longer.

use context::Error;
use odata::Enumeration as _;
use store::{Json, Scoped, Tenant, params};

use super::model::Lane;
use crate::machines::model::{AutomationType, Machine, MachineFramework, RuntimeType};
use crate::processes::model::TargetFramework;
use crate::sessions::model::{Platform, Session};

/// What jobs need.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Need {
    pub folder: i64,
    pub runtime_type: RuntimeType,
    pub foreground: bool,
    pub framework: TargetFramework,
    /// The package runtime.
    pub runtime: Option<String>,
    pub machine: Option<i64>,
    pub robot: Option<i64>,
    /// Empty: any.
    pub sessions: Vec<i64>,
}

impl Need {
    fn hash(&self) -> Vec<u8> {
        let mut sessions = self.sessions.clone();
        sessions.sort_unstable();
        sessions.dedup();
        let text = format!(
            "{}|{}|{}|{}|{}|{:?}|{:?}|{sessions:?}",
            self.folder,
            self.runtime_type.number(),
            self.foreground,
            self.framework.number(),
            self.runtime.as_deref().unwrap_or_default(),
            self.machine,
            self.robot,
        );
        vault::sha256(text.as_bytes()).to_vec()
    }
}

/// The lane of some jobs, made where there is none yet.
pub fn of(scope: &mut Scoped<'_, Tenant>, need: &Need) -> Result<Lane, Error> {
    let hash = need.hash();
    if let Some(found) = scope.find_one::<Lane>("hash = ?", params![&hash])? {
        return Ok(found);
    }
    let lane = Lane {
        id: 0,
        folder_id: need.folder,
        hash: hash.clone(),
        runtime_type: need.runtime_type,
        foreground: need.foreground,
        framework: need.framework,
        runtime: need.runtime.clone(),
        machine_id: need.machine,
        robot_id: need.robot,
        session_ids: Json(need.sessions.clone()),
    };
    // Somebody else may have made it meanwhile.
    scope.insert_new(&[lane], "id")?;
    let found = scope.find_one::<Lane>("hash = ?", params![&hash])?;
    found.ok_or_else(|| Error::internal("a lane that was stored is not there"))
}

impl Lane {
    /// Whether jobs of the lane may run on a machine at all.
    pub fn fits(&self, machine: &Machine) -> bool {
        let kind = match machine.automation_type {
            AutomationType::Any => true,
            AutomationType::Foreground => self.foreground,
            AutomationType::Background => !self.foreground,
        };
        let framework = match machine.target_framework {
            MachineFramework::Any => true,
            MachineFramework::Windows => self.framework != TargetFramework::Portable,
            MachineFramework::Portable => self.framework == TargetFramework::Portable,
        };
        let headless = !(self.foreground && self.runtime_type == RuntimeType::Headless);
        kind && framework
            && headless
            && self.machine_id.is_none_or(|id| id == machine.id)
            && machine.slots(self.runtime_type) > 0
    }

    /// Whether jobs of the lane may run in a session of a machine they fit.
    pub fn runs_in(&self, session: &Session) -> bool {
        let platform = self.framework == TargetFramework::Portable || session.platform == Platform::Windows;
        let runtime = self
            .runtime
            .as_ref()
            .is_some_and(|runtime| session.runtimes.0.contains(runtime));
        let chosen = self.session_ids.0.is_empty() || self.session_ids.0.contains(&session.id);
        platform && runtime && chosen
    }
}

//! Starting the jobs of a trigger: what a trigger says about them, and who starts them.

use context::{Ctx, Error};
use execution::jobs::model::{Job, SourceType, StopStrategy};
use execution::jobs::start as jobs;
use execution::machines::model::RuntimeType;
use execution::processes::model::{RemoteControlAccess, TargetFramework};
use serde::{Deserialize, Serialize};
use store::{Scoped, Tenant};
use uuid::Uuid;

/// Jobs that a trigger starts, all alike.
#[derive(Debug, Clone)]
pub struct Start {
    pub release: i64,
    pub count: i64,
    /// Shared by all jobs of a firing.
    pub batch: Uuid,
    /// 1 to 100; `None`: that of the process.
    pub priority: Option<i32>,
    pub runtime: Option<RuntimeType>,
    /// Where and under which account they run.
    pub target: Target,
    pub entry_point: Option<String>,
    /// JSON text of an object, over the defaults of the process.
    pub input: Option<String>,
    pub input_file: Option<Uuid>,
    pub source_type: SourceType,
    /// The name of the trigger.
    pub source: String,
    pub schedule: Option<i64>,
    pub trigger: Option<Uuid>,
    /// The job that called.
    pub parent: Option<Uuid>,
    /// Seconds.
    pub stop_after: Option<i64>,
    pub stop_by: Option<StopStrategy>,
    pub kill_after: Option<i64>,
    pub alert_pending_after: Option<i64>,
    pub alert_running_after: Option<i64>,
    pub same_context: bool,
    /// The account whose own robot runs them.
    pub run_as: Option<i64>,
    pub requires_user_interaction: Option<bool>,
    pub target_framework: Option<TargetFramework>,
    pub remote_control: Option<RemoteControlAccess>,
}

/// A machine, an account, a host, or any of them. Contract schema `MachineRobotSessionDto`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Target {
    pub machine_id: Option<i64>,
    pub machine_name: Option<String>,
    pub robot_id: Option<i64>,
    pub robot_user_name: Option<String>,
    pub session_id: Option<i64>,
    pub session_name: Option<String>,
}

/// Starts the jobs in the caller's unit of work, which locks rows (`write_locking`).
///
/// # Errors
/// Why no job can be started (reference: execution 5.4, step 6).
pub fn start(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, start: &Start) -> Result<Vec<Job>, Error> {
    let source = jobs::Source {
        source_type: start.source_type,
        name: start.source.clone(),
        schedule: start.schedule,
        trigger: start.trigger,
        parent: start.parent,
    };
    let target = jobs::Target {
        machine: start.target.machine_id,
        robot: start.target.robot_id,
    };
    let wanted = jobs::Start {
        count: start.count,
        targets: if target == jobs::Target::default() {
            Vec::new()
        } else {
            vec![target]
        },
        sessions: start.target.session_id.into_iter().collect(),
        runtime_type: start.runtime,
        priority: start.priority,
        input: start.input.clone(),
        input_file: start.input_file,
        entry_point: start.entry_point.clone(),
        batch: Some(start.batch),
        stop_after: start.stop_after,
        kill_after: start.kill_after,
        stop_by: start.stop_by.unwrap_or(StopStrategy::SoftStop),
        alert_pending_after: start.alert_pending_after,
        alert_running_after: start.alert_running_after,
        run_as: start.run_as,
        same_context: start.same_context,
        requires_user_interaction: start.requires_user_interaction,
        target_framework: start.target_framework,
        remote_control: start.remote_control,
        ..jobs::Start::of(start.release, source)
    };
    jobs::start(scope, ctx, &wanted)
}

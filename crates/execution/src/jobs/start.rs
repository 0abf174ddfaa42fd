//! Starting jobs (reference: execution 5.4).

use access::audit::{self, Action, Component, Entry};
use access::folders::model::Folder;
use context::{Ctx, Error, codes};
use jiff::Timestamp;
use odata::Enumeration as _;
use serde_json::{Map, Value};
use store::{Json, Scoped, Tenant, params};
use uuid::Uuid;

use super::fleet::Fleet;
use super::lane::{self, Need};
use super::model::{Job, JobEvent, JobState, JobType, SourceType, StopStrategy};
use super::{allocate, events};
use crate::arguments::{self, Whole};
use crate::machines::model::RuntimeType;
use crate::processes::model::{ProcessType, Release, RemoteControlAccess, TargetFramework};
use crate::processes::service as processes;
use crate::statistics::tally::{self, Delta};

/// Jobs of one start, at most.
pub const MOST_JOBS: i64 = 10_000;
/// Longest arguments that are kept with a job, in bytes; longer ones come as a file.
pub const LONGEST_ARGUMENTS: usize = 1 << 20;

/// Where jobs are to run: an account, a machine, or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    pub machine: Option<i64>,
    pub robot: Option<i64>,
}

/// What starts jobs.
#[derive(Debug, Clone)]
pub struct Source {
    pub source_type: SourceType,
    /// What people read: `Manual`, or the trigger's name.
    pub name: String,
    pub schedule: Option<i64>,
    pub trigger: Option<Uuid>,
    pub parent: Option<Uuid>,
}

impl Source {
    /// Somebody starts them by hand, or by a program of theirs.
    pub fn manual() -> Self {
        Self {
            source_type: SourceType::Manual,
            name: "Manual".to_owned(),
            schedule: None,
            trigger: None,
            parent: None,
        }
    }
}

/// Jobs to be started. What is left out is the process's.
#[derive(Debug, Clone)]
pub struct Start {
    pub release: i64,
    /// Jobs per target; with no target, jobs in all.
    pub count: i64,
    pub targets: Vec<Target>,
    pub sessions: Vec<i64>,
    pub runtime_type: Option<RuntimeType>,
    /// 1 to 100.
    pub priority: Option<i32>,
    /// JSON text of an object, laid over the process's defaults.
    pub input: Option<String>,
    pub input_file: Option<Uuid>,
    pub environment: Option<String>,
    pub entry_point: Option<String>,
    pub reference: String,
    pub source: Source,
    pub batch: Option<Uuid>,
    /// Seconds of running.
    pub stop_after: Option<i64>,
    pub kill_after: Option<i64>,
    pub stop_by: StopStrategy,
    pub alert_pending_after: Option<i64>,
    pub alert_running_after: Option<i64>,
    /// The tenant user under whose own robot they run.
    pub run_as: Option<i64>,
    pub same_context: bool,
    pub requires_user_interaction: Option<bool>,
    pub target_framework: Option<TargetFramework>,
    pub remote_control: Option<RemoteControlAccess>,
    /// Members that are only stored and shown.
    pub extra: Map<String, Value>,
}

impl Start {
    /// One job of a process, allocated dynamically, with the process's defaults.
    pub fn of(release: i64, source: Source) -> Self {
        Self {
            release,
            count: 1,
            targets: Vec::new(),
            sessions: Vec::new(),
            runtime_type: None,
            priority: None,
            input: None,
            input_file: None,
            environment: None,
            entry_point: None,
            reference: String::new(),
            source,
            batch: None,
            stop_after: None,
            kill_after: None,
            stop_by: StopStrategy::SoftStop,
            alert_pending_after: None,
            alert_running_after: None,
            run_as: None,
            same_context: false,
            requires_user_interaction: None,
            target_framework: None,
            remote_control: None,
            extra: Map::new(),
        }
    }
}

/// What was found out about a start before anything is written.
pub(super) struct Checked {
    pub(super) release: Release,
    fleet: Fleet,
    runtime_type: RuntimeType,
    foreground: bool,
    framework: TargetFramework,
    runtime: Option<String>,
    pub(super) targets: Vec<Target>,
    input: Option<String>,
    entry_point: Option<String>,
}

impl Checked {
    /// What jobs need that are to run on a target.
    pub(super) fn need(&self, target: Target, sessions: &[i64]) -> Need {
        Need {
            folder: self.release.folder_id,
            runtime_type: self.runtime_type,
            foreground: self.foreground,
            framework: self.framework,
            runtime: self.runtime.clone(),
            machine: target.machine,
            robot: target.robot,
            sessions: sessions.to_vec(),
        }
    }
}

/// Starts jobs, and assigns those for which a robot is free. Runs in a unit of work that locks rows (`write_locking`).
///
/// # Errors
/// 404 with code 1674 when the folder has no such process; 409 with 1671, 2818 or 1230 when no robot could ever run them; 400 for
/// arguments and entry points that do not fit.
pub fn start(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, start: &Start) -> Result<Vec<Job>, Error> {
    let (release, folder) = place(scope, start)?.ok_or_else(no_such_process)?;
    let checked = check(scope, start, release, &folder)?;
    let jobs = insert(scope, ctx, start, &checked)?;
    let user = access::users::service::of_caller(scope, ctx)?;
    record(scope, ctx, start, &checked, &jobs)?;
    let steps: Vec<JobEvent> = jobs
        .iter()
        .map(|job| JobEvent {
            id: 0,
            job_id: job.id,
            state: JobState::Pending,
            happened_at: ctx.now,
            user_id: user,
            info: None,
        })
        .collect();
    scope.insert_many(&steps)?;
    let created: Vec<Delta> = jobs
        .iter()
        .map(|job| Delta {
            folder: job.folder_id,
            release: job.release_id,
            machine: None,
            from: None,
            to: Some(job.state),
            micros: 0,
        })
        .collect();
    tally::count(scope, &created, ctx.now)?;
    events::created(scope, ctx, &checked.release, &jobs, user)?;
    let mut lanes = Vec::new();
    for job in &jobs {
        if !lanes.iter().any(|lane: &super::model::Lane| lane.id == job.lane_id)
            && let Some(lane) = scope.get(job.lane_id)?
        {
            lanes.push(lane);
        }
    }
    allocate::for_lanes(scope, ctx, &checked.fleet.machines, &lanes)?;
    scope.changed("folder-jobs", folder.id);
    Ok(jobs)
}

/// The process of a start, and the folder it is in.
pub(super) fn place(scope: &mut Scoped<'_, Tenant>, start: &Start) -> Result<Option<(Release, Folder)>, Error> {
    let Some(release) = scope.get::<Release>(start.release)? else {
        return Ok(None);
    };
    let folder = scope.get::<Folder>(release.folder_id)?;
    Ok(folder.map(|folder| (release, folder)))
}

pub(super) fn no_such_process() -> Error {
    Error::missing(
        codes::INVALID_RELEASE_KEY,
        "The job's associated process could not be found in the folder.",
    )
}

pub(super) fn check(
    scope: &mut Scoped<'_, Tenant>,
    start: &Start,
    release: Release,
    folder: &Folder,
) -> Result<Checked, Error> {
    if release.process_type == ProcessType::TestAutomationProcess && start.source.source_type != SourceType::TestManager
    {
        return Err(Error::conflict(
            codes::TEST_AUTOMATION_JOB_EXECUTION_NOT_SUPPORTED,
            "A test automation process cannot be started as a job.",
        ));
    }
    if !(1..=MOST_JOBS).contains(&start.count) {
        return Err(Error::field(
            "JobsCount",
            format!("JobsCount must be from 1 to {MOST_JOBS}."),
        ));
    }
    let defaults = processes::defaults(scope, &release, start.entry_point.as_deref())?;
    let deployed = defaults.deployed;
    let entry_point = deployed.path.clone();
    let given = arguments::parse("InputArguments", start.input.as_deref())?;
    let merged = arguments::merged(Some(defaults.input), given);
    // What is in a file is known to the robot only.
    if start.input_file.is_none()
        && let Some(fault) = arguments::checker(deployed.input()).faults(&merged, Whole::Yes)
    {
        return Err(Error::field(
            "InputArguments",
            format!("InputArguments do not fit the entry point: {fault}."),
        ));
    }
    let input = if merged.is_empty() {
        None
    } else {
        Some(serde_json::to_string(&merged).map_err(Error::internal)?)
    };
    let foreground = start
        .requires_user_interaction
        .unwrap_or(release.requires_user_interaction);
    let fleet = Fleet::of_folder(scope, folder)?;
    let mut targets = start.targets.clone();
    if fleet.robots.is_empty() {
        return Err(Error::conflict(
            codes::INVALID_START_JOB_ROBOT_IDS,
            "Couldn't find any user with unattended robot permissions in the current folder.",
        ));
    }
    if let Some(user) = start.run_as {
        let own = fleet.robots.iter().find(|robot| robot.user_id == user);
        let own = own.ok_or_else(|| {
            Error::conflict(
                codes::USER_DOES_NOT_HAVE_ROBOT,
                "The job is to run under your own account, which has no unattended robot in this folder.",
            )
        })?;
        targets = vec![Target {
            machine: None,
            robot: Some(own.id),
        }];
    }
    for target in &targets {
        if let Some(id) = target.robot
            && !fleet.robots.iter().any(|robot| robot.id == id)
        {
            return Err(Error::conflict(
                codes::INVALID_START_JOB_ROBOT_IDS,
                format!("Robot {id} is not one of the current folder."),
            ));
        }
        if let Some(id) = target.machine
            && !fleet.machines.iter().any(|machine| machine.id == id)
        {
            return Err(Error::conflict(
                codes::NO_MACHINE_ASSOCIATED_WITH_FOLDER,
                format!("Machine {id} is not assigned to the current folder."),
            ));
        }
    }
    let runtime_type = match start.runtime_type {
        Some(runtime) if fleet.has_slots(runtime) => Some(runtime),
        Some(_) => None,
        None => fleet.runtime(foreground),
    };
    let runtime_type = runtime_type.ok_or_else(|| {
        let wanted = start
            .runtime_type
            .map_or("Unattended or NonProduction".to_owned(), |runtime| runtime.to_string());
        Error::conflict(
            codes::NO_MACHINE_ASSOCIATED_WITH_FOLDER,
            format!("Could not find a machine with {wanted} runtimes in the current folder."),
        )
    })?;
    Ok(Checked {
        framework: start.target_framework.unwrap_or(release.target_framework),
        release,
        fleet,
        runtime_type,
        foreground,
        runtime: deployed.version.runtime,
        targets,
        input,
        entry_point,
    })
}

fn insert(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, start: &Start, checked: &Checked) -> Result<Vec<Job>, Error> {
    let any = [Target::default()];
    let targets = if checked.targets.is_empty() {
        &any[..]
    } else {
        &checked.targets
    };
    if start.count.saturating_mul(targets.len() as i64) > MOST_JOBS {
        return Err(Error::field(
            "JobsCount",
            format!("At most {MOST_JOBS} jobs can be started at a time: JobsCount times targets."),
        ));
    }
    let batch = start.batch.unwrap_or_else(|| ctx.id());
    let creator = access::users::service::of_caller(scope, ctx)?;
    let release = &checked.release;
    let mut jobs = Vec::with_capacity(targets.len());
    for target in targets {
        let lane = lane::of(scope, &checked.need(*target, &start.sessions))?;
        let priority = start.priority.unwrap_or(release.priority);
        let alert_at = start.alert_pending_after.map(|seconds| moment(ctx.now, seconds));
        for _ in 0..start.count {
            jobs.push(Job {
                id: 0,
                key: ctx.id(),
                folder_id: release.folder_id,
                release_id: release.id,
                release_name: release.name.clone(),
                release_version_id: None,
                package_id: release.package_id.clone(),
                lane_id: lane.id,
                waiting_rank: Some(i64::from(priority)),
                state: JobState::Pending,
                priority,
                job_type: JobType::Unattended,
                source_type: start.source.source_type,
                source: start.source.name.clone(),
                batch_key: batch,
                schedule_id: start.source.schedule,
                trigger_key: start.source.trigger,
                parent_key: start.source.parent,
                created_at: ctx.now,
                creator_id: creator,
                started_at: None,
                resumed_at: None,
                ended_at: None,
                info: None,
                sub_state: None,
                input: checked.input.clone().filter(|_| start.input_file.is_none()),
                input_file: start.input_file,
                output: None,
                output_file: None,
                environment: start.environment.clone().or_else(|| release.environment.clone()),
                entry_point: checked.entry_point.clone(),
                reference: start.reference.clone(),
                runtime_type: checked.runtime_type,
                requires_user_interaction: checked.foreground,
                process_type: release.process_type,
                remote_control: start.remote_control.unwrap_or(release.remote_control),
                session_id: None,
                machine_id: None,
                robot_id: None,
                host_name: None,
                host_identity: None,
                attempt: 0,
                accepted: false,
                assigned_at: None,
                stop_strategy: None,
                stop_requested_at: None,
                persistence_id: None,
                resume_version: 0,
                same_context: start.same_context,
                error: None,
                error_code: None,
                stop_after: start.stop_after,
                kill_after: start.kill_after,
                stop_by: start.stop_by,
                alert_pending_after: start.alert_pending_after,
                alert_running_after: start.alert_running_after,
                due_at: alert_at,
                extra: Json(start.extra.clone()),
                state_blob: None,
                log_count: 0,
            });
        }
    }
    if let [only] = jobs.as_mut_slice() {
        only.id = scope.insert(only)?;
        return Ok(jobs);
    }
    scope.insert_many(&jobs)?;
    let keys: std::collections::HashSet<Uuid> = jobs.iter().map(|job| job.key).collect();
    let mut stored = scope.find::<Job>("batch_key = ? order by id", params![batch])?;
    // A batch key that was used before names older jobs too.
    stored.retain(|job| keys.contains(&job.key));
    Ok(stored)
}

/// A moment so many seconds later.
pub(super) fn moment(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(jiff::SignedDuration::from_secs(seconds.max(0)))
        .unwrap_or(Timestamp::MAX)
}

fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    start: &Start,
    checked: &Checked,
    jobs: &[Job],
) -> Result<(), Error> {
    let release = &checked.release;
    let told = serde_json::json!({
        "ReleaseKey": release.key,
        "JobsCount": jobs.len(),
        "RuntimeType": checked.runtime_type.to_string(),
        "Source": start.source.source_type.to_string(),
        "BatchExecutionKey": jobs.first().map(|job| job.batch_key),
        "SourceTypeNumber": start.source.source_type.number(),
    });
    let entry = Entry::new(Component::Jobs, Action::StartJob, "process", release.id, &release.name);
    let text = format!("started {} job(s) of process {}", jobs.len(), release.name);
    audit::record(scope, ctx, entry.parameters(told).text(text))
}

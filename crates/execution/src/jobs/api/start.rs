//! Starts jobs. `POST /odata/Jobs/…StartJobs`

use access::Access;
use context::{Error, Wrong, codes};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{Entity as _, Scoped, Tenant, params};
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, calling_job, view};
use crate::jobs::model::{Job, SourceType, StopStrategy};
use crate::jobs::start::{self, LONGEST_ARGUMENTS, MOST_JOBS, Source, Start, Target};
use crate::jobs::{fleet, read};
use crate::machines::model::{Machine, RuntimeType};
use crate::processes::model::{Release, RemoteControlAccess, TargetFramework};
use crate::sessions::model::Session;

/// Targets of one start, at most.
const MOST_TARGETS: usize = 1_000;

/// A machine, an account, or both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MachineRobot {
    pub machine_id: Option<i64>,
    pub robot_id: Option<i64>,
    pub session_id: Option<i64>,
}

/// Where to run, by names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct InfraTarget {
    pub machine_template_name: Option<String>,
    pub host_machine_name: Option<String>,
    pub service_user_name: Option<String>,
}

/// A file to be linked with the jobs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Attached {
    pub attachment_id: Uuid,
    pub category: Option<String>,
}

/// `StartProcessDto` (reference: execution 5.2)
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct StartInfo {
    pub release_key: Option<String>,
    pub release_name: Option<String>,
    pub strategy: Option<String>,
    pub robot_ids: Option<Vec<i64>>,
    pub machine_session_ids: Option<Vec<i64>>,
    pub no_of_robots: Option<i64>,
    pub jobs_count: Option<i64>,
    pub source: Option<String>,
    pub job_priority: Option<String>,
    pub specific_priority_value: Option<i64>,
    pub runtime_type: Option<String>,
    pub input_arguments: Option<String>,
    pub input_file: Option<Uuid>,
    pub environment_variables: Option<String>,
    pub reference: Option<String>,
    pub machine_robots: Option<Vec<MachineRobot>>,
    pub attachments: Option<Vec<Attached>>,
    pub target_framework: Option<String>,
    pub resume_on_same_context: Option<bool>,
    pub batch_execution_key: Option<Uuid>,
    pub requires_user_interaction: Option<bool>,
    pub stop_process_expression: Option<String>,
    pub stop_strategy: Option<String>,
    pub kill_process_expression: Option<String>,
    pub remote_control_access: Option<String>,
    pub alert_pending_expression: Option<String>,
    pub alert_running_expression: Option<String>,
    pub run_as_me: Option<bool>,
    pub parent_operation_id: Option<String>,
    pub profiling_options: Option<String>,
    pub fps_context: Option<String>,
    pub fps_properties: Option<String>,
    pub trace_id: Option<String>,
    pub parent_span_id: Option<String>,
    pub root_span_id: Option<String>,
    pub entry_point_path: Option<String>,
    pub machine_infra_target: Option<InfraTarget>,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs",
        "Jobs_StartJobs",
    )
    .summary("Starts jobs of a process of the folder.")
    .scope("OR.Jobs.Write")
    .permission("Jobs.Create")
    .folder(Folder::Required)
    .queryable()
    .takes::<StartInfo>("StartProcessDto")
    .answers(201, Shape::Collection(Job::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Job::model())?;
    let (tenant, view) = (request.tenant()?.id, view(&request).await?);
    let asked = Asked::of(&request).await?;
    let ctx = request.ctx.clone();
    let options = query.clone();
    let jobs = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let wanted = asked.resolve(&mut scope)?;
            let jobs = start::start(&mut scope, &ctx, &wanted)?;
            crate::attachments::link_to_jobs(&mut scope, &ctx, &jobs, &asked.attachments())?;
            read::show(&mut scope, &view, &options, &jobs)
        })
        .await?;
    let mut response = reply::collection(&request, SET, Job::model(), &query, jobs, None)?;
    *response.status_mut() = http::StatusCode::CREATED;
    Ok(response)
}

/// What a request asks to be started, with all that is known without the database.
#[derive(Debug, Clone)]
pub struct Asked {
    info: StartInfo,
    folder: i64,
    user: Option<i64>,
    parent: Option<Uuid>,
    /// Everything but the release, and targets by name.
    start: Start,
}

impl Asked {
    /// Reads `startInfo` of a request.
    ///
    /// # Errors
    /// 400 naming what is wrong.
    pub async fn of(request: &Request) -> Result<Self, Error> {
        let info: StartInfo = request.action("startInfo")?;
        let user = request
            .state::<Access>()?
            .user_id(&request.ctx.caller, request.tenant()?)
            .await?;
        let parent = calling_job(request);
        let start = read_start(&info)?;
        Ok(Self {
            info,
            folder: request.folder()?.id,
            user,
            parent,
            start,
        })
    }

    pub fn attachments(&self) -> Vec<(Uuid, Option<String>)> {
        let given = self.info.attachments.iter().flatten();
        given.map(|one| (one.attachment_id, one.category.clone())).collect()
    }

    /// The start with everything found that it names.
    ///
    /// # Errors
    /// 404 for a process that the folder does not have; 409 for machines and robots it does not have.
    pub fn resolve(&self, scope: &mut Scoped<'_, Tenant>) -> Result<Start, Error> {
        let release = find_release(scope, self.folder, &self.info)?;
        let mut start = Start {
            release: release.id,
            ..self.start.clone()
        };
        start.source.parent = self.parent;
        if self.info.run_as_me == Some(true) {
            start.run_as = Some(self.user.ok_or_else(|| {
                Error::conflict(
                    codes::USER_DOES_NOT_HAVE_ROBOT,
                    "RunAsMe needs an account of the tenant, which the caller does not have.",
                )
            })?);
        }
        if let Some(target) = &self.info.machine_infra_target {
            by_name(scope, self.folder, target, &mut start)?;
        }
        Ok(start)
    }
}

fn find_release(scope: &mut Scoped<'_, Tenant>, folder: i64, info: &StartInfo) -> Result<Release, Error> {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let (key, name) = (text(&info.release_key), text(&info.release_name));
    let found = match (&key, &name) {
        (Some(key), _) => match Uuid::parse_str(key) {
            Ok(key) => scope.find_one::<Release>("key = ? and folder_id = ?", params![key, folder])?,
            Err(_) => None,
        },
        (None, Some(name)) => {
            scope.find_one::<Release>("folder_id = ? and name_folded = ?", params![folder, store::fold(name)])?
        }
        (None, None) => {
            return Err(Error::invalid(
                codes::INVALID_RELEASE_KEY_AND_NAME,
                "ReleaseKey or ReleaseName must be given.",
            ));
        }
    };
    found.ok_or_else(start::no_such_process)
}

/// Seconds as text.
fn seconds(wrong: &mut Wrong, name: &'static str, text: Option<&str>) -> Option<i64> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e9).contains(&seconds) => Some(seconds.ceil() as i64),
        _ => {
            wrong.add(name, format!("{name} must be a number of seconds."));
            None
        }
    }
}

fn member<T: std::str::FromStr>(wrong: &mut Wrong, name: &'static str, text: Option<&str>) -> Option<T> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let parsed = text.parse::<T>().ok();
    if parsed.is_none() {
        wrong.add(name, format!("{name} has no member of this name."));
    }
    parsed
}

fn read_start(info: &StartInfo) -> Result<Start, Error> {
    let mut wrong = Wrong::default();
    let source_type = match info.source.as_deref() {
        Some(text) if text.eq_ignore_ascii_case("HttpTriggerWithCallback") => Some(SourceType::HttpTriggerCallback),
        text => member::<SourceType>(&mut wrong, "Source", text),
    }
    .unwrap_or(SourceType::Manual);
    let mut source = Source::manual();
    source.source_type = source_type;
    source.name = source_type.to_string();
    let mut start = Start::of(0, source);
    start.count = info.jobs_count.unwrap_or(1);
    if !(1..=MOST_JOBS).contains(&start.count) {
        wrong.add("JobsCount", format!("JobsCount must be from 1 to {MOST_JOBS}."));
    }
    for (name, text, most) in [
        ("Reference", &info.reference, 128),
        ("EnvironmentVariables", &info.environment_variables, 4_000),
        ("ParentOperationId", &info.parent_operation_id, 128),
        ("ProfilingOptions", &info.profiling_options, 4_000),
        ("FpsContext", &info.fps_context, 2_048),
        ("FpsProperties", &info.fps_properties, 4_000),
        ("TraceId", &info.trace_id, 255),
        ("ParentSpanId", &info.parent_span_id, 255),
        ("RootSpanId", &info.root_span_id, 255),
        ("EntryPointPath", &info.entry_point_path, 512),
        ("InputArguments", &info.input_arguments, LONGEST_ARGUMENTS),
    ] {
        if text.as_ref().is_some_and(|text| text.len() > most) {
            wrong.add(name, format!("{name} must not be longer than {most} characters."));
        }
    }
    start.targets = targets(info, &mut start.sessions, &mut wrong);
    start.priority = priority(info, &mut wrong)?;
    start.runtime_type = member::<RuntimeType>(&mut wrong, "RuntimeType", info.runtime_type.as_deref());
    start.input.clone_from(&info.input_arguments);
    start.input_file = info.input_file;
    let has_arguments = info
        .input_arguments
        .as_deref()
        .is_some_and(|text| !text.trim().is_empty());
    if has_arguments && info.input_file.is_some() {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            "A job cannot have both input file and input arguments.",
        ));
    }
    start.environment = info
        .environment_variables
        .clone()
        .filter(|text| !text.trim().is_empty());
    start.entry_point = info.entry_point_path.clone().filter(|text| !text.trim().is_empty());
    start.reference = info.reference.clone().unwrap_or_default();
    start.batch = info.batch_execution_key;
    start.stop_after = seconds(
        &mut wrong,
        "StopProcessExpression",
        info.stop_process_expression.as_deref(),
    );
    start.kill_after = seconds(
        &mut wrong,
        "KillProcessExpression",
        info.kill_process_expression.as_deref(),
    );
    start.alert_pending_after = seconds(
        &mut wrong,
        "AlertPendingExpression",
        info.alert_pending_expression.as_deref(),
    );
    start.alert_running_after = seconds(
        &mut wrong,
        "AlertRunningExpression",
        info.alert_running_expression.as_deref(),
    );
    start.stop_by = member(&mut wrong, "StopStrategy", info.stop_strategy.as_deref()).unwrap_or(StopStrategy::SoftStop);
    start.same_context = info.resume_on_same_context.unwrap_or(false);
    start.requires_user_interaction = info.requires_user_interaction;
    start.target_framework = member::<TargetFramework>(&mut wrong, "TargetFramework", info.target_framework.as_deref());
    start.remote_control =
        member::<RemoteControlAccess>(&mut wrong, "RemoteControlAccess", info.remote_control_access.as_deref());
    start.extra = extra(info);
    wrong.finish()?;
    Ok(start)
}

/// The accounts and machines to run on. Sessions named with them are added to `sessions`.
fn targets(info: &StartInfo, sessions: &mut Vec<i64>, wrong: &mut Wrong) -> Vec<Target> {
    let strategy = info.strategy.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let given = info.machine_robots.as_deref().unwrap_or_default();
    let robots = info.robot_ids.as_deref().unwrap_or_default();
    sessions.extend(info.machine_session_ids.iter().flatten());
    if given.len().max(robots.len()).max(sessions.len()) > MOST_TARGETS {
        wrong.add("MachineRobots", format!("At most {MOST_TARGETS} targets can be given."));
        return Vec::new();
    }
    let mut targets: Vec<Target> = given
        .iter()
        .map(|one| Target {
            machine: one.machine_id.filter(|id| *id != 0),
            robot: one.robot_id.filter(|id| *id != 0),
        })
        .filter(|target| *target != Target::default())
        .collect();
    sessions.extend(given.iter().filter_map(|one| one.session_id.filter(|id| *id != 0)));
    match strategy.map(str::to_ascii_lowercase).as_deref() {
        None | Some("modernjobscount" | "jobscount") => {}
        Some("specific") => {
            if robots.is_empty() && targets.is_empty() {
                wrong.add("RobotIds", "RobotIds is required with this strategy.");
            }
            targets.extend(robots.iter().map(|id| Target {
                machine: None,
                robot: Some(*id),
            }));
        }
        Some("all" | "robotcount") => wrong.add(
            "Strategy",
            "StrategyNotAvailableInModernFolder: this strategy exists in classic folders only.",
        ),
        Some(_) => wrong.add("Strategy", "There is no such strategy."),
    }
    targets
}

fn priority(info: &StartInfo, wrong: &mut Wrong) -> Result<Option<i32>, Error> {
    let word = info
        .job_priority
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    match (info.specific_priority_value, word) {
        (Some(_), Some(_)) => Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            "Cannot set a specific priority value when a standard job priority setting is selected.",
        )),
        (Some(value), None) => {
            if !(1..=100).contains(&value) {
                wrong.add("SpecificPriorityValue", "SpecificPriorityValue must be from 1 to 100.");
            }
            Ok(i32::try_from(value).ok())
        }
        (None, word) => {
            let word = member::<crate::jobs::model::JobPriority>(wrong, "JobPriority", word);
            Ok(word.map(value_of))
        }
    }
}

/// The number that a priority in words stands for (reference: execution 2).
pub fn value_of(priority: crate::jobs::model::JobPriority) -> i32 {
    use crate::jobs::model::JobPriority::{High, Low, Normal};
    match priority {
        Low => 25,
        Normal => 45,
        High => 65,
    }
}

fn extra(info: &StartInfo) -> Map<String, Value> {
    [
        ("ProfilingOptions", &info.profiling_options),
        ("FpsContext", &info.fps_context),
        ("FpsProperties", &info.fps_properties),
        ("TraceId", &info.trace_id),
        ("ParentSpanId", &info.parent_span_id),
        ("RootSpanId", &info.root_span_id),
        ("ParentOperationId", &info.parent_operation_id),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.as_ref().map(|value| (name.to_owned(), json!(value))))
    .collect()
}

fn no_such_folder() -> Error {
    Error::missing(
        codes::INVALID_ORGANIZATION_UNIT,
        "Folder does not exist or the user does not have access to the folder.",
    )
}

/// Machines and hosts that are given by their names.
fn by_name(scope: &mut Scoped<'_, Tenant>, folder: i64, target: &InfraTarget, start: &mut Start) -> Result<(), Error> {
    let given = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(store::fold)
    };
    let folder = scope.get(folder)?.ok_or_else(no_such_folder)?;
    let machines: Vec<Machine> = fleet::machines_of(scope, &folder)?;
    let none = || {
        Error::conflict(
            codes::NO_MACHINE_ASSOCIATED_WITH_FOLDER,
            "MachineInfraTarget names no machine of the current folder.",
        )
    };
    let template = given(&target.machine_template_name);
    let mut fitting = machines
        .iter()
        .filter(|machine| template.as_ref().is_none_or(|name| store::fold(&machine.name) == *name));
    if template.is_some() {
        let machine = fitting.next().ok_or_else(none)?;
        start.targets = vec![Target {
            machine: Some(machine.id),
            robot: None,
        }];
    }
    let (host, user) = (given(&target.host_machine_name), given(&target.service_user_name));
    if host.is_none() && user.is_none() {
        return Ok(());
    }
    let ids: Vec<i64> = machines.iter().map(|machine| machine.id).collect();
    if ids.is_empty() {
        return Err(none());
    }
    let condition = format!(
        "machine_id in ({}) order by id limit 1000",
        access::rows::integers(&ids)
    );
    let sessions = scope.find::<Session>(&condition, params![])?;
    let fits = |session: &&Session| {
        host.as_ref()
            .is_none_or(|host| store::fold(&session.host_name) == *host)
            && user
                .as_ref()
                .is_none_or(|user| store::fold(&session.service_user_name) == *user)
            && start
                .targets
                .iter()
                .all(|target| target.machine.is_none_or(|machine| machine == session.machine_id))
    };
    let found: Vec<i64> = sessions.iter().filter(fits).map(|session| session.id).collect();
    if found.is_empty() {
        return Err(none());
    }
    start.sessions = found;
    Ok(())
}

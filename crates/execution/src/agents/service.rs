//! What robots tell and ask, as rules (the protocol: `robot-protocol`).

use std::fmt::Write as _;

use access::folders::model::Folder;
use access::users::robots::UserRobot;
use context::{Ctx, Error, Principal, codes};
use robot_protocol::{
    Attempt, FiredTrigger, JobError, Log, Named, Order, Outcome, Package, Poll, Report, Resume, SessionRef, StartJob,
    StopJob, Work,
};
use serde_json::{Map, Value, json};
use store::{Json, Scoped, Tenant, params};
use uuid::Uuid;

use crate::attachments::service as attachments;
use crate::jobs::model::{Job, JobState, JobToken, Wait, WaitStatus};
use crate::jobs::step::{By, step};
use crate::jobs::transition::Event;
use crate::jobs::waits;
use crate::logs::Told;
use crate::logs::service::{Source, append};
use crate::machines::model::{Machine, RuntimeType};
use crate::processes::model::{Release, ReleaseVersion};
use crate::sessions::model::{MaintenanceMode, Session};

/// How the bearer of a running job begins.
pub const TOKEN_PREFIX: &str = "rj_";
/// Longest output that is kept with a job, in bytes; longer ones come as a file.
const LONGEST_OUTPUT: usize = 1 << 20;
/// Longest text about the end of a job.
const LONGEST_TEXT: usize = 100_000;

/// The machine that calls.
///
/// # Errors
/// 403 for one that is gone.
pub fn machine(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<Machine, Error> {
    let Principal::Machine(key) = ctx.caller.principal else {
        return Err(Error::forbidden());
    };
    let found = scope.find_one::<Machine>("license_key = ?", params![key])?;
    found.ok_or_else(Error::forbidden)
}

/// The session a call is made in.
///
/// # Errors
/// 404 for a session that the machine does not have; 409 when another process took it over.
pub fn session(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, by: SessionRef) -> Result<Session, Error> {
    let machine = machine(scope, ctx)?;
    let found = scope.find_one::<Session>("key = ? and machine_id = ?", params![by.session, machine.id])?;
    let session = found.ok_or_else(|| Error::not_found("Session", by.session))?;
    if session.epoch != by.epoch {
        return Err(Error::conflict(
            codes::SESSION_ALREADY_ACTIVE,
            "Another robot connected with this installation since.",
        ));
    }
    Ok(session)
}

/// The refusal of an execution that is not the session's.
pub fn not_yours() -> Error {
    Error::missing(
        codes::INVALID_JOB_ID_OR_ROBOT_KEY,
        "The job is not one that this robot runs.",
    )
}

/// Jobs at the same time, over all runtime types.
pub fn slots(machine: &Machine) -> u32 {
    let all: i32 = [
        RuntimeType::Unattended,
        RuntimeType::NonProduction,
        RuntimeType::Headless,
        RuntimeType::TestAutomation,
    ]
    .into_iter()
    .map(|runtime| machine.slots(runtime))
    .sum();
    u32::try_from(all).unwrap_or(0)
}

/// What a robot that comes up holds and must drop; what it lost is faulted.
pub fn settle(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    session: &Session,
    holds: &[Attempt],
) -> Result<Vec<Attempt>, Error> {
    let jobs = jobs_of(scope, session.id)?;
    let is_held = |job: &Job| {
        holds
            .iter()
            .any(|held| held.job == job.key && held.attempt == job.attempt)
    };
    let drop = holds
        .iter()
        .filter(|held| {
            !jobs
                .iter()
                .any(|job| job.key == held.job && job.attempt == held.attempt)
        })
        .copied()
        .collect();
    for job in jobs.iter().filter(|job| job.accepted && !is_held(job)) {
        let Some(mut job) = scope.lock::<Job>(job.id)?.filter(|now| now.accepted) else {
            continue;
        };
        let told = "The robot came back without the job: its machine was restarted, or its data was removed.";
        job.error = Some(Json(error_of(
            &JobError {
                code: Some("Robot".to_owned()),
                title: Some("The robot lost the job".to_owned()),
                detail: Some(told.to_owned()),
                category: Some("System".to_owned()),
                status: None,
            },
            ctx,
        )));
        job.error_code = Some("Robot".to_owned());
        let by = By {
            user: None,
            info: Some(told.to_owned()),
        };
        step(scope, ctx, &mut job, Event::Lose, &by)?;
    }
    Ok(drop)
}

fn jobs_of(scope: &mut Scoped<'_, Tenant>, session: i64) -> Result<Vec<Job>, Error> {
    Ok(scope.find::<Job>("session_id = ? order by id", params![session])?)
}

/// What there is to do for a robot, beyond what it knows of.
pub fn work(scope: &mut Scoped<'_, Tenant>, session: &Session, machine: &Machine, poll: &Poll) -> Result<Work, Error> {
    let jobs = jobs_of(scope, session.id)?;
    let mut work = Work {
        slots: if session.maintenance == MaintenanceMode::Enabled {
            0
        } else {
            slots(machine)
        },
        ..Work::default()
    };
    for job in &jobs {
        let attempt = Attempt {
            job: job.key,
            attempt: job.attempt,
        };
        let is_known = poll.known.contains(&attempt);
        if !is_known && !job.accepted {
            work.start.push(StartJob {
                attempt,
                process_name: job.release_name.clone(),
                package: package(scope, job)?,
            });
        }
        let kill = job.state == JobState::Terminating;
        if job.state == JobState::Stopping || kill {
            let stop = StopJob { attempt, kill };
            let told = poll
                .stopping
                .iter()
                .any(|known| known.attempt == attempt && (known.kill || !kill));
            if !told {
                work.stop.push(stop);
            }
        }
    }
    work.drop = poll
        .known
        .iter()
        .filter(|known| {
            !jobs
                .iter()
                .any(|job| job.key == known.job && job.attempt == known.attempt)
        })
        .copied()
        .collect();
    Ok(work)
}

/// Whether there is anything in it that a robot must act on.
pub fn is_idle(work: &Work) -> bool {
    work.start.is_empty() && work.stop.is_empty() && work.drop.is_empty()
}

/// The package version that a job runs. One that was deleted since has no size: its download tells the robot so.
fn package(scope: &mut Scoped<'_, Tenant>, job: &Job) -> Result<Package, Error> {
    let found = package_version(scope, job)?;
    Ok(match found {
        Some(version) => Package {
            id: version.package_id,
            version: version.version,
            sha256: hex(&version.sha256),
            size: version.size.unsigned_abs(),
        },
        None => Package {
            id: job.package_id.clone(),
            version: String::new(),
            sha256: String::new(),
            size: 0,
        },
    })
}

/// The stored package version that a job runs.
pub fn package_version(
    scope: &mut Scoped<'_, Tenant>,
    job: &Job,
) -> Result<Option<packages::model::PackageVersion>, Error> {
    let Some(release) = scope.get::<Release>(job.release_id)? else {
        return Ok(None);
    };
    let version = match job.release_version_id {
        Some(id) => scope.get::<ReleaseVersion>(id)?.map(|version| version.package_version),
        None => Some(release.package_version.clone()),
    };
    match version {
        Some(version) => packages::service::version(scope, release.feed_id, &job.package_id, &version),
        None => Ok(None),
    }
}

/// The job of an execution that a session holds, locked.
pub fn held(scope: &mut Scoped<'_, Tenant>, session: &Session, attempt: Attempt) -> Result<Job, Error> {
    let found = scope.find_one::<Job>("key = ? and session_id = ?", params![attempt.job, session.id])?;
    let id = found.ok_or_else(not_yours)?.id;
    let job = scope.lock::<Job>(id)?;
    job.filter(|job| job.session_id == Some(session.id) && job.attempt == attempt.attempt)
        .ok_or_else(not_yours)
}

/// A robot starts a job. Repeated, it gets the order again, with a new token.
///
/// # Errors
/// 404 with code 1681 for an execution that is not the session's.
pub fn accept(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: &Session, attempt: Attempt) -> Result<Order, Error> {
    let mut job = held(scope, session, attempt)?;
    let resumed = job.state == JobState::Resumed || job.resume_version > 0;
    if !job.accepted {
        job.host_name = Some(session.host_name.clone());
        job.host_identity = Some(session.service_user_name.clone());
        step(scope, ctx, &mut job, Event::Accept, &By::default())?;
    }
    let gone = || Error::internal("a running job has lost its process, folder or robot");
    let release = scope.get::<Release>(job.release_id)?.ok_or_else(gone)?;
    let folder = scope.get::<Folder>(job.folder_id)?.ok_or_else(gone)?;
    let robot = job.robot_id.map(|id| scope.get::<UserRobot>(id)).transpose()?.flatten();
    let robot = robot.ok_or_else(gone)?;
    let token = issue_token(scope, ctx, &job, robot.user_id)?;
    let resume = if resumed {
        Some(Resume {
            version: job.resume_version,
            triggers: fired(scope, job.id)?,
        })
    } else {
        None
    };
    let text = |name: &str| job.extra.0.get(name).and_then(Value::as_str).map(str::to_owned);
    let debug = session.debug_until.is_some_and(|until| until > ctx.now);
    Ok(Order {
        process_name: release.name.clone(),
        process_key: release.key,
        entry_point: job.entry_point.clone(),
        input: job.input.clone(),
        input_file: job.input_file,
        environment: job.environment.clone().unwrap_or_default(),
        folder: robot_protocol::Folder {
            id: folder.id,
            key: folder.key,
            path: folder.path,
        },
        robot: robot_protocol::Robot {
            key: robot.key,
            name: robot.name.clone(),
        },
        token,
        trace_id: text("TraceId"),
        parent_span_id: text("ParentSpanId"),
        resource_overwrites: release.resource_overwrites.clone(),
        resume,
        log_level: if debug { "Trace".to_owned() } else { level_of(&robot) },
        record_errors: release.settings.0.error_recording_enabled,
    })
}

/// The lowest level that the robot's settings let through (reference: execution 7.5).
fn level_of(robot: &UserRobot) -> String {
    let set = robot.settings.0.get("TracingLevel").and_then(Value::as_str);
    match set.map(str::to_ascii_lowercase).as_deref() {
        Some("verbose" | "trace") => "Trace",
        Some("debug") => "Debug",
        Some("warning" | "warn") => "Warn",
        Some("error") => "Error",
        Some("critical" | "fatal") => "Fatal",
        Some("off") => "Off",
        _ => "Info",
    }
    .to_owned()
}

fn fired(scope: &mut Scoped<'_, Tenant>, job: i64) -> Result<Vec<FiredTrigger>, Error> {
    let waits = scope.find::<Wait>("job_id = ? and status = ? order by id", params![job, WaitStatus::Fired])?;
    Ok(waits
        .into_iter()
        .map(|wait| FiredTrigger {
            trigger_type: wait.wait_type.to_string(),
            item_key: wait.item_key,
            payload: wait.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        })
        .collect())
}

/// A new bearer for a running job; the one before ends.
fn issue_token(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job, user: i64) -> Result<String, Error> {
    let token = format!("{TOKEN_PREFIX}{}", ctx.token(32));
    scope.delete_where::<JobToken>("job_id = ?", params![job.id])?;
    scope.insert(&JobToken {
        hash: vault::hash_secret(&token).to_vec(),
        job_id: job.id,
        job_key: job.key,
        folder_id: job.folder_id,
        user_id: user,
    })?;
    Ok(token)
}

/// A robot tells how an execution ended. Told again, nothing happens.
///
/// # Errors
/// 404 with code 1681 for an execution that is not the session's; 400 for output that is no JSON object and for a file that is not the
/// job's.
pub fn report(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: &Session, report: &Report) -> Result<(), Error> {
    let mut job = match held(scope, session, report.attempt) {
        Ok(job) => job,
        Err(error) => {
            let known = scope.find_one::<Job>("key = ?", params![report.attempt.job])?;
            // It was told before, or something else ended it meanwhile.
            let over = known.is_some_and(|job| {
                job.attempt == report.attempt.attempt
                    && job.machine_id == Some(session.machine_id)
                    && job.session_id.is_none()
                    && job.attempt > 0
            });
            return if over { Ok(()) } else { Err(error) };
        }
    };
    let before_start = !job.accepted;
    if before_start && report.outcome != Outcome::Faulted {
        return Err(not_yours());
    }
    if let Some(output) = &report.output {
        if output.len() > LONGEST_OUTPUT {
            return Err(Error::field(
                "output",
                format!("output must not be longer than {LONGEST_OUTPUT} bytes."),
            ));
        }
        if serde_json::from_str::<Map<String, Value>>(output).is_err() {
            return Err(Error::field("output", "output must be the JSON text of an object."));
        }
    }
    if before_start {
        job.host_name = Some(session.host_name.clone());
    }
    job.output.clone_from(&report.output);
    if let Some(file) = report.output_file {
        attachments::of_job(scope, &job, file)
            .map_err(|_| Error::field("outputFile", "outputFile must be an attachment of the job."))?;
    }
    job.output_file = report.output_file;
    if job.output.is_none() && report.outcome != Outcome::Suspended {
        job.output = Some("{}".to_owned()).filter(|_| job.output_file.is_none());
    }
    if let Some(error) = &report.error {
        job.error = Some(Json(error_of(error, ctx)));
        job.error_code = error.code.as_deref().map(|code| context::shortened(code, 255));
    }
    let info = report
        .info
        .as_deref()
        .map(|info| context::shortened(info, LONGEST_TEXT));
    let by = By { user: None, info };
    let event = match report.outcome {
        Outcome::Successful => Event::Succeed,
        Outcome::Faulted => Event::Fault,
        Outcome::Stopped => Event::End,
        Outcome::Suspended => Event::Suspend,
    };
    if report.outcome == Outcome::Suspended && job.state == JobState::Running {
        job.persistence_id = Some(ctx.id());
        scope.delete_where::<Wait>("job_id = ?", params![job.id])?;
        waits::add(scope, ctx, &job, &report.triggers)?;
    }
    step(scope, ctx, &mut job, event, &by)?;
    if job.state == JobState::Suspended {
        waits::look(scope, ctx, &mut job)?;
    }
    Ok(())
}

fn error_of(error: &JobError, ctx: &Ctx) -> Value {
    let text = |text: &Option<String>, most: usize| text.as_deref().map(|text| context::shortened(text, most));
    json!({
        "Code": text(&error.code, 255),
        "Title": text(&error.title, 1_000),
        "Detail": text(&error.detail, LONGEST_TEXT),
        "Category": text(&error.category, 255),
        "Status": error.status,
        "Timestamp": ctx.now.to_string(),
    })
}

/// A robot hands over log entries of a job it runs.
///
/// # Errors
/// 400 that names an entry which cannot be read; nothing is stored then.
pub fn log(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, told: &Told, job: Job, log: &Log) -> Result<(), Error> {
    if !job.accepted {
        return Err(not_yours());
    }
    let robot = job.robot_id.map(|id| scope.get::<UserRobot>(id)).transpose()?.flatten();
    let source = Source {
        job: job.key,
        folder: job.folder_id,
        process: job.release_name,
        robot: robot.map(|robot| robot.name),
        host: job.host_name,
        identity: job.host_identity,
        machine: job.machine_id,
        runtime: job.runtime_type,
        stored: job.log_count.unsigned_abs(),
    };
    let stored = append(scope, ctx, told, &source, log.first, &log.entries)?;
    let stored = i64::try_from(stored).unwrap_or(i64::MAX);
    scope.update_where::<Job>("log_count = ?", "id = ?", params![stored, job.id])?;
    Ok(())
}

/// The organization and tenant as a robot is told them.
pub fn named(id: Uuid, name: &str) -> Named {
    Named {
        id,
        name: name.to_owned(),
    }
}

/// Bytes in lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

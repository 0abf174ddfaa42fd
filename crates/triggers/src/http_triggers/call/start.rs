//! Starts the jobs of a call and answers by the calling mode.

use context::{Ctx, Error, Kind};
use execution::jobs::model::SourceType;
use execution::processes::model::Release;
use http::Method;
use jiff::SignedDuration;
use packages::model::EntryPoint;
use serde_json::{Map, Value, json};
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use web::{FolderRef, Reply, Request, Response, reply};

use super::{answer, arguments, folder_of, nothing_here, place, slug_of, wait};
use crate::http_triggers::model::{Call, Callback, CallbackMode, CallingMode, HttpTrigger, TriggerMethod};
use crate::http_triggers::service;
use crate::jobs;
use crate::launch::{self, Start, Target};
use crate::schedules::history;
use crate::schedules::model::Reason;

/// What a call asks for.
struct Asked {
    folder: FolderRef,
    slug: String,
    function: Option<String>,
    method: TriggerMethod,
    given: Map<String, Value>,
    parent: Option<Uuid>,
}

/// What came of it.
struct Started {
    mode: CallingMode,
    job: Uuid,
}

pub async fn handle(request: Request) -> Result<Response, Error> {
    if request.parts.method == Method::HEAD {
        return Err(Error::of(Kind::MethodNotAllowed, "A call that starts jobs is no HEAD."));
    }
    let method = match request.parts.method {
        Method::POST => TriggerMethod::Post,
        Method::PUT => TriggerMethod::Put,
        Method::DELETE => TriggerMethod::Delete,
        _ => TriggerMethod::Get,
    };
    let asked = Asked {
        folder: folder_of(&request).await?,
        slug: slug_of(&request)?,
        function: request.text("function").ok(),
        method,
        given: arguments::given(&request)?,
        parent: request
            .header("x-uipath-jobkey")
            .and_then(|key| Uuid::parse_str(key).ok()),
    };
    let (folder, slug) = (asked.folder.key, asked.slug.clone());
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let outcome = request
        .store()
        .write_locking(move |tx| start(&mut tx.tenant(tenant), &ctx, &asked))
        .await?;
    let started = outcome?;
    let status = place(&request, folder, &slug, "status", started.job);
    let info = json!({ "JobKey": started.job, "State": "Pending" });
    match started.mode {
        CallingMode::AsyncRequestReply => Reply::new(202).header("location", &status).json(&info),
        CallingMode::FireAndForget | CallingMode::AsyncCallback => Reply::new(202).json(&info),
        CallingMode::LongPolling => match wait::for_end(&request, started.job).await? {
            Some(job) => answer::output(&job),
            None => reply::see_other(&place(&request, folder, &slug, "wait", started.job)),
        },
    }
}

/// Starts the jobs. The inner failure is one that is written down and must not undo that.
fn start(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, asked: &Asked) -> Result<Result<Started, Error>, Error> {
    let (mut trigger, entry) = find(scope, asked)?;
    if judge_jobs(scope, ctx, &mut trigger)? {
        return Ok(Err(nothing_here()));
    }
    let release = scope.get::<Release>(trigger.release_id)?.ok_or_else(nothing_here)?;
    let path = entry
        .as_ref()
        .map(|entry| entry.path.clone())
        .or_else(|| trigger.entry_point.clone())
        .or_else(|| release.entry_point.clone());
    let declared = declared(scope, &release, path.as_deref())?;
    let declared = arguments::declared(declared.as_deref());
    let input = arguments::merge(trigger.input.as_deref(), asked.given.clone(), declared.as_ref());
    let run_as = if trigger.run_as_caller {
        access::users::service::of_caller(scope, ctx)?
    } else {
        trigger.run_as
    };
    let batch = ctx.id();
    let targets = if trigger.machine_robots.0.is_empty() {
        vec![Target::default()]
    } else {
        trigger.machine_robots.0.clone()
    };
    let tenant = scope.scope();
    let attempt = scope.tx().attempt(|tx| {
        let mut scope = tx.scope(tenant);
        let mut first = None;
        for target in &targets {
            let start = Start {
                release: trigger.release_id,
                count: i64::from(trigger.job_count),
                batch,
                priority: trigger.priority,
                runtime: trigger.runtime_type,
                target: target.clone(),
                entry_point: entry
                    .as_ref()
                    .map(|entry| entry.path.clone())
                    .or_else(|| trigger.entry_point.clone()),
                input: input.clone(),
                input_file: None,
                source_type: if trigger.calling_mode == CallingMode::AsyncCallback {
                    SourceType::HttpTriggerCallback
                } else {
                    SourceType::HttpTrigger
                },
                source: trigger.name.clone(),
                schedule: None,
                trigger: Some(trigger.key),
                parent: asked.parent,
                stop_after: trigger.stop_after.filter(|seconds| *seconds > 0),
                stop_by: trigger.stop_by,
                kill_after: trigger.kill_after.filter(|seconds| *seconds > 0),
                alert_pending_after: trigger.alert_pending_after.filter(|seconds| *seconds > 0),
                alert_running_after: trigger.alert_running_after.filter(|seconds| *seconds > 0),
                same_context: trigger.same_context,
                run_as,
                requires_user_interaction: trigger.requires_user_interaction,
                target_framework: trigger.target_framework,
                remote_control: trigger.remote_control,
            };
            let jobs = launch::start(&mut scope, ctx, &start)?;
            first = first.or_else(|| jobs.first().map(|job| job.key));
        }
        first.ok_or_else(|| Error::internal("a start made no job"))
    });
    let job = match attempt {
        Ok(job) => job,
        Err(error) if error.kind == Kind::Internal => return Err(error),
        Err(error) => {
            history::write_of(scope, ctx, trigger.key, Reason::TriggerError, &error.message)?;
            return Ok(Err(error));
        }
    };
    remember(scope, ctx, &trigger, job)?;
    Ok(Ok(Started {
        mode: trigger.calling_mode,
        job,
    }))
}

/// The trigger that a call means, and the entry point of its process where the call names one.
///
/// # Errors
/// 404 with code 1623.
fn find(scope: &mut Scoped<'_, Tenant>, asked: &Asked) -> Result<(HttpTrigger, Option<EntryPoint>), Error> {
    let mut by_slug = |slug: &str| {
        let found = scope.find_one::<HttpTrigger>(
            "folder_id = ? and slug_folded = ? and method = ?",
            params![asked.folder.id, store::fold(slug), asked.method],
        )?;
        Ok::<_, Error>(found.filter(|trigger| trigger.enabled))
    };
    let Some(function) = &asked.function else {
        return by_slug(&asked.slug)?
            .map(|trigger| (trigger, None))
            .ok_or_else(nothing_here);
    };
    if let Some(trigger) = by_slug(&format!("{}/{function}", asked.slug))? {
        return Ok((trigger, None));
    }
    let trigger = by_slug(&asked.slug)?.ok_or_else(nothing_here)?;
    let release = scope.get::<Release>(trigger.release_id)?.ok_or_else(nothing_here)?;
    let package = packages::service::version(scope, release.feed_id, &release.package_id, &release.package_version)?;
    let package = package.ok_or_else(nothing_here)?;
    let called = |entry: &EntryPoint| {
        let path = store::fold(&entry.path);
        let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
        let wanted = store::fold(function);
        path == wanted || stem == wanted
    };
    let entry = packages::service::entry_points(scope, package.id)?
        .into_iter()
        .find(called);
    entry.map(|entry| (trigger, Some(entry))).ok_or_else(nothing_here)
}

/// What the entry point of a process declares as its input.
fn declared(scope: &mut Scoped<'_, Tenant>, release: &Release, path: Option<&str>) -> Result<Option<String>, Error> {
    let package = packages::service::version(scope, release.feed_id, &release.package_id, &release.package_version)?;
    let Some(package) = package else {
        return Ok(None);
    };
    let known = packages::service::entry_points(scope, package.id)?;
    let chosen = match path {
        Some(path) => known
            .into_iter()
            .find(|entry| store::fold(&entry.path) == store::fold(path)),
        None => known.into_iter().next(),
    };
    Ok(chosen.map_or(package.input, |entry| entry.input))
}

/// Keeps what is needed to answer later.
fn remember(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, trigger: &HttpTrigger, job: Uuid) -> Result<(), Error> {
    let callback =
        trigger.calling_mode == CallingMode::AsyncCallback && trigger.callback_mode != CallbackMode::Disabled;
    if trigger.calling_mode == CallingMode::FireAndForget {
        return Ok(());
    }
    scope.insert(&Call {
        id: 0,
        trigger_key: trigger.key,
        folder_id: trigger.folder_id,
        job_key: job,
        caller: ctx.caller.principal_id(),
        created_at: ctx.now,
        callback: if callback { Callback::Waiting } else { Callback::None },
        attempts: 0,
        due_at: None,
    })?;
    Ok(())
}

/// Switches a trigger off whose last jobs all faulted, after the time of grace. Says whether it did.
fn judge_jobs(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, trigger: &mut HttpTrigger) -> Result<bool, Error> {
    let threshold = trigger.failures_threshold.unwrap_or(0);
    if threshold <= 0 {
        return Ok(false);
    }
    let faulted = jobs::all_faulted_of_trigger(scope, trigger.key, threshold, trigger.enabled_at)?;
    if !faulted {
        if trigger.faulted_at.take().is_some() {
            scope.update(trigger)?;
        }
        return Ok(false);
    }
    let grace = SignedDuration::from_hours(i64::from(trigger.grace_hours.unwrap_or(0)));
    let since = trigger.faulted_at.unwrap_or(ctx.now);
    let over = since.checked_add(grace).is_ok_and(|end| end <= ctx.now);
    if over {
        trigger.enabled = false;
        trigger.disabled_by = Some(Reason::DisabledJobFailures);
        let why = format!("The last {threshold} jobs of the trigger faulted.");
        history::write_of(scope, ctx, trigger.key, Reason::DisabledJobFailures, &why)?;
        service::record_switched_off(scope, ctx, trigger, &why)?;
    } else if trigger.faulted_at.is_none() {
        trigger.faulted_at = Some(since);
    } else {
        return Ok(false);
    }
    scope.update(trigger)?;
    scope.changed(service::TOPIC, trigger.key);
    Ok(over)
}

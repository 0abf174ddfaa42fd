//! One job: how it stands, what it was given and gave back, what it waits for, what happened to it, and what it tells.

use std::collections::HashMap;

use access::console::{csrf, moment};
use access::users::service::names;
use context::{Ctx, Error};
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use store::{Scoped, Tenant, params};
use ui::{TimelineEntry, Tone, button, callout, card, definitions, link_button};
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, page};

use super::deeds::FROM_JOB;
use super::files::Files;
use super::list::kill_question;
use super::words::{self, source_name, state_chip, state_tone, type_name, wait_name};
use super::{ACTIVE, Rights, api_folder, job_path, lasted, list_path, process_path};
use crate::jobs::api::validate;
use crate::jobs::control::no_such_job;
use crate::jobs::model::{Job, JobEvent, JobState, StopStrategy, Wait};
use crate::jobs::pending::Reason;
use crate::jobs::read;
use crate::machines::model::Machine;
use crate::processes::model::{Release, ReleaseVersion};
use crate::processes::pages::priority as priority_name;

/// Events and waits that are shown at most, each.
const MOST: i64 = 200;
/// Characters of arguments that are shown.
const SHOWN: usize = 50_000;

pub fn operations() -> Vec<Operation> {
    let page = |path, id, summary| {
        Operation::page(Method::GET, path, id)
            .permission("Jobs.View")
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(
            "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}",
            "Console_Job",
            "A job.",
        )
        .handler(handle),
        page(
            "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/live",
            "Console_JobChanges",
            "Tells an open page of changes to a job.",
        )
        .handler(changes),
    ]
}

async fn changes(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("job")?);
    request
        .store()
        .read_here(move |tx| find_row(&mut tx.tenant(tenant), folder, key))
        .await?;
    web::live::listen(&request, "jobs", key)
}

/// A job of the folder of a page.
///
/// # Errors
/// 404 when there is none.
pub fn find_row(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid) -> Result<Job, Error> {
    let found = scope.find_one::<Job>("key = ? and folder_id = ?", params![key, folder])?;
    found.ok_or_else(|| no_such_job(key))
}

/// What the page shows.
struct Found {
    job: Job,
    release: Option<Release>,
    version: Option<String>,
    machine: Option<String>,
    account: Option<String>,
    reasons: Vec<Reason>,
    waits: Vec<Wait>,
    files: Files,
    /// The newest first.
    events: Vec<JobEvent>,
    people: HashMap<i64, String>,
    /// Whether the job that started it is in the same folder.
    parent_here: bool,
    has_children: bool,
    has_siblings: bool,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("job")?);
    let ctx = request.ctx.clone();
    let found = request
        .store()
        .read(move |tx| find(&mut tx.tenant(tenant), &ctx, folder, key))
        .await?;
    let path = job_path(&request, key)?;
    let content = html! {
        (ui::live("live-job", &format!("{path}/live"), render(&request, &found, &path)?))
        (card("Logs", html! {}, crate::logs::pages::of_job(&request, key).await?))
        (ui::api_hint("GET", &format!("/odata/Jobs({})", found.job.id)))
        (api_folder(&request)?)
    };
    page::render(&request, &found.job.release_name, ACTIVE, ui::stack(content)).await
}

fn find(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, key: Uuid) -> Result<Found, Error> {
    let job = find_row(scope, folder, key)?;
    let events = scope.find::<JobEvent>(&format!("job_id = ? order by id desc limit {MOST}"), params![job.id])?;
    let waits = scope.find::<Wait>(&format!("job_id = ? order by id limit {MOST}"), params![job.id])?;
    let mut people: Vec<i64> = events
        .iter()
        .filter_map(|event| event.user_id)
        .chain(job.creator_id)
        .collect();
    people.sort_unstable();
    people.dedup();
    let version = match job.release_version_id {
        Some(id) => scope.get::<ReleaseVersion>(id)?.map(|version| version.package_version),
        None => None,
    };
    let machine = match job.machine_id {
        Some(id) => scope.get::<Machine>(id)?.map(|machine| machine.name),
        None => None,
    };
    let accounts = read::accounts_of(scope, std::slice::from_ref(&job))?;
    let parent_here = match job.parent_key {
        Some(parent) => scope.exists::<Job>("key = ? and folder_id = ?", params![parent, folder])?,
        None => false,
    };
    Ok(Found {
        release: scope.get::<Release>(job.release_id)?,
        version,
        machine,
        account: job.robot_id.and_then(|id| accounts.get(&id).cloned()),
        reasons: validate::of_job(scope, ctx, &job)?,
        waits,
        files: Files::of(scope, &job)?,
        events,
        people: names(scope, &people)?,
        parent_here,
        has_children: scope.exists::<Job>("parent_key = ? and +folder_id = ?", params![job.key, folder])?,
        has_siblings: scope.exists::<Job>("batch_key = ? and id <> ?", params![job.batch_key, job.id])?,
        job,
    })
}

fn render(request: &Request, found: &Found, path: &str) -> Result<Markup, Error> {
    let job = &found.job;
    let rights = Rights::of(request)?;
    let list = list_path(request)?;
    let failed = job.state == JobState::Faulted || job.error.is_some();
    let process = found.release.as_ref().filter(|_| rights.processes);
    let process = process.map(|release| process_path(request, release.id)).transpose()?;
    Ok(ui::stack(html! {
        (ui::page_header(&job.release_name, "", html! {
            (link_button("All jobs", &list).icon("left"))
            @if let Some(process) = &process { (link_button("Go to process", process).icon("process")) }
            (actions(job, rights, path, csrf(request)))
        }))
        @if !found.reasons.is_empty() { (waiting(&found.reasons)) }
        @if failed { (card("Error", html! {}, error(job))) }
        (card("Details", html! {}, details(found, &list, process.as_deref())))
        (card("Input", html! {}, arguments(job.input.as_deref(), job.input_file, "The job was given no arguments.")))
        @if job.state.is_final() || job.output.is_some() || job.output_file.is_some() {
            (card("Output", html! {}, arguments(job.output.as_deref(), job.output_file, "The job gave nothing back.")))
        }
        @if let Some(environment) = job.environment.as_deref().filter(|text| !text.is_empty()) {
            (card("Environment variables", html! {}, ui::snippet(environment)))
        }
        @if !found.waits.is_empty() { (card("Waits for", html! {}, waits(&found.waits))) }
        @if !found.files.is_empty() { (card("Files", html! {}, found.files.render(request, path)?)) }
        (card("History", html! {}, history(found)))
    }))
}

fn actions(job: &Job, rights: Rights, path: &str, csrf: &str) -> Markup {
    let to = |verb: &str| format!("{path}/{verb}{FROM_JOB}");
    html! {
        @if rights.edit && job.state == JobState::Suspended {
            (ui::form(csrf, &to("resume"), html! { (button("Resume").icon("play")) }))
        }
        @if rights.edit && words::stoppable(job.state) {
            (ui::form(csrf, &to("stop"), html! { (button("Stop").icon("stop")) }))
        }
        @if rights.edit && words::killable(job.state) {
            (ui::form(csrf, &to("kill"), html! { (button("Kill").danger().confirm(kill_question("this job"))) }))
        }
        @if rights.create && job.state.is_final() {
            (ui::form(csrf, &to("restart"), html! { (button("Restart").icon("refresh")) }))
        }
    }
}

fn waiting(reasons: &[Reason]) -> Markup {
    callout(
        Tone::Warning,
        html! {
            p { "The job waits:" }
            ul.plain-list { @for reason in reasons { li { (reason.text) " " code { (reason.code) } } } }
        },
    )
}

/// What went wrong: the error that the robot told, else what was said at the end.
fn error(job: &Job) -> Markup {
    let told = job.error.as_ref().map(|error| &error.0);
    let text = |member: &str| {
        told.and_then(|told| told[member].as_str())
            .filter(|text| !text.is_empty())
    };
    let mut lines = Vec::new();
    if let Some(title) = text("Title") {
        lines.push(("Error", html! { p.long-text { (title) } }));
    }
    let code = text("Code").or(job.error_code.as_deref());
    lines.extend(code.map(|code| ("Code", html! { code { (code) } })));
    lines.extend(text("Category").map(|category| ("Category", html! { (category) })));
    if let Some(status) = told.and_then(|told| told["Status"].as_i64()) {
        lines.push(("Status", html! { (status) }));
    }
    let said = job
        .info
        .as_deref()
        .filter(|info| Some(*info) != text("Detail") && !info.is_empty());
    if let Some(said) = said {
        lines.push(("Message", html! { p.long-text { (context::shortened(said, SHOWN)) } }));
    }
    html! {
        @if lines.is_empty() && text("Detail").is_none() { p.muted { "Nobody said why." } }
        @else { (definitions(&lines)) }
        @if let Some(detail) = text("Detail") { (ui::snippet(&context::shortened(detail, SHOWN))) }
    }
}

fn details(found: &Found, list: &str, process: Option<&str>) -> Markup {
    let job = &found.job;
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(|text| html! { (text) });
    let at = |at: Option<Timestamp>| at.map(|at| moment(Some(at)));
    let seconds = |seconds: Option<i64>| seconds.map(|seconds| html! { (length(seconds)) });
    let key = |key: Option<Uuid>| key.map(|key| ui::copyable(&key.to_string()));
    let person = |id: Option<i64>| {
        id.map(|id| html! { (found.people.get(&id).cloned().unwrap_or_else(|| format!("User {id}"))) })
    };
    let extra = |name: &str| text(job.extra.0.get(name).and_then(Value::as_str));
    let kill_after = seconds(job.kill_after);
    let last_start = job.resumed_at.or(job.started_at);
    let lines = [
        (
            "State",
            Some(html! { (state_chip(job.state)) @if let Some(sub) = &job.sub_state { " " (sub) } }),
        ),
        (
            "Process",
            Some(if let Some(path) = process {
                html! { a href=(path) { (job.release_name) } }
            } else {
                html! { (job.release_name) @if found.release.is_none() { " " span.muted { "(deleted)" } } }
            }),
        ),
        (
            "Package",
            Some(html! { (job.package_id) @if let Some(version) = &found.version { " " (version) } }),
        ),
        ("Entry point", text(job.entry_point.as_deref())),
        ("Priority", Some(html! { (priority_name(job.priority)) })),
        (
            "Source",
            Some(
                html! { (job.source) @if job.source != source_name(job.source_type) { " " span.muted { "(" (source_name(job.source_type)) ")" } } },
            ),
        ),
        ("Started by", person(job.creator_id)),
        (
            "Type",
            Some(html! { (type_name(job.job_type)) @if job.requires_user_interaction { ", foreground" } }),
        ),
        ("Runtime", Some(html! { (job.runtime_type.to_string()) })),
        ("Account", text(found.account.as_deref())),
        ("Machine", text(found.machine.as_deref())),
        ("Host", text(job.host_name.as_deref())),
        ("Host identity", text(job.host_identity.as_deref())),
        ("Created", at(Some(job.created_at))),
        ("Started", at(job.started_at)),
        (
            "Waited",
            lasted(Some(job.created_at), job.started_at).map(|told| html! { (told) }),
        ),
        ("Resumed", at(job.resumed_at)),
        (
            "Times resumed",
            (job.resume_version > 0).then(|| html! { (job.resume_version) }),
        ),
        ("Ended", at(job.ended_at)),
        (
            "Duration",
            lasted(job.started_at, job.ended_at).map(|told| html! { (told) }),
        ),
        (
            "Message",
            text(job.info.as_deref()).filter(|_| job.state != JobState::Faulted),
        ),
        (
            "Stop requested",
            job.stop_requested_at.map(|at| {
                html! {
                    (moment(Some(at)))
                    @if let Some(strategy) = job.stop_strategy { " " span.muted { "(" (strategy_name(strategy)) ")" } }
                }
            }),
        ),
        (
            "Stopped after",
            seconds(job.stop_after).map(|told| {
                html! {
                    (told) @if job.stop_by == StopStrategy::Kill { " (kill)" }
                    @if let (Some(since), false) = (last_start, job.state.is_final()) { " from " (moment(Some(since))) }
                }
            }),
        ),
        ("Killed after a stop", kill_after),
        ("Alert when waiting longer than", seconds(job.alert_pending_after)),
        ("Alert when running longer than", seconds(job.alert_running_after)),
        (
            "Goes on in the same place",
            job.same_context.then(|| html! { "Yes: the same account and machine" }),
        ),
        ("Reference", text(Some(&job.reference))),
        (
            "Started by job",
            job.parent_key.map(|parent| {
                if found.parent_here {
                    html! { a href={ (list) "/" (parent) } { code { (parent) } } }
                } else {
                    ui::copyable(&parent.to_string())
                }
            }),
        ),
        (
            "Jobs it started",
            found
                .has_children
                .then(|| html! { a href={ (list) "?parent=" (job.key) } { "Show them" } }),
        ),
        (
            "Jobs of the same start",
            found
                .has_siblings
                .then(|| html! { a href={ (list) "?batch=" (job.batch_key) } { "Show them" } }),
        ),
        ("Trace", extra("TraceId")),
        ("Operation", extra("ParentOperationId")),
        ("Id", Some(html! { (job.id) })),
        ("Key", key(Some(job.key))),
    ];
    let lines: Vec<(&str, Markup)> = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    definitions(&lines)
}

/// A number of seconds in words.
fn length(seconds: i64) -> String {
    crate::statistics::pages::duration(seconds.saturating_mul(1_000_000))
}

fn strategy_name(strategy: StopStrategy) -> &'static str {
    match strategy {
        StopStrategy::SoftStop => "stop",
        StopStrategy::Kill => "kill",
    }
}

/// Arguments as JSON with a member to a line, and the file they are in where they are long.
fn arguments(text: Option<&str>, file: Option<Uuid>, none: &str) -> Markup {
    let members = text.map(|text| match serde_json::from_str::<Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => text.to_owned(),
    });
    let members = members.filter(|text| text != "{}" && !text.is_empty());
    html! {
        @match &members {
            Some(members) => {
                (ui::snippet(&context::shortened(members, SHOWN)))
                @if members.chars().count() > SHOWN { p.muted { "Shown in part; the API gives the whole." } }
            }
            None => @if file.is_none() { p.muted { (none) } }
        }
        @if let Some(file) = file { (definitions(&[("File", ui::copyable(&file.to_string()))])) }
    }
}

fn waits(waits: &[Wait]) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="What the job waits for" {
            table.table role="table" {
                thead { tr { th scope="col" { "For" } th scope="col" { "Status" } th scope="col" { "Until" } th scope="col" { "Message" } th scope="col" { "Key" } } }
                tbody {
                    @for wait in waits {
                        tr role="row" {
                            td.lead-cell role="cell" data-label="For" { b { (wait_name(wait.wait_type)) } }
                            td role="cell" data-label="Status" { (wait.status.to_string()) }
                            td role="cell" data-label="Until" { (moment(wait.timer)) }
                            td role="cell" data-label="Message" {
                                @match wait.message.as_deref().filter(|text| !text.is_empty()) { Some(message) => (message), None => (ui::muted("–")) }
                            }
                            td role="cell" data-label="Key" {
                                @match wait.item_key { Some(key) => (ui::copyable(&key.to_string())), None => (ui::muted("–")) }
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn history(found: &Found) -> Markup {
    let entries: Vec<TimelineEntry> = found
        .events
        .iter()
        .map(|event| TimelineEntry {
            time: event.happened_at.to_string(),
            title: html! {
                b { (event.state.to_string()) }
                @if let Some(info) = event.info.as_deref().filter(|info| !info.is_empty()) {
                    p.muted.long-text { (context::shortened(info, 300)) }
                }
            },
            detail: event.user_id.map_or_else(String::new, |id| {
                found.people.get(&id).cloned().unwrap_or_else(|| format!("User {id}"))
            }),
            tone: state_tone(event.state),
        })
        .collect();
    html! {
        @if entries.is_empty() { p.muted { "Nothing was written down about this job." } }
        (ui::timeline(&entries))
    }
}

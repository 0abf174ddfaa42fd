//! The jobs of a folder, the newest first, kept fresh while the page is open.

use access::console::{csrf, moment};
use access::exports::{self, Criteria};
use context::{Error, Reach};
use http::Method;
use maud::{Markup, html};
use ui::field::Choice;
use ui::{Button, Confirm, FilterChip, Grid, GridQuery, MenuItem, Row, Tone, button, callout, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::search::{self, Asked, Found, INTERVALS, LOOKED_AT};
use super::words::{self, SOURCES, STATES, priority_mark, source_mark, source_name, state_chip, state_tone, type_name};
use super::{ACTIVE, Rights, api_folder, lasted, list_path, process_path, with_query};
use crate::jobs::export;
use crate::jobs::model::{Job, JobPriority, JobState, JobType, StopStrategy};

/// Name of the list in the page.
const GRID: &str = "jobs";
/// Processes that a filter offers, at most.
const CHOICES: usize = 200;

pub fn operations() -> Vec<Operation> {
    let page = |method: Method, path, id, summary| {
        Operation::page(method, path, id)
            .permission("Jobs.View")
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/jobs",
            "Console_Jobs",
            "The jobs of a folder.",
        )
        .handler(handle),
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/jobs/live",
            "Console_JobsChanges",
            "Tells an open page of changes to the jobs of a folder.",
        )
        .handler(async |request| web::live::listen(&request, "folder-jobs", request.folder()?.id)),
        page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/jobs/export",
            "Console_ExportJobs",
            "Asks for the jobs of a folder as CSV.",
        )
        .takes_form()
        .handler(export_shown),
    ]
}

fn state(request: &Request) -> Result<GridQuery, Error> {
    let query = request.parts.uri.query().unwrap_or_default();
    Ok(GridQuery::parse(&list_path(request)?, query))
}

/// Asks for what the list shows, on all its pages.
async fn export_shown(request: Request) -> Result<Response, Error> {
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let filter = Asked::new(&state(&request)?, folder, ctx.now).filter();
    let criteria = if filter.is_empty() {
        Criteria::default()
    } else {
        Criteria::filtered(filter)
    };
    let wanted = export::wanted(criteria, &Reach::Only(vec![folder]))?;
    request
        .store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    page::done(
        &exports::list_path(&request)?,
        "The export was asked for. It is listed here.",
    )
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, now) = (request.tenant()?.id, request.folder()?.id, request.ctx.now);
    let state = state(&request)?;
    let asked = Asked::new(&state, folder, now);
    let wanted = asked.clone();
    let found = request
        .store()
        .read(move |tx| search::find(&mut tx.tenant(tenant), &wanted, now))
        .await?;
    let rights = Rights::of(&request)?;
    let export = with_query(&request, &format!("{}/export", state.path));
    let new = match asked.process {
        Some(process) => format!("{}/new?process={process}", state.path),
        None => format!("{}/new", state.path),
    };
    let content = html! {
        (ui::page_header("Jobs", "What runs in this folder, has run, and waits for a robot.", html! {
            (ui::form(csrf(&request), &export, html! { (button("Export as CSV").icon("download")) }))
            @if rights.start() { (link_button("Start a job", &new).primary().icon("play")) }
        }))
        (ui::live("live-jobs", &format!("{}/live", state.path), grid(&request, &state, &asked, &found, rights, &new)?))
        (api_folder(&request)?)
    };
    page::render(&request, "Jobs", ACTIVE, content).await
}

fn grid(
    request: &Request,
    state: &GridQuery,
    asked: &Asked,
    found: &Found,
    rights: Rights,
    new: &str,
) -> Result<Markup, Error> {
    let csrf = csrf(request);
    let states = STATES.map(|state| Choice::new(&state.to_string(), &state.to_string()));
    let sources = SOURCES.map(|source| Choice::new(&source.to_string(), &source_name(source)));
    let priorities = [JobPriority::High, JobPriority::Normal, JobPriority::Low]
        .map(|priority| Choice::new(&priority.to_string(), &priority.to_string()));
    let intervals = INTERVALS.map(|(name, label, _)| Choice::new(name, label));
    let mut rows = Vec::with_capacity(found.jobs.len());
    for job in &found.jobs {
        rows.push(row(request, job, found, rights)?);
    }
    let mut grid = Grid::new(GRID, "Jobs", state)
        .lead(lead(state, asked, found))
        .search("Process or job key")
        .filter("state", "State", states.to_vec())
        .filter("process", "Process", process_choices(asked, found))
        .filter("source", "Source", sources.to_vec())
        .filter("priority", "Priority", priorities.to_vec())
        .filter("interval", "Created", intervals.to_vec())
        .column("Process")
        .column("State")
        .column("Priority")
        .column("Source")
        .column("Runtime")
        .optional()
        .column("Host")
        .column("Account")
        .optional()
        .sorted("Created", "CreationTime")
        .column("Started")
        .column("Ended")
        .rows(rows)
        .empty(ui::empty_state(
            "job",
            "No jobs in this folder",
            "A job is one run of a process. It is started here, by a trigger, or by a program through the API.",
            html! { @if rights.start() { (link_button("Start a job", new).primary()) } },
        ))
        .api("GET", &format!("/odata/Jobs?{}", asked.call()));
    grid = match found.total {
        Some(total) => grid.total(total),
        None => grid.more(found.more),
    };
    if rights.edit {
        let path = with_query(request, &format!("{}/stop", state.path));
        grid = grid.bulk(csrf, &path, bulk_buttons());
    }
    Ok(grid.render())
}

/// Jobs by state, and what narrows the list without a control of its own.
fn lead(state: &GridQuery, asked: &Asked, found: &Found) -> Markup {
    let narrowed = [
        (asked.batch.is_some(), "Only jobs of one start are shown."),
        (asked.parent.is_some(), "Only jobs that one job started are shown."),
        (asked.schedule.is_some(), "Only jobs of one trigger are shown."),
    ];
    html! {
        (chips(state, asked, found))
        @for (is_so, note) in narrowed {
            @if is_so { (callout(Tone::Info, html! { (note) " " a href=(state.path) { "Show all" } })) }
        }
        @if found.cut {
            (callout(Tone::Info, html! {
                "The newest " (LOOKED_AT) " jobs of the folder were looked at. Choose a process to look further back."
            }))
        }
    }
}

/// The states with the number of their jobs; a click shows them alone.
fn chips(state: &GridQuery, asked: &Asked, found: &Found) -> Markup {
    let mut chips = vec![FilterChip {
        label: "All".to_owned(),
        count: STATES.iter().map(|state| found.numbers.in_state(*state)).sum(),
        tone: Tone::Neutral,
        href: state.href("state", ""),
        chosen: asked.state.is_none(),
    }];
    chips.extend(STATES.map(|of| FilterChip {
        label: of.to_string(),
        count: found.numbers.in_state(of),
        tone: state_tone(of),
        href: state.href("state", &of.to_string()),
        chosen: asked.state == Some(of),
    }));
    ui::filter_chips("Jobs by state", GRID, &chips)
}

fn process_choices(asked: &Asked, found: &Found) -> Vec<Choice> {
    let mut shown: Vec<&(i64, String)> = found.processes.iter().take(CHOICES).collect();
    let chosen = asked.process.filter(|chosen| !shown.iter().any(|(id, _)| id == chosen));
    if let Some(chosen) = chosen
        && let Some(further) = found.processes.iter().find(|(id, _)| *id == chosen)
    {
        shown.push(further);
    }
    let mut choices: Vec<Choice> = shown
        .iter()
        .map(|(id, name)| Choice::new(&id.to_string(), name))
        .collect();
    if let Some(chosen) = chosen.filter(|chosen| !shown.iter().any(|(id, _)| id == chosen)) {
        choices.push(Choice::new(&chosen.to_string(), "A process that is gone"));
    }
    choices
}

/// The question before jobs are ended at once.
pub fn kill_question(what: &str) -> Confirm {
    Confirm::new(
        &format!("Kill {what}?"),
        "What runs is ended at once, wherever it is in its work. A stop lets it come to an end by itself.",
        "Kill",
    )
}

/// Actions on the selected jobs. They lead back to the list as it is.
fn bulk_buttons() -> Vec<Button> {
    vec![
        button("Stop")
            .small()
            .icon("stop")
            .name("strategy", &StopStrategy::SoftStop.to_string()),
        button("Kill")
            .danger()
            .small()
            .name("strategy", &StopStrategy::Kill.to_string())
            .confirm(kill_question("the selected jobs")),
    ]
}

/// What is done to one job, as a menu. `back` is added to the addresses of actions.
pub fn actions(request: &Request, job: &Job, rights: Rights, back: &str) -> Result<Vec<MenuItem>, Error> {
    let (path, csrf) = (super::job_path(request, job.key)?, csrf(request));
    let post = |label: &str, icon: &'static str, verb: &str| {
        MenuItem::post(label, icon, &format!("{path}/{verb}{back}"), csrf)
    };
    let mut menu = Vec::new();
    if rights.edit {
        if words::stoppable(job.state) {
            menu.push(post("Stop", "stop", "stop"));
        }
        if words::killable(job.state) {
            let action = format!("{path}/kill{back}");
            menu.push(MenuItem::delete(
                "Kill",
                &action,
                csrf,
                kill_question(&format!("this job of {}", job.release_name)),
            ));
        }
        if job.state == JobState::Suspended {
            menu.push(post("Resume", "play", "resume"));
        }
    }
    if rights.create && job.state.is_final() {
        menu.push(post("Restart", "refresh", "restart"));
    }
    Ok(menu)
}

fn row(request: &Request, job: &Job, found: &Found, rights: Rights) -> Result<Row, Error> {
    let href = super::job_path(request, job.key)?;
    let mut menu = vec![MenuItem::link("View details", "eye", &href)];
    let back = request.parts.uri.query().filter(|query| !query.is_empty());
    let back = back.map_or_else(String::new, |query| format!("?{query}"));
    menu.extend(actions(request, job, rights, &back)?);
    menu.push(MenuItem::copy("Copy key", &job.key.to_string()));
    if rights.processes && found.processes.iter().any(|(id, _)| *id == job.release_id) {
        menu.push(MenuItem::link(
            "Go to process",
            "process",
            &process_path(request, job.release_id)?,
        ));
    }
    let version = job.release_version_id.and_then(|id| found.versions.get(&id));
    let name = format!(
        "the job of {} created {}",
        job.release_name,
        job.created_at.strftime("%F %T UTC")
    );
    Ok(Row::new(&job.id.to_string(), &name)
        .cell(html! {
            a.row-link href=(href) { (job.release_name) }
            @if let Some(version) = version { p.muted { (version) } }
        })
        .cell(html! {
            (state_chip(job.state))
            @if job.job_type != JobType::Unattended { p.muted { (type_name(job.job_type)) } }
        })
        .cell(priority_mark(job.priority))
        .cell(source_mark(job))
        .cell(html! { (job.runtime_type.to_string()) })
        .cell(place(job, found))
        .cell(match job.robot_id.and_then(|id| found.accounts.get(&id)) {
            Some(account) => html! { (account) },
            None => muted("–"),
        })
        .cell(moment(Some(job.created_at)))
        .cell(moment(job.started_at))
        .cell(html! {
            (moment(job.ended_at))
            @if let Some(lasted) = lasted(job.started_at, job.ended_at) { p.muted { (lasted) } }
        })
        .menu(menu))
}

/// The host that runs a job, and the machine it belongs to.
fn place(job: &Job, found: &Found) -> Markup {
    let machine = job.machine_id.and_then(|id| found.machines.get(&id));
    match (&job.host_name, machine) {
        (Some(host), Some(machine)) if host != machine => html! { (host) p.muted { (machine) } },
        (Some(host), _) => html! { (host) },
        (None, Some(machine)) => muted(machine),
        (None, None) => muted("–"),
    }
}

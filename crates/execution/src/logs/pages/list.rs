//! The log entries of a folder or of a job, newest first, kept fresh while the page is open.

use access::console::{csrf, quoted};
use access::exports::{self, Criteria};
use context::{Error, codes};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use odata::{Enumeration as _, Query};
use store::Entity as _;
use ui::field::Choice;
use ui::{Grid, GridQuery, MenuItem, Row, Tone, button, callout, link_button, muted};
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, job_path, level_chip, list_path};
use crate::logs::export;
use crate::logs::model::{LabelKind, Level, LogEntry};
use crate::logs::read::{self, LOOKED_AT, Shown};
use crate::logs::state::Told;

/// Characters of a message that a list shows.
const SHOWN: usize = 300;
/// Names that a filter offers, at most.
const NAMES: i64 = 200;
/// Columns that the list can be sorted by.
const SORTED: [&str; 2] = ["TimeStamp", "Level"];
/// Times that a list can be narrowed to: name, label, hours.
const INTERVALS: [(&str, &str, i64); 4] = [
    ("hour", "Last hour", 1),
    ("day", "Last day", 24),
    ("week", "Last week", 168),
    ("month", "Last 30 days", 720),
];

pub fn operations() -> Vec<Operation> {
    let page = |method: Method, path, id, summary| {
        Operation::page(method, path, id)
            .permission("Logs.View")
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/logs",
            "Console_Logs",
            "The log entries of a folder.",
        )
        .handler(handle),
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/logs/live",
            "Console_LogsChanges",
            "Tells an open page of new log entries in a folder.",
        )
        .handler(async |request| web::live::listen(&request, Told::FOLDER, request.folder()?.id)),
        page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/logs/export",
            "Console_ExportLogs",
            "Asks for the log entries of a folder as CSV.",
        )
        .takes_form()
        .handler(export_shown),
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/logs/jobs/{job}",
            "Console_JobLogs",
            "The log entries of a job.",
        )
        .handler(handle_job),
        page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/logs/jobs/{job}/live",
            "Console_JobLogsChanges",
            "Tells an open page of new log entries of a job.",
        )
        .handler(job_changes),
    ]
}

async fn job_changes(request: Request) -> Result<Response, Error> {
    let job = request.guid("job")?;
    check_job(&request, job).await?;
    web::live::listen(&request, Told::JOB, job)
}

/// Fails for a job that is not in the folder of the page.
async fn check_job(request: &Request, job: Uuid) -> Result<(), Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let found = request
        .store()
        .read_here(move |tx| {
            tx.tenant(tenant)
                .exists::<crate::jobs::model::Job>("key = ? and folder_id = ?", store::params![job, folder])
        })
        .await
        .map_err(Error::from)?;
    if found {
        Ok(())
    } else {
        Err(Error::not_found("Job", job))
    }
}

fn state(request: &Request, path: &str) -> GridQuery {
    GridQuery::parse(path, request.parts.uri.query().unwrap_or_default())
}

async fn handle(request: Request) -> Result<Response, Error> {
    let path = list_path(&request)?;
    let state = state(&request, &path);
    let grid = grid(&request, &state, None).await?;
    let export = match request.parts.uri.query() {
        Some(query) if !query.is_empty() => format!("{path}/export?{query}"),
        _ => format!("{path}/export"),
    };
    let content = html! {
        (ui::page_header("Logs", "What robots and jobs of this folder tell, the newest first.", html! {
            (ui::form(csrf(&request), &export, html! { (button("Export as CSV").icon("download")) }))
        }))
        (ui::live("live-logs", &format!("{path}/live"), grid))
        (needs_folder(&request)?)
    };
    page::render(&request, "Logs", ACTIVE, content).await
}

fn needs_folder(request: &Request) -> Result<Markup, Error> {
    let header = format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id);
    Ok(html! { p.muted { "The call needs the header " code { (header) } "." } })
}

async fn handle_job(request: Request) -> Result<Response, Error> {
    let job = request.guid("job")?;
    check_job(&request, job).await?;
    let content = html! {
        (ui::page_header("Logs of a job", "", html! { (link_button("All logs", &list_path(&request)?).icon("left")) }))
        (ui::definitions(&[("Job key", ui::copyable(&job.to_string()))]))
        (of_job(&request, job).await?)
    };
    page::render(&request, "Logs of a job", ACTIVE, content).await
}

/// The log entries of a job as a part of a page: a list with filters in the address of the page, kept fresh while it is open. The page
/// must be one of the job's folder, and whoever asks must hold `Logs.View` there (else a note says so).
pub async fn of_job(request: &Request, job: Uuid) -> Result<Markup, Error> {
    if !access::console::may(request, "Logs.View", Some(request.folder()?.id))? {
        return Ok(callout(
            Tone::Info,
            html! { "You may look at this job but not at its logs." },
        ));
    }
    let state = state(request, request.parts.uri.path());
    let grid = grid(request, &state, Some(job)).await?;
    Ok(ui::live(
        "live-job-logs",
        &format!("{}/live", job_path(request, job)?),
        grid,
    ))
}

/// Asks for what the list shows, on all its pages.
async fn export_shown(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, folder) = (request.tenant()?.id, request.ctx.clone(), request.folder()?.id);
    let state = state(&request, &list_path(&request)?);
    let filter = filter(&state, None, ctx.now).join(" and ");
    let criteria = if filter.is_empty() {
        Criteria::default()
    } else {
        Criteria::filtered(filter)
    };
    let wanted = export::wanted(criteria, folder)?;
    request
        .store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    let list = exports::list_path(&request)?;
    page::done(&list, "The export was asked for. It is listed here.")
}

/// The terms of the filter that the grid stands for.
fn filter(state: &GridQuery, job: Option<Uuid>, now: Timestamp) -> Vec<String> {
    let mut terms = Vec::new();
    terms.extend(job.map(|job| format!("JobKey eq {job}")));
    let level = state.filter("level").and_then(|level| level.parse::<Level>().ok());
    terms.extend(level.map(|level| format!("Level ge '{level}'")));
    let interval = state.filter("interval");
    let hours = INTERVALS
        .iter()
        .find(|(name, ..)| interval == Some(*name))
        .map(|(_, _, hours)| *hours);
    let since = hours.and_then(|hours| now.checked_sub(SignedDuration::from_hours(hours)).ok());
    terms.extend(since.map(|since| format!("TimeStamp ge {since}")));
    for (name, member) in [
        ("process", "ProcessName"),
        ("robot", "RobotName"),
        ("host", "HostMachineName"),
    ] {
        terms.extend(state.filter(name).map(|value| format!("{member} eq {}", quoted(value))));
    }
    if !state.search.is_empty() {
        terms.push(format!("contains(Message,{})", quoted(&state.search)));
    }
    terms
}

async fn grid(request: &Request, state: &GridQuery, job: Option<Uuid>) -> Result<Markup, Error> {
    let (tenant, folder, now) = (request.tenant()?.id, request.folder()?.id, request.ctx.now);
    let mut options = Vec::new();
    let terms = filter(state, job, now);
    if !terms.is_empty() {
        options.push(("$filter".to_owned(), terms.join(" and ")));
    }
    if let Some((column, descending)) = state.sort_in(&SORTED) {
        let direction = if descending { "desc" } else { "asc" };
        options.push(("$orderby".to_owned(), format!("{column} {direction}")));
    }
    if state.skip() > 0 {
        options.push(("$skip".to_owned(), state.skip().to_string()));
    }
    let mut asked = options.clone();
    // One row more tells whether there is another page.
    asked.push(("$top".to_owned(), (state.size + 1).to_string()));
    options.push(("$top".to_owned(), state.size.to_string()));
    let query = Query::parse(&asked, LogEntry::model(), &odata::Limits::DEFAULT, now)
        .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))?;
    let of_folder = job.is_none();
    let (rows, more, cut, names) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let (rows, more, cut) = read::rows(&mut scope, folder, &query)?;
            let mut names = Vec::new();
            for kind in [LabelKind::Process, LabelKind::Robot, LabelKind::Host] {
                names.push(if of_folder {
                    read::names(&mut scope, folder, kind, NAMES)?
                } else {
                    Vec::new()
                });
            }
            Ok::<_, Error>((rows, more, cut, names))
        })
        .await?;
    let choices = |at: usize| -> Vec<Choice> { names[at].iter().map(|name| Choice::new(name, name)).collect() };
    let levels = Level::ALL.iter().map(|level| {
        let name = level.to_string();
        Choice::new(&name, &format!("{name} and above"))
    });
    let intervals = INTERVALS.map(|(name, label, _)| Choice::new(name, label));
    let mut grid = Grid::new("logs", "Log entries", state)
        .search("Message contains")
        .filter("level", "Level", levels.collect())
        .filter("interval", "Time", intervals.to_vec());
    if of_folder {
        grid = grid
            .filter("process", "Process", choices(0))
            .filter("robot", "Robot", choices(1))
            .filter("host", "Host", choices(2));
    }
    grid = grid.sorted("Time", "TimeStamp").sorted("Level", "Level");
    if of_folder {
        grid = grid.column("Process").column("Robot").optional();
    }
    grid = grid.column("Host").optional().column("Message");
    if cut {
        grid = grid.lead(callout(
            Tone::Info,
            html! {
                "The search looked at the newest " (LOOKED_AT) " entries of each level. Narrow the time, the level or the process to look further back."
            },
        ));
    }
    let call: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let entries = list_path(request)?;
    Ok(grid
        .rows(rows.iter().map(|shown| row(&entries, shown, of_folder)))
        .more(more)
        .empty(ui::empty_state(
            "list",
            "No log entries",
            "Jobs write here what they do, as soon as one runs.",
            html! {},
        ))
        .api("GET", &format!("/odata/RobotLogs?{}", call.join("&")))
        .render())
}

fn row(path: &str, shown: &Shown, of_folder: bool) -> Row {
    let entry = &shown.entry;
    let at = entry.at.to_string();
    let href = format!("{path}/{}", entry.id);
    let text = |text: &Option<String>| match text {
        Some(text) => html! { (text) },
        None => muted("–"),
    };
    let mut row = Row::new(&entry.id.to_string(), &at)
        .cell(html! { a.row-link href=(href) { (ui::time(&at)) } })
        .cell(level_chip(entry.level));
    let mut menu = vec![MenuItem::link("View details", "eye", &href)];
    if of_folder {
        row = row.cell(text(&shown.process)).cell(text(&shown.robot));
        menu.push(MenuItem::link(
            "Logs of the job",
            "list",
            &format!("{path}/jobs/{}", entry.job_key),
        ));
    }
    row.cell(text(&shown.host))
        .cell(html! { (context::shortened(&shown.message, SHOWN)) })
        .menu(menu)
}

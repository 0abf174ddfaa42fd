//! The monitoring pages: jobs, processes, machines and sessions.
//!
//! The same pages stand below a folder, about that folder, and below the tenant, about all folders in which the visitor may see them.

use access::Permit;
use access::console::{moment, tenant_path};
use context::{Error, Reach};
use http::Method;
use maud::{Markup, html};
use ui::{Slice, Tone, bars, chip, donut, link_tabs, muted, stat};
use web::{Folder, Operation, Request, Response, page};

use super::{IN_FOLDER, IN_TENANT, duration};
use crate::statistics::history::{self, By, Frame, Past};
use crate::statistics::numbers::{self, Numbers};
use crate::statistics::sessions::{self, Seen, Slots, Standing};

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Jobs,
    Processes,
    Machines,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Jobs, Self::Processes, Self::Machines];

    fn title(self) -> &'static str {
        match self {
            Self::Jobs => "Jobs",
            Self::Processes => "Processes",
            Self::Machines => "Machines and sessions",
        }
    }

    /// The end of its address.
    fn path(self) -> &'static str {
        match self {
            Self::Jobs => "",
            Self::Processes => "/processes",
            Self::Machines => "/machines",
        }
    }

    /// What one must be allowed to see.
    fn permission(self) -> &'static str {
        match self {
            Self::Jobs => "Monitoring.View and Jobs.View",
            Self::Processes => "Monitoring.View and Processes.View",
            Self::Machines => "Monitoring.View and Machines.View",
        }
    }
}

pub fn operations() -> Vec<Operation> {
    /// A tab, its addresses with their operations, and what it shows.
    type Place = (Tab, [(&'static str, &'static str); 2], &'static str);
    let places: [Place; 3] = [
        (
            Tab::Jobs,
            [
                (
                    "/{org}/tenants/{tenant}/folders/{folder}/monitoring",
                    "Console_FolderJobsMonitoring",
                ),
                ("/{org}/tenants/{tenant}/monitoring", "Console_JobsMonitoring"),
            ],
            "Jobs over time and by state.",
        ),
        (
            Tab::Processes,
            [
                (
                    "/{org}/tenants/{tenant}/folders/{folder}/monitoring/processes",
                    "Console_FolderProcessesMonitoring",
                ),
                (
                    "/{org}/tenants/{tenant}/monitoring/processes",
                    "Console_ProcessesMonitoring",
                ),
            ],
            "Jobs by process.",
        ),
        (
            Tab::Machines,
            [
                (
                    "/{org}/tenants/{tenant}/folders/{folder}/monitoring/machines",
                    "Console_FolderMachinesMonitoring",
                ),
                (
                    "/{org}/tenants/{tenant}/monitoring/machines",
                    "Console_MachinesMonitoring",
                ),
            ],
            "Robots that are connected, and how much of them is in use.",
        ),
    ];
    let mut operations = Vec::new();
    for (tab, [folder, tenant], summary) in places {
        for ((path, id), rule) in [(folder, Folder::Required), (tenant, Folder::InRequest)] {
            let page = Operation::page(Method::GET, path, id)
                .permission(tab.permission())
                .folder(rule)
                .summary(summary);
            operations.push(page.handler(move |request| handle(request, tab)));
        }
    }
    operations
}

async fn handle(request: Request, tab: Tab) -> Result<Response, Error> {
    let folder = request.chosen_folder().map(|folder| folder.id);
    let (base, active) = match folder {
        Some(folder) => (access::console::folder_path(&request, folder)?, IN_FOLDER),
        None => (tenant_path(&request)?, IN_TENANT),
    };
    let base = format!("{base}/monitoring");
    let reach = match folder {
        Some(folder) => Reach::Only(vec![folder]),
        None => Permit::of(&request).reach_somewhere()?,
    };
    let frame = Frame::parse(request.parameter("time").unwrap_or_default());
    let tabs: Vec<(&str, String, bool)> = Tab::ALL
        .into_iter()
        .filter(|other| {
            *other == tab
                || Permit::requiring(&request, other.permission()).is_ok_and(|permit| match folder {
                    Some(_) => permit.holds(folder),
                    None => permit.reach() != Reach::Only(Vec::new()),
                })
        })
        .map(|other| (other.title(), format!("{base}{}", other.path()), other == tab))
        .collect();
    let tabs: Vec<(&str, &str, bool)> = tabs
        .iter()
        .map(|(title, href, on)| (*title, href.as_str(), *on))
        .collect();
    let body = match tab {
        Tab::Jobs => jobs(&request, reach, frame, &base).await?,
        Tab::Processes => processes(&request, reach, frame, &format!("{base}{}", tab.path())).await?,
        Tab::Machines => machines(&request, reach, frame, &format!("{base}{}", tab.path())).await?,
    };
    let lead = if folder.is_some() {
        "What runs in this folder, and how it ended."
    } else {
        "What runs in the folders you may see, and how it ended."
    };
    let content = html! {
        (ui::page_header("Monitoring", lead, html! {}))
        (link_tabs("Monitoring", &tabs))
        (body)
    };
    page::render(&request, "Monitoring", active, content).await
}

fn frames(path: &str, chosen: Frame) -> Markup {
    let links = Frame::ALL.map(|frame| (frame.title(), format!("{path}?time={}", frame.name()), frame == chosen));
    let links: Vec<(&str, &str, bool)> = links
        .iter()
        .map(|(title, href, on)| (*title, href.as_str(), *on))
        .collect();
    link_tabs("Time", &links)
}

async fn jobs(request: &Request, reach: Reach, frame: Frame, path: &str) -> Result<Markup, Error> {
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let (numbers, steps) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let numbers = numbers::of(&mut scope, &reach)?;
            Ok::<_, Error>((numbers, history::over_time(&mut scope, &reach, frame, now)?))
        })
        .await?;
    let format = if frame == Frame::Day { "%H:%M" } else { "%m-%d" };
    let slices = |value: fn(&Past) -> f64| -> Vec<Slice> {
        steps
            .iter()
            .map(|(at, past)| Slice::new(&at.strftime(format).to_string(), value(past)))
            .collect()
    };
    let sum = steps.iter().fold(Past::default(), |sum, (_, past)| Past {
        created: sum.created + past.created,
        successful: sum.successful + past.successful,
        faulted: sum.faulted + past.faulted,
        stopped: sum.stopped + past.stopped,
        micros: sum.micros + past.micros,
    });
    Ok(ui::stack(html! {
        (running(&numbers))
        (frames(path, frame))
        (donut("Jobs by how they ended", &[
            Slice::new("Successful", sum.successful as f64),
            Slice::new("Faulted", sum.faulted as f64),
            Slice::new("Stopped", sum.stopped as f64),
        ]))
        (bars("Jobs started", &slices(|past| past.created as f64)))
        (bars("Successful jobs", &slices(|past| past.successful as f64)))
        (bars("Faulted jobs", &slices(|past| past.faulted as f64)))
        (bars("Stopped jobs", &slices(|past| past.stopped as f64)))
        (bars("Average time in seconds", &slices(|past| past.mean_micros().unwrap_or(0) as f64 / 1e6)))
        p.muted { "Times are UTC. The last bar is not over yet." }
    }))
}

/// The jobs that are not over.
pub(super) fn running(numbers: &Numbers) -> Markup {
    ui::tiles(html! {
        (stat("Pending", &numbers.pending.to_string(), html! {}))
        (stat("Running", &numbers.running.to_string(), html! {}))
        (stat("Stopping", &(numbers.stopping + numbers.terminating).to_string(), html! {}))
        (stat("Suspended", &numbers.suspended.to_string(), html! {}))
        (stat("Resumed", &numbers.resumed.to_string(), html! {}))
    })
}

/// Numbers by name, as a table.
fn table(caption: &str, what: &str, rows: &[(String, Past)]) -> Markup {
    html! {
        table.table {
            caption { (caption) }
            thead { tr {
                th scope="col" { (what) } th.numeric scope="col" { "Started" } th.numeric scope="col" { "Successful" }
                th.numeric scope="col" { "Faulted" } th.numeric scope="col" { "Stopped" } th.numeric scope="col" { "Average time" }
            } }
            tbody {
                @for (name, past) in rows {
                    tr {
                        td { (name) } td.numeric { (past.created) } td.numeric { (past.successful) } td.numeric { (past.faulted) }
                        td.numeric { (past.stopped) } td.numeric { (past.mean_micros().map_or_else(|| "–".to_owned(), duration)) }
                    }
                }
            }
        }
    }
}

/// Jobs of a frame by process or machine, with names.
async fn named(request: &Request, reach: Reach, frame: Frame, by: By) -> Result<Vec<(String, Past)>, Error> {
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let rows = history::by(&mut scope, &reach, frame, by, now)?;
            let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
            let names = match by {
                By::Process => history::process_names(&mut scope, &ids)?,
                By::Machine => history::machine_names(&mut scope, &ids)?,
            };
            let name = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("Deleted ({id})"));
            Ok(rows.into_iter().map(|(id, past)| (name(id), past)).collect())
        })
        .await
}

async fn processes(request: &Request, reach: Reach, frame: Frame, path: &str) -> Result<Markup, Error> {
    let rows = named(request, reach, frame, By::Process).await?;
    let slices: Vec<Slice> = rows
        .iter()
        .take(20)
        .map(|(name, past)| Slice::new(name, past.ended() as f64))
        .collect();
    Ok(ui::stack(html! {
        (frames(path, frame))
        @if rows.is_empty() {
            (ui::empty_state("activity", "No jobs", "No process ran in this time.", html! {}))
        } @else {
            (bars("Jobs that ended, by process", &slices))
            (table("Jobs by process, those with most jobs first", "Process", &rows))
        }
    }))
}

async fn machines(request: &Request, reach: Reach, frame: Frame, path: &str) -> Result<Markup, Error> {
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let (seen, slots) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let seen = sessions::list(&mut scope, now)?;
            let slots = sessions::slots(&mut scope, &seen)?;
            Ok::<_, Error>((seen, slots))
        })
        .await?;
    let rows = named(request, reach, frame, By::Machine).await?;
    let at = |standing: Standing| seen.iter().filter(|seen| seen.standing == standing).count() as f64;
    let used = sessions::utilisation(&slots);
    Ok(ui::stack(html! {
        @if seen.is_empty() {
            (ui::empty_state("robot", "No robot was connected yet", "A robot appears here as soon as it signed in for a machine.", html! {}))
        } @else {
            (donut("Sessions", &[
                Slice::new("Available", at(Standing::Available)),
                Slice::new("Busy", at(Standing::Busy)),
                Slice::new("Disconnected", at(Standing::Disconnected)),
                Slice::new("Unresponsive", at(Standing::Unresponsive)),
            ]))
            (runtimes(&slots, used))
            (session_table(&seen))
        }
        (frames(path, frame))
        @if !rows.is_empty() { (table("Jobs by machine, those with most jobs first", "Machine", &rows)) }
        @else { p.muted { "No job ran on a machine in this time." } }
    }))
}

fn runtimes(slots: &[Slots], used: Option<f64>) -> Markup {
    ui::tiles(html! {
        @for slots in slots {
            (stat(&format!("{} runtimes", slots.runtime), &format!("{} / {}", slots.used, slots.total), html! { span.muted { "in use / connected" } }))
        }
        @if let Some(used) = used { (stat("Utilisation", &format!("{:.0} %", used * 100.0), html! {})) }
    })
}

/// What a session is at, as people see it.
fn standing(standing: Standing) -> Markup {
    match standing {
        Standing::Available => chip("Available", Tone::Success),
        Standing::Busy => chip("Busy", Tone::Info),
        Standing::Disconnected => chip("Disconnected", Tone::Neutral),
        Standing::Unresponsive => chip("Unresponsive", Tone::Danger),
    }
}

fn session_table(seen: &[Seen]) -> Markup {
    html! {
        table.table {
            caption { "Sessions, those heard of last first" }
            thead { tr {
                th scope="col" { "Machine" } th scope="col" { "Host" } th scope="col" { "Account" } th scope="col" { "Status" }
                th.numeric scope="col" { "Jobs" } th scope="col" { "Version" } th scope="col" { "Last heartbeat" }
            } }
            tbody {
                @for seen in seen {
                    tr {
                        td { @if let Some(machine) = &seen.machine { (machine.name) } @else { (muted("–")) } }
                        td { (seen.session.host_name) } td { (seen.session.service_user_name) } td { (standing(seen.standing)) }
                        td.numeric { (seen.session.used) } td { (seen.session.version) } td { (moment(Some(seen.session.reported_at))) }
                    }
                }
            }
        }
    }
}

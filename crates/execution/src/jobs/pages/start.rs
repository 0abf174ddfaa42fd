//! The form that starts jobs of a process: first the process and its entry point, then what they are given and where they run.

use access::Access;
use access::console::csrf;
use access::folders::model::Folder as FolderRow;
use access::users::service::names;
use context::{Ctx, Error, Kind};
use http::Method;
use maud::{Markup, html};
use packages::model::EntryPoint;
use serde_json::{Map, Value};
use store::{Scoped, Tenant, params};
use ui::field::{self, Choice};
use ui::{Form, Tone, button, callout, card, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::entry::{CUSTOM, Entry, LONGEST_ENVIRONMENT, LONGEST_REFERENCE, Length, UNITS, by_control};
use super::{ACTIVE, list_path, process_path, search};
use crate::arguments::Signature;
use crate::arguments::form::{self, Errors};
use crate::jobs::api::validate;
use crate::jobs::fleet::Fleet;
use crate::jobs::model::{Job, StopStrategy};
use crate::jobs::start::{self, MOST_JOBS, Source, Start};
use crate::machines::model::RuntimeType;
use crate::processes::model::Release;
use crate::processes::pages::{PRIORITIES, priority as priority_name};
use crate::processes::{input, package, service};
use crate::sessions::model::Session;

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/new";
/// Hosts that are offered, at most.
const HOSTS: i64 = 200;
/// Runtimes that are offered where a machine has some.
const RUNTIMES: [RuntimeType; 4] = [
    RuntimeType::Unattended,
    RuntimeType::NonProduction,
    RuntimeType::Headless,
    RuntimeType::TestAutomation,
];

pub fn operations() -> Vec<Operation> {
    let page = |method, id| {
        Operation::page(method, NEW, id)
            .permission("Jobs.View and Jobs.Create and Processes.View")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, "Console_NewJob")
            .summary("The form that starts jobs.")
            .handler(show),
        page(Method::POST, "Console_StartJobs")
            .summary("Starts jobs, or tells whether they would wait.")
            .takes_form()
            .handler(save),
    ]
}

/// What there is to choose from for jobs of a process.
struct Ground {
    release: Release,
    fleet: Fleet,
    /// Names of accounts, in the order of the fleet's robots.
    accounts: Vec<String>,
    sessions: Vec<Session>,
    entry_points: Vec<EntryPoint>,
    /// The entry point that was chosen; `None`: the process's.
    entry: Option<String>,
    signature: Signature,
    defaults: Map<String, Value>,
    /// The package version is not in the feed any more.
    is_gone: bool,
}

impl Ground {
    fn read(scope: &mut Scoped<'_, Tenant>, folder: i64, process: i64, entry: Option<String>) -> Result<Self, Error> {
        let release = scope
            .get::<Release>(process)?
            .filter(|release| release.folder_id == folder);
        let release = release.ok_or_else(|| service::no_such(process))?;
        let folder = scope.get::<FolderRow>(folder)?.ok_or_else(access::no_such_folder)?;
        let fleet = Fleet::of_folder(scope, &folder)?;
        let users: Vec<i64> = fleet.robots.iter().map(|robot| robot.user_id).collect();
        let named = names(scope, &users)?;
        let accounts = fleet
            .robots
            .iter()
            .map(|robot| named.get(&robot.user_id).unwrap_or(&robot.name).clone())
            .collect();
        let ids: Vec<i64> = fleet.machines.iter().map(|machine| machine.id).collect();
        let sessions = if ids.is_empty() {
            Vec::new()
        } else {
            let condition = format!(
                "machine_id in ({}) order by connected desc, host_name_folded, id limit {HOSTS}",
                access::rows::integers(&ids)
            );
            scope.find::<Session>(&condition, params![])?
        };
        let version =
            packages::service::version(scope, release.feed_id, &release.package_id, &release.package_version)?;
        let is_gone = version.is_none();
        let (mut entry_points, mut takes) = (Vec::new(), None);
        if let Some(version) = version {
            entry_points = packages::service::entry_points(scope, version.id)?;
            let wanted = match entry.clone().or_else(|| release.entry_point.clone()) {
                Some(path) => input::Entry::Path(path),
                None => input::Entry::Main,
            };
            match package::enter(scope, version, &wanted) {
                Ok(deployed) => takes = deployed.input().map(str::to_owned),
                // The start says so.
                Err(error) if error.kind == Kind::Invalid => {}
                Err(error) => return Err(error),
            }
        }
        let defaults = crate::arguments::parse("InputArguments", release.input.as_deref()).unwrap_or_default();
        Ok(Self {
            fleet,
            accounts,
            sessions,
            entry_points,
            entry,
            signature: Signature::read(takes.as_deref()),
            defaults: defaults.unwrap_or_default(),
            is_gone,
            release,
        })
    }
}

/// Whether jobs would wait, and why; or why they cannot be started at all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outlook {
    Fine,
    Waits(Vec<&'static str>),
    Never(String),
}

/// # Errors
/// What is wrong with the start, and can be mended.
fn outlook(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, wanted: &Start) -> Result<Outlook, Error> {
    match validate::of_start(scope, ctx, wanted) {
        Ok(reasons) if reasons.is_empty() => Ok(Outlook::Fine),
        Ok(reasons) => Ok(Outlook::Waits(reasons.into_iter().map(|reason| reason.text).collect())),
        Err(error) if error.kind == Kind::Conflict => Ok(Outlook::Never(error.message)),
        Err(error) => Err(error),
    }
}

/// The process and the entry point that the address names.
fn chosen(request: &Request) -> (Option<i64>, Option<String>) {
    let process = request.parameter("process").and_then(|text| text.trim().parse().ok());
    let entry = request
        .parameter("entry")
        .map(str::trim)
        .filter(|path| !path.is_empty());
    (process, entry.map(str::to_owned))
}

async fn show(request: Request) -> Result<Response, Error> {
    let (process, entry) = chosen(&request);
    let Some(process) = process else {
        return choose(&request).await;
    };
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let (ground, outlook) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let ground = Ground::read(&mut scope, folder, process, entry.clone())?;
            let mut wanted = Start::of(process, Source::manual());
            // The arguments are still to come: those of a file are not looked at.
            wanted.input_file = Some(uuid::Uuid::nil());
            let outlook = match outlook(&mut scope, &ctx, &wanted) {
                Err(error) if matches!(error.kind, Kind::Invalid | Kind::NotFound) => None,
                other => Some(other?),
            };
            Ok::<_, Error>((ground, outlook))
        })
        .await?;
    render(&request, &ground, &Entry::empty(), &Errors::new(), outlook.as_ref()).await
}

/// The page that asks for the process.
async fn choose(request: &Request) -> Result<Response, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let processes = request
        .store()
        .read(move |tx| search::processes(&mut tx.tenant(tenant), folder))
        .await?;
    let list = list_path(request)?;
    let content = html! {
        (ui::page_header("Start a job", "A job is one run of a process.", html! {}))
        @if processes.is_empty() {
            (ui::empty_state("process", "No processes in this folder", "A process is a package that was deployed into the folder.", html! {
                (link_button("All jobs", &list))
            }))
        } @else {
            form.form method="get" action={ (list) "/new" } {
                (field::select("process", "Process", process_choices(&processes, None)).required())
                div.form-actions { (button("Continue").primary()) (link_button("Cancel", &list)) }
            }
        }
    };
    page::render(request, "Start a job", ACTIVE, content).await
}

fn process_choices(processes: &[(i64, String)], none: Option<&str>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = none.map(|label| Choice::new("", label)).into_iter().collect();
    choices.extend(processes.iter().map(|(id, name)| Choice::new(&id.to_string(), name)));
    choices
}

async fn save(request: Request) -> Result<Response, Error> {
    let (process, path) = chosen(&request);
    let process = process.ok_or_else(|| Error::field("process", "Choose a process."))?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let user = request
        .state::<Access>()?
        .user_id(&request.ctx.caller, request.tenant()?)
        .await?;
    let form = request.form();
    let entry = Entry::posted(&form);
    let (wanted_path, posted) = (path.clone(), entry.clone());
    let (ground, read) = request
        .store()
        .read(move |tx| {
            let ground = Ground::read(&mut tx.tenant(tenant), folder, process, wanted_path.clone())?;
            let read = posted.read(process, &ground.signature, user);
            Ok::<_, Error>((ground, read))
        })
        .await?;
    let mut wanted = match read {
        Ok(wanted) => wanted,
        Err(errors) => return render(&request, &ground, &entry, &errors, None).await,
    };
    wanted.entry_point = path;
    if page::field(&form, "do") == "check" {
        let checked = request
            .store()
            .read(move |tx| outlook(&mut tx.tenant(tenant), &ctx, &wanted))
            .await;
        return match checked {
            Ok(outlook) => render(&request, &ground, &entry, &Errors::new(), Some(&outlook)).await,
            Err(error) => render(&request, &ground, &entry, &by_control(error)?, None).await,
        };
    }
    let started = request
        .store()
        .write_locking(move |tx| start::start(&mut tx.tenant(tenant), &ctx, &wanted))
        .await;
    match started {
        Ok(jobs) => done(&request, &jobs),
        Err(error) => render(&request, &ground, &entry, &by_control(error)?, None).await,
    }
}

/// The page of the job, or the list of those that were started together.
fn done(request: &Request, jobs: &[Job]) -> Result<Response, Error> {
    let list = list_path(request)?;
    match jobs {
        [] => page::done(&list, "No job was started."),
        [job] => page::done(&format!("{list}/{}", job.key), "The job was started."),
        [first, ..] => page::done(
            &format!("{list}?batch={}", first.batch_key),
            &format!("{} jobs were started.", jobs.len()),
        ),
    }
}

async fn render(
    request: &Request,
    ground: &Ground,
    entry: &Entry,
    errors: &Errors,
    outlook: Option<&Outlook>,
) -> Result<Response, Error> {
    let list = list_path(request)?;
    let release = &ground.release;
    let action = {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("process", &release.id.to_string());
        if let Some(entry) = &ground.entry {
            query.append_pair("entry", entry);
        }
        format!("{list}/new?{}", query.finish())
    };
    let lead = format!("{} {}", release.package_id, release.package_version);
    let content = html! {
        (ui::page_header(&format!("Start a job of {}", release.name), &lead, html! {
            (link_button("Another process", &format!("{list}/new")))
        }))
        (ui::stack(html! {
            @if ground.is_gone {
                (callout(Tone::Danger, html! { "The package version is not in the feed any more, so that no job can run it." }))
            } @else if let Some(outlook) = outlook { (tell(outlook)) }
            @if ground.entry_points.len() > 1 { (choose_entry(ground, &list)) }
            (Form::new(csrf(request), &action).errors(errors).submit("Start")
                .also(html! { (button("Check").name("do", "check")) })
                .cancel(&process_path(request, release.id).unwrap_or(list))
                .render(fields(ground, entry, errors)))
        }))
    };
    let status = if errors.is_empty() { 200 } else { 400 };
    page::render_with(request, status, "Start a job", ACTIVE, content).await
}

/// Whether jobs would wait. What is said stands above the form, for all who look.
fn tell(outlook: &Outlook) -> Markup {
    html! {
        div role="status" {
            @match outlook {
                Outlook::Fine => (callout(Tone::Success, html! { "A robot is free: a job could start now." })),
                Outlook::Waits(reasons) => (callout(Tone::Warning, html! {
                    p { "A job can be started, and waits for now:" }
                    ul.plain-list { @for reason in reasons { li { (reason) } } }
                })),
                Outlook::Never(reason) => (callout(Tone::Danger, html! { "A job cannot be started: " (reason) })),
            }
        }
    }
}

/// Where the package is entered decides on the arguments, so that it is chosen before them.
fn choose_entry(ground: &Ground, list: &str) -> Markup {
    let own = ground.release.entry_point.as_deref();
    let main = ground
        .entry_points
        .iter()
        .find(|entry| entry.is_main)
        .map(|entry| entry.path.as_str());
    let inherited = own.or(main).unwrap_or("main");
    let mut choices = vec![Choice::new("", &format!("That of the process ({inherited})"))];
    choices.extend(
        ground
            .entry_points
            .iter()
            .map(|entry| Choice::new(&entry.path, &entry.path)),
    );
    html! {
        form.form method="get" action={ (list) "/new" } {
            (field::hidden("process", &ground.release.id.to_string()))
            (field::select("entry", "Entry point", choices).value(ground.entry.as_deref().unwrap_or_default())
                .hint("Each has arguments of its own."))
            div.form-actions { (button("Use this entry point")) }
        }
    }
}

fn fields(ground: &Ground, entry: &Entry, errors: &Errors) -> Markup {
    html! {
        (card("Arguments", html! {}, form::render(&ground.signature, &entry.arguments, &ground.defaults, errors)))
        (card("Execution", html! {}, execution(ground, entry, errors)))
        (advanced(entry, errors))
    }
}

fn execution(ground: &Ground, entry: &Entry, errors: &Errors) -> Markup {
    let any = |label: &str| vec![Choice::new("", label)];
    let mut priorities = any(&format!(
        "That of the process ({})",
        priority_name(ground.release.priority)
    ));
    priorities.extend(PRIORITIES.map(|(value, name)| Choice::new(&value.to_string(), name)));
    priorities.push(Choice::new(CUSTOM, "A number"));
    let mut runtimes = any("The first that is there");
    let offered = RUNTIMES.into_iter().filter(|runtime| ground.fleet.has_slots(*runtime));
    runtimes.extend(offered.map(|runtime| Choice::new(&runtime.to_string(), &runtime.to_string())));
    let mut accounts = any("Any");
    let robots = ground.fleet.robots.iter().zip(&ground.accounts);
    accounts.extend(robots.map(|(robot, name)| Choice::new(&robot.id.to_string(), name)));
    let mut machines = any("Any");
    machines.extend(
        ground
            .fleet
            .machines
            .iter()
            .map(|machine| Choice::new(&machine.id.to_string(), &machine.name)),
    );
    let mut hosts = any("Any");
    hosts.extend(ground.sessions.iter().map(|session| {
        let machine = ground
            .fleet
            .machines
            .iter()
            .find(|machine| machine.id == session.machine_id);
        let machine = machine.map_or("", |machine| machine.name.as_str());
        let state = if session.connected { "" } else { ", not connected" };
        Choice::new(
            &session.id.to_string(),
            &format!("{} ({machine}{state})", session.host_name),
        )
    }));
    html! {
        (field::number("count", "Number of jobs").value(&entry.count).range(1, MOST_JOBS).required().error_in(errors))
        (field::select("priority", "Priority", priorities).value(&entry.priority).error_in(errors))
        (field::number("custom_priority", "Priority as a number").value(&entry.custom_priority).range(1, 100)
            .hint("From 1 to 100; what is greater comes first.").show_when("priority", CUSTOM).error_in(errors))
        (field::select("runtime", "Runtime type", runtimes).value(&entry.runtime).error_in(errors))
        (field::select("account", "Account", accounts).value(&entry.account).error_in(errors))
        (field::select("machine", "Machine", machines).value(&entry.machine).error_in(errors))
        (field::select("host", "Host", hosts).value(&entry.host).error_in(errors))
        (field::toggle("run_as_me", "Run under my own account").on(entry.run_as_me).error_in(errors)
            .hint("Needs an unattended robot of yours in this folder; the account above does not count then."))
    }
}

fn advanced(entry: &Entry, errors: &Errors) -> Markup {
    const CONTROLS: [&str; 7] = [
        "reference",
        "environment",
        "stop_after",
        "kill_after",
        "alert_pending",
        "alert_running",
        "same_context",
    ];
    let open = entry.is_advanced() || errors.iter().any(|(control, _)| CONTROLS.contains(&control.as_str()));
    let strategies = [StopStrategy::SoftStop, StopStrategy::Kill].map(|strategy| {
        let label = if strategy == StopStrategy::Kill {
            "Killed"
        } else {
            "Stopped"
        };
        Choice::new(&strategy.to_string(), label)
    });
    html! {
        details.more open[open] {
            summary { "Advanced" }
            (length("stop_after", "End after running", "The time in which a suspended job waits does not count.", &entry.stop_after, errors))
            (field::select("stop_by", "It is then", strategies.to_vec()).value(&entry.stop_by))
            (length("kill_after", "Kill if stopping takes longer than", "", &entry.kill_after, errors))
            (length("alert_pending", "Alert when waiting longer than", "", &entry.alert_pending, errors))
            (length("alert_running", "Alert when running longer than", "", &entry.alert_running, errors))
            (field::toggle("same_context", "Keep account and machine on resume").on(entry.same_context)
                .hint("A suspended job goes on where it ran before."))
            (field::text("reference", "Reference").value(&entry.reference).max(LONGEST_REFERENCE).error_in(errors)
                .hint("A text of yours by which the jobs can be found through the API."))
            (field::textarea("environment", "Environment variables", 3).value(&entry.environment).max(LONGEST_ENVIRONMENT).wide()
                .placeholder("NAME=value").hint("A line for each. What is given here replaces those of the process.").error_in(errors))
        }
    }
}

/// A length of time: a number and its unit.
fn length(name: &str, label: &str, hint: &str, given: &Length, errors: &Errors) -> Markup {
    let units = UNITS.map(|(name, label, _)| Choice::new(name, label));
    let number = field::number(name, label)
        .value(&given.number)
        .range(1, 1_000_000_000)
        .error_in(errors);
    html! {
        div.value-row {
            @if hint.is_empty() { (number) } @else { (number.hint(hint)) }
            (field::select(&format!("{name}_unit"), "Unit", units.to_vec()).value(&given.unit))
        }
    }
}

//! The form of a new or existing time or queue trigger. First the process, then when it is started. `GET` and `POST …/triggers/new`,
//! `…/triggers/{id}`

use access::console::{Errors, csrf, mendable, moment};
use context::{Error, codes};
use execution::arguments;
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use queues::definitions::model::FolderQueue;
use serde_json::{Map, Value, json};
use store::{Scoped, Tenant, params};
use ui::field::{self, Choice};
use ui::{Form, button, card, link_button};
use web::page::field as posted;
use web::{Folder, Operation, Request, Response, page};

use super::controls::{Entry, Members};
use super::ground::{self, Ground, MOST};
use super::{ACTIVE, list_path, status_of};
use crate::calendars::pages::zone_choices;
use crate::calendars::service as calendars;
use crate::schedules::input::{LONGEST_DESCRIPTION, LONGEST_NAME, MOST_JOBS, ScheduleInput, read_cron};
use crate::schedules::model::Schedule;
use crate::schedules::read;
use crate::schedules::service::{self, no_such};
use crate::{codes as own, zones};

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers/new";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers/{id}";
/// Firings that are shown.
const SHOWN: usize = 10;

/// When jobs are ended, killed, and told of as waiting or running too long.
const SECONDS: [&str; 4] = [
    "StopProcessExpression",
    "KillProcessExpression",
    "AlertPendingExpression",
    "AlertRunningExpression",
];

const MEMBERS: Members = Members {
    texts: &[
        "Name",
        "Description",
        "StartProcessCron",
        "TimeZoneId",
        "RuntimeType",
        "StopProcessExpression",
        "StopStrategy",
        "KillProcessExpression",
        "AlertPendingExpression",
        "AlertRunningExpression",
    ],
    numbers: &[
        "CalendarId",
        "StartStrategy",
        "SpecificPriorityValue",
        "QueueDefinitionId",
        "ItemsActivationThreshold",
        "ItemsPerJobActivationTarget",
        "MaxJobsForActivation",
        "ConsecutiveJobFailuresThreshold",
        "JobFailuresGracePeriodInHours",
    ],
    switches: &["Enabled", "RunAsMe", "ResumeOnSameContext", "ActivateOnJobComplete"],
    moments: &["StopProcessDate"],
};

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission, summary| {
        Operation::page(method, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
    };
    let create = "Schedules.View and Schedules.Create and Processes.View";
    let edit = "Schedules.View and Schedules.Edit and Processes.View";
    vec![
        page(
            Method::GET,
            NEW,
            "Console_NewTrigger",
            create,
            "The form for a new trigger.",
        )
        .handler(show_new),
        page(
            Method::POST,
            NEW,
            "Console_CreateTrigger",
            create,
            "Makes a trigger, or tells when it would fire.",
        )
        .takes_form()
        .handler(create_new),
        page(Method::GET, ONE, "Console_Trigger", edit, "The form of a trigger.").handler(show),
        page(
            Method::POST,
            ONE,
            "Console_SaveTrigger",
            edit,
            "Changes a trigger, or tells when it would fire.",
        )
        .takes_form()
        .handler(save),
    ]
}

/// What a form is about.
struct Subject {
    ground: Ground,
    /// The trigger as the API shows it; of a new one what it starts with.
    body: Value,
    id: Option<i64>,
    /// The second of a minute at which it was made: see [`crate::cron`].
    second: Option<i8>,
    queues: Vec<(i64, String)>,
}

impl Subject {
    fn is_of_queue(&self) -> bool {
        !self.body["QueueDefinitionId"].is_null()
    }

    fn new(scope: &mut Scoped<'_, Tenant>, folder: i64, process: i64, of_queue: bool) -> Result<Self, Error> {
        let ground = Ground::read(scope, folder, process, None)?;
        let mut body = json!({
            "Name": ground.release.name, "Enabled": true, "StartStrategy": 1, "TimeZoneId": "UTC", "StopStrategy": "SoftStop",
            "StartProcessCron": "0 0 9 ? * MON-FRI",
        });
        if of_queue {
            body["QueueDefinitionId"] = json!(0);
            for member in [
                "ItemsActivationThreshold",
                "ItemsPerJobActivationTarget",
                "MaxJobsForActivation",
            ] {
                body[member] = json!(1);
            }
        }
        let queues = queues_of(scope, folder)?;
        Ok(Self {
            ground,
            body,
            id: None,
            second: None,
            queues,
        })
    }

    fn existing(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64, process: Option<i64>) -> Result<Self, Error> {
        let found = scope
            .get::<Schedule>(id)?
            .filter(|schedule| schedule.folder_id == folder);
        let schedule = found.ok_or_else(|| no_such(id))?;
        // A trigger whose process is gone can still be given another one.
        let process = process.unwrap_or(schedule.release_id);
        Ok(Self {
            ground: Ground::read(scope, folder, process, schedule.entry_point.as_deref())?,
            body: read::to_value(&schedule),
            id: Some(id),
            second: i8::try_from(schedule.second).ok(),
            queues: queues_of(scope, folder)?,
        })
    }

    fn entry(&self) -> Entry {
        let mut entry = Entry::of(&MEMBERS, &self.body, &self.ground.signature);
        ground::default_strategy(&mut entry);
        entry
    }

    /// What the form says, as a request would.
    fn input(&self, entry: &Entry) -> Result<ScheduleInput, Errors> {
        let mut body = entry.over(&MEMBERS, self.body.clone(), &self.ground.signature)?;
        body["ReleaseId"] = json!(self.ground.release.id);
        for member in [
            "ReleaseKey",
            "ReleaseName",
            "JobPriority",
            "CalendarKey",
            "QueueDefinitionName",
        ] {
            body[member] = Value::Null;
        }
        body["UseCalendar"] = json!(!body["CalendarId"].is_null());
        if body["StopProcessExpression"].is_null() {
            body["StopStrategy"] = Value::Null;
        }
        if self.is_of_queue() && body["QueueDefinitionId"].as_i64().unwrap_or(0) == 0 {
            return Err(vec![("QueueDefinitionId".to_owned(), "Choose a queue.".to_owned())]);
        }
        web::bind(body).map_err(|error| by_control(error).unwrap_or_default())
    }
}

fn queues_of(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<Vec<(i64, String)>, Error> {
    let condition = format!("folder_id = ? order by name_folded limit {MOST}");
    let found = scope.find::<FolderQueue>(&condition, params![folder])?;
    Ok(found.into_iter().map(|queue| (queue.id, queue.name)).collect())
}

/// Messages at their controls. Faults of time have codes of their own.
fn by_control(error: Error) -> Result<Errors, Error> {
    let control = match error.code {
        own::INVALID_CRON | own::INVALID_CRON_RECURRENCE | own::SCHEDULE_WILL_NEVER_RUN => "StartProcessCron",
        own::INVALID_TIME_ZONE_ID => "TimeZoneId",
        own::SCHEDULE_CANNOT_BE_ASSOCIATED_WITH_A_QUEUE => "QueueDefinitionId",
        codes::NAME_ALREADY_USED => "Name",
        _ => return mendable(error),
    };
    Ok(vec![(control.to_owned(), error.message)])
}

/// The process that the address names, and whether a queue is to start it.
fn chosen(request: &Request) -> (Option<i64>, bool) {
    let process = request.parameter("process").and_then(|text| text.trim().parse().ok());
    (process, request.parameter("kind") == Some("queue"))
}

async fn subject(request: &Request) -> Result<Option<Subject>, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (process, of_queue) = chosen(request);
    let id = request.integer("id").ok();
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        match (id, process) {
            (Some(id), _) => Subject::existing(&mut scope, folder, id, process).map(Some),
            (None, Some(process)) => Subject::new(&mut scope, folder, process, of_queue).map(Some),
            (None, None) => Ok(None),
        }
    });
    work.await
}

async fn show_new(request: Request) -> Result<Response, Error> {
    match subject(&request).await? {
        Some(subject) => render(&request, &subject, &subject.entry(), &Errors::new(), 200).await,
        None => choose(&request).await,
    }
}

async fn show(request: Request) -> Result<Response, Error> {
    let subject = subject(&request).await?.ok_or_else(|| no_such("new"))?;
    render(&request, &subject, &subject.entry(), &Errors::new(), 200).await
}

/// The page that asks for the process.
async fn choose(request: &Request) -> Result<Response, Error> {
    let (tenant, folder, list) = (request.tenant()?.id, request.folder()?.id, list_path(request)?);
    let kind = if chosen(request).1 { "queue" } else { "time" };
    let processes = request
        .store()
        .read(move |tx| ground::processes(&mut tx.tenant(tenant), folder))
        .await?;
    let content = choose_process(
        &format!("Add {kind} trigger"),
        &list,
        &format!("{list}/new"),
        kind,
        &processes,
    );
    page::render(request, "Add trigger", ACTIVE, content).await
}

/// A form that asks for the process.
pub fn choose_process(title: &str, list: &str, action: &str, kind: &str, processes: &[(i64, String)]) -> Markup {
    let choices = processes
        .iter()
        .map(|(id, name)| Choice::new(&id.to_string(), name))
        .collect();
    html! {
        (ui::page_header(title, "A trigger starts jobs of one process.", html! {}))
        @if processes.is_empty() {
            (ui::empty_state("process", "No processes in this folder", "A process is a package that was deployed into the folder.", html! {
                (link_button("All triggers", list))
            }))
        } @else {
            form.form method="get" action=(action) {
                (field::hidden("kind", kind))
                (field::select("process", "Process", choices).required())
                div.form-actions { (button("Continue").primary()) (link_button("Cancel", list)) }
            }
        }
    }
}

async fn create_new(request: Request) -> Result<Response, Error> {
    let subject = subject(&request)
        .await?
        .ok_or_else(|| Error::field("process", "Choose a process."))?;
    write(request, subject).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let subject = subject(&request).await?.ok_or_else(|| no_such("new"))?;
    write(request, subject).await
}

async fn write(request: Request, subject: Subject) -> Result<Response, Error> {
    let form = request.form();
    let entry = Entry::posted(&MEMBERS, &form);
    if posted(&form, "do") == "check" {
        return render(&request, &subject, &entry, &Errors::new(), 200).await;
    }
    let input = match subject.input(&entry) {
        Ok(input) => input,
        Err(errors) => return render(&request, &subject, &entry, &errors, 400).await,
    };
    match store(&request, subject.id, input).await {
        Ok(()) => page::done(
            &list_path(&request)?,
            &format!("Trigger “{}” was saved.", entry.text("Name")),
        ),
        Err(error) => {
            let status = status_of(&error);
            render(&request, &subject, &entry, &by_control(error)?, status).await
        }
    }
}

/// Changes a trigger, or makes a new one.
async fn store(request: &Request, id: Option<i64>, input: ScheduleInput) -> Result<(), Error> {
    let draft = input.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let work = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        match id {
            Some(id) => service::replace(&mut scope, &ctx, folder, id, &draft),
            None => service::create(&mut scope, &ctx, folder, &draft).map(|_| ()),
        }
    });
    work.await
}

/// When a trigger would fire, each with whether a day off keeps it from that.
async fn upcoming(
    request: &Request,
    subject: &Subject,
    entry: &Entry,
) -> Result<Result<Vec<(Timestamp, bool)>, Errors>, Error> {
    let cron = match read_cron(entry.text("StartProcessCron")) {
        Ok(cron) => cron,
        Err(error) => return Ok(Err(by_control(error)?)),
    };
    let Some(zone) = zones::find(entry.text("TimeZoneId")) else {
        return Ok(Err(vec![(
            "TimeZoneId".to_owned(),
            "There is no such time zone.".to_owned(),
        )]));
    };
    let now = request.ctx.now;
    let cron = cron.made_at(
        subject
            .second
            .unwrap_or_else(|| jiff::tz::TimeZone::UTC.to_datetime(now).second()),
    );
    let calendar = entry.text("CalendarId").parse::<i64>().ok();
    let tenant = request.tenant()?.id;
    let stop: Option<Timestamp> = format!("{}:00Z", entry.text("StopProcessDate")).parse().ok();
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let mut found = Vec::with_capacity(SHOWN);
        for at in cron.upcoming(now, &zone.zone, SHOWN) {
            if stop.is_some_and(|stop| at >= stop) {
                break;
            }
            let off = match calendar {
                Some(id) => calendars::excludes(&mut scope, id, zone.zone.to_datetime(at).date())?,
                None => false,
            };
            found.push((at, off));
        }
        Ok::<_, Error>(found)
    });
    Ok(Ok(work.await?))
}

async fn render(
    request: &Request,
    subject: &Subject,
    entry: &Entry,
    errors: &Errors,
    status: u16,
) -> Result<Response, Error> {
    let list = list_path(request)?;
    let kind = if subject.is_of_queue() { "queue" } else { "time" };
    let process = subject.ground.release.id;
    let new = format!("{list}/new?kind={kind}");
    let action = match subject.id {
        Some(id) => format!("{list}/{id}?process={process}"),
        None => format!("{new}&process={process}"),
    };
    let mut errors = errors.clone();
    let mut status = status;
    let mut firings = None;
    if !subject.is_of_queue() {
        match upcoming(request, subject, entry).await? {
            Ok(found) => firings = Some(found),
            Err(wrong) if errors.is_empty() => {
                errors = wrong;
                status = 400;
            }
            Err(_) => {}
        }
    }
    let title = match subject.id {
        Some(_) => subject.body["Name"].as_str().unwrap_or_default().to_owned(),
        None => format!("Add {kind} trigger"),
    };
    let process = match subject.id {
        Some(_) => another_process(request, subject).await?,
        None => subject.ground.process(request, &new)?,
    };
    let mut form = Form::new(csrf(request), &action)
        .errors(&errors)
        .submit(if subject.id.is_some() { "Save" } else { "Create" })
        .cancel(&list);
    if !subject.is_of_queue() {
        form = form.also(html! { (button("Show firings").name("do", "check")) });
    }
    let content = html! {
        (ui::page_header(&title, "", html! {
            @if let Some(key) = subject.body["Key"].as_str() { (link_button("History", &format!("{list}/{key}/history"))) }
        }))
        (ui::stack(html! {
            (process)
            @if let Some(firings) = &firings { (next(firings, entry.text("TimeZoneId"))) }
            (form.render(fields(subject, entry, &errors)))
        }))
    };
    page::render_with(request, status, &title, ACTIVE, content).await
}

/// The process of a trigger that is there, and the others that it could start.
async fn another_process(request: &Request, subject: &Subject) -> Result<Markup, Error> {
    let (tenant, folder, list) = (request.tenant()?.id, request.folder()?.id, list_path(request)?);
    let processes = request
        .store()
        .read(move |tx| ground::processes(&mut tx.tenant(tenant), folder))
        .await?;
    let current = subject.ground.release.id.to_string();
    let choices = processes
        .iter()
        .map(|(id, name)| Choice::new(&id.to_string(), name))
        .collect();
    let id = subject.id.unwrap_or_default();
    Ok(html! {
        form.form method="get" action={ (list) "/" (id) } {
            (field::select("process", "Process", choices).value(&current).hint("Another process may take other arguments."))
            div.form-actions { (button("Use this process")) }
        }
    })
}

/// The next firings.
fn next(firings: &[(Timestamp, bool)], zone: &str) -> Markup {
    card(
        "Next firings",
        html! {},
        html! {
            div role="status" {
                @if firings.is_empty() { p { "It never fires." } }
                @else {
                    p.hint { "In the time zone of the trigger: " (zone) "." }
                    ol.plain-list #firings {
                        @for (at, off) in firings {
                            li { (local(*at, zone)) " " (moment(Some(*at))) @if *off { " " (ui::muted("a non-working day: starts nothing")) } }
                        }
                    }
                }
            }
        },
    )
}

/// A moment as clocks of a time zone show it.
fn local(at: Timestamp, zone: &str) -> String {
    let zone = zones::find(zone).map_or(jiff::tz::TimeZone::UTC, |zone| zone.zone);
    zone.to_datetime(at).strftime("%a %Y-%m-%d %H:%M:%S").to_string()
}

fn fields(subject: &Subject, entry: &Entry, errors: &Errors) -> Markup {
    let several = subject.body["MachineRobots"].as_array().map_or(0, Vec::len);
    html! {
        (field::text("Name", "Name").value(entry.text("Name")).required().max(LONGEST_NAME).error_in(errors))
        (field::textarea("Description", "Description", 2).value(entry.text("Description")).max(LONGEST_DESCRIPTION).error_in(errors))
        (field::toggle("Enabled", "Enabled").on(entry.is_on("Enabled")).hint("A disabled trigger starts nothing."))
        @if subject.is_of_queue() { (of_queue(subject, entry, errors)) } @else { (of_time(subject, entry, errors)) }
        (card("Arguments", html! {}, html! {
            p.hint { "An empty field takes what the process says." }
            (arguments::form::render(&subject.ground.signature, &entry.arguments, &Map::new(), errors))
        }))
        (card("Execution", html! {}, subject.ground.execution(entry, several, "SpecificPriorityValue", errors)))
        (ground::ending(entry, SECONDS, errors))
        (field::tokens("Tags", "Tags").values(entry.tags()).hint("A label, or a property written as name=value.").max(513).error_in(errors))
    }
}

fn of_time(subject: &Subject, entry: &Entry, errors: &Errors) -> Markup {
    let mut calendars = vec![Choice::new("", "None")];
    let all = subject.ground.calendars.iter();
    calendars.extend(all.map(|calendar| Choice::new(&calendar.id.to_string(), &calendar.name)));
    let zone = entry.text("TimeZoneId");
    card(
        "When",
        html! {},
        html! {
            (field::text("StartProcessCron", "Cron expression").value(entry.text("StartProcessCron")).required().error_in(errors)
                .hint("Second, minute, hour, day of month, month, day of week: 0 0 9 ? * MON-FRI is at nine on working days, 0 0/15 * ? * * every quarter of an hour, 0 0 18 L * ? on the last day of each month."))
            (field::select("TimeZoneId", "Time zone", zone_choices(zone, None)).value(zone).error_in(errors))
            (field::select("CalendarId", "Non-working days", calendars).value(entry.text("CalendarId")).error_in(errors)
                .hint("On days of this calendar nothing is started."))
            (field::number("StartStrategy", "Jobs of a firing").range(1, i64::from(MOST_JOBS)).value(entry.text("StartStrategy")).required().error_in(errors))
            (field::moment("StopProcessDate", "Disable at").value(entry.text("StopProcessDate")).hint("In UTC. Empty: never.").error_in(errors))
        },
    )
}

fn of_queue(subject: &Subject, entry: &Entry, errors: &Errors) -> Markup {
    let mut queues = vec![Choice::new("", "Choose a queue")];
    queues.extend(
        subject
            .queues
            .iter()
            .map(|(id, name)| Choice::new(&id.to_string(), name)),
    );
    let most = i64::from(MOST_JOBS);
    let zone = entry.text("TimeZoneId");
    card(
        "When items wait",
        html! {},
        html! {
            (field::select("QueueDefinitionId", "Queue", queues).value(entry.text("QueueDefinitionId")).required().error_in(errors))
            (field::number("ItemsActivationThreshold", "Items for the first job").range(1, most)
                .value(entry.text("ItemsActivationThreshold")).required().error_in(errors))
            (field::number("ItemsPerJobActivationTarget", "Items for each further job").range(1, most)
                .value(entry.text("ItemsPerJobActivationTarget")).required().error_in(errors))
            (field::number("MaxJobsForActivation", "Jobs at the same time, at most").range(1, most)
                .value(entry.text("MaxJobsForActivation")).required().error_in(errors))
            (field::toggle("ActivateOnJobComplete", "Look again when a job ends").on(entry.is_on("ActivateOnJobComplete"))
                .hint("Otherwise when items are added, and every 30 minutes."))
            (field::select("TimeZoneId", "Time zone", zone_choices(zone, None)).value(zone).error_in(errors))
            (field::moment("StopProcessDate", "Disable at").value(entry.text("StopProcessDate")).hint("In UTC. Empty: never.").error_in(errors))
        },
    )
}

//! The form of a new or existing API trigger. `GET` and `POST …/triggers/api/new`, `…/triggers/api/{key}`

use access::console::{Errors, csrf, mendable};
use access::sealing::Sealer;
use context::{Error, codes};
use execution::arguments;
use http::Method;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use store::{Scoped, Tenant};
use ui::field::{self, Choice};
use ui::{Form, card, link_button};
use uuid::Uuid;
use web::page::field as posted;
use web::{Folder, FolderRef, Operation, Request, Response, page};

use super::controls::{Entry, Members};
use super::form::choose_process;
use super::ground::{self, Ground};
use super::{ACTIVE, calls_path, list_path, status_of};
use crate::codes as own;
use crate::http_triggers::input::{HttpTriggerInput, LONGEST_SLUG};
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;
use crate::schedules::input::{LONGEST_DESCRIPTION, LONGEST_NAME, MOST_JOBS};

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers/api/new";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/triggers/api/{key}";

/// When jobs are ended, killed, and told of as waiting or running too long.
const SECONDS: [&str; 4] = [
    "StopJobAfterSeconds",
    "KillJobAfterSeconds",
    "AlertPendingJobAfterSeconds",
    "AlertRunningJobAfterSeconds",
];

const MEMBERS: Members = Members {
    texts: &[
        "Name",
        "Description",
        "Slug",
        "Method",
        "CallingMode",
        "SuccessCallbackUrl",
        "FailureCallbackUrl",
        "CallbackMode",
        "RuntimeType",
        "StopStrategy",
    ],
    numbers: &[
        "JobCount",
        "JobPriority",
        "StopJobAfterSeconds",
        "KillJobAfterSeconds",
        "AlertPendingJobAfterSeconds",
        "AlertRunningJobAfterSeconds",
        "ConsecutiveJobFailuresThreshold",
        "JobFailuresGracePeriodInHours",
    ],
    switches: &[
        "Enabled",
        "RunAsMe",
        "RunAsCaller",
        "ResumeOnSameContext",
        "AllowInsecureSsl",
    ],
    moments: &[],
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
            "Console_NewApiTrigger",
            create,
            "The form for a new API trigger.",
        )
        .handler(show),
        page(
            Method::POST,
            NEW,
            "Console_CreateApiTrigger",
            create,
            "Makes an API trigger.",
        )
        .takes_form()
        .handler(save),
        page(
            Method::GET,
            ONE,
            "Console_ApiTrigger",
            edit,
            "The form of an API trigger.",
        )
        .handler(show),
        page(
            Method::POST,
            ONE,
            "Console_SaveApiTrigger",
            edit,
            "Changes an API trigger.",
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
    key: Option<Uuid>,
}

impl Subject {
    fn new(scope: &mut Scoped<'_, Tenant>, folder: &FolderRef, process: i64) -> Result<Self, Error> {
        let ground = Ground::read(scope, folder.id, process, None)?;
        let body = json!({
            "Name": ground.release.name, "Enabled": true, "Method": "Post", "CallingMode": "LongPolling", "CallbackMode": "Disabled",
            "JobCount": 1, "StopStrategy": "SoftStop",
        });
        Ok(Self {
            ground,
            body,
            key: None,
        })
    }

    fn existing(scope: &mut Scoped<'_, Tenant>, folder: &FolderRef, key: Uuid) -> Result<Self, Error> {
        let found = scope
            .get::<HttpTrigger>(key)?
            .filter(|trigger| trigger.folder_id == folder.id);
        let trigger = found.ok_or_else(|| service::no_such(key))?;
        let ground = Ground::read(scope, folder.id, trigger.release_id, trigger.entry_point.as_deref())?;
        Ok(Self {
            ground,
            body: service::to_value(&trigger, folder),
            key: Some(key),
        })
    }

    /// What the form says, as a request would. An empty secret leaves what is stored, as it is never shown.
    fn input(&self, entry: &Entry, secret: &str) -> Result<HttpTriggerInput, Errors> {
        let mut body = entry.over(&MEMBERS, self.body.clone(), &self.ground.signature)?;
        body["ReleaseKey"] = json!(self.ground.release.key);
        body["Secret"] = if secret.is_empty() { Value::Null } else { json!(secret) };
        if body["StopJobAfterSeconds"].is_null() {
            body["StopStrategy"] = Value::Null;
        }
        if body["CallingMode"] != "AsyncCallback" {
            body["CallbackMode"] = json!("Disabled");
            body["SuccessCallbackUrl"] = Value::Null;
            body["FailureCallbackUrl"] = Value::Null;
        }
        web::bind(body).map_err(|error| by_control(error).unwrap_or_default())
    }
}

fn by_control(error: Error) -> Result<Errors, Error> {
    let control = match error.code {
        codes::NAME_ALREADY_USED => "Name",
        own::CALLBACK_IS_REQUIRED | own::CALLBACK_NOT_ENABLED_FOR_TRIGGER => "CallbackMode",
        _ => return mendable(error),
    };
    Ok(vec![(control.to_owned(), error.message)])
}

async fn subject(request: &Request) -> Result<Option<Subject>, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.clone());
    let process = request
        .parameter("process")
        .and_then(|text| text.trim().parse::<i64>().ok());
    let key = request.guid("key").ok();
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        match (key, process) {
            (Some(key), _) => Subject::existing(&mut scope, &folder, key).map(Some),
            (None, Some(process)) => Subject::new(&mut scope, &folder, process).map(Some),
            (None, None) => Ok(None),
        }
    });
    work.await
}

async fn show(request: Request) -> Result<Response, Error> {
    if let Some(subject) = subject(&request).await? {
        let mut entry = Entry::of(&MEMBERS, &subject.body, &subject.ground.signature);
        ground::default_strategy(&mut entry);
        return render(&request, &subject, &entry, &Errors::new(), 200).await;
    }
    let (tenant, folder, list) = (request.tenant()?.id, request.folder()?.id, calls_path(&request)?);
    let processes = request
        .store()
        .read(move |tx| ground::processes(&mut tx.tenant(tenant), folder))
        .await?;
    let content = choose_process("Add API trigger", &list, &format!("{list}/new"), "api", &processes);
    page::render(&request, "Add API trigger", ACTIVE, content).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let subject = subject(&request)
        .await?
        .ok_or_else(|| Error::field("process", "Choose a process."))?;
    let form = request.form();
    let entry = Entry::posted(&MEMBERS, &form);
    let input = match subject.input(&entry, posted(&form, "Secret")) {
        Ok(input) => input,
        Err(errors) => return render(&request, &subject, &entry, &errors, 400).await,
    };
    match store(&request, subject.key, input).await {
        Ok(()) => page::done(
            &calls_path(&request)?,
            &format!("Trigger “{}” was saved.", entry.text("Name")),
        ),
        Err(error) => {
            let status = status_of(&error);
            render(&request, &subject, &entry, &by_control(error)?, status).await
        }
    }
}

/// Changes a trigger, or makes a new one.
async fn store(request: &Request, key: Option<Uuid>, input: HttpTriggerInput) -> Result<(), Error> {
    let draft = input.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.clone(), request.ctx.clone());
    let sealer = Sealer::of(request).await?;
    let work = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        match key {
            Some(key) => service::replace(&mut scope, &ctx, &sealer, &folder, key, &draft),
            None => service::create(&mut scope, &ctx, &sealer, &folder, &draft).map(|_| ()),
        }
    });
    work.await
}

async fn render(
    request: &Request,
    subject: &Subject,
    entry: &Entry,
    errors: &Errors,
    status: u16,
) -> Result<Response, Error> {
    let list = calls_path(request)?;
    let action = match subject.key {
        Some(key) => format!("{list}/{key}"),
        None => format!("{list}/new?process={}", subject.ground.release.id),
    };
    let title = match subject.key {
        Some(_) => subject.body["Name"].as_str().unwrap_or_default(),
        None => "Add API trigger",
    };
    let history = list_path(request)?;
    let content = html! {
        (ui::page_header(title, "", html! {
            @if let Some(key) = subject.key { (link_button("History", &format!("{history}/{key}/history"))) }
        }))
        (ui::stack(html! {
            (subject.ground.process(request, &format!("{list}/new"))?)
            @if subject.key.is_some() { (ui::definitions(&[("Address", ui::copyable(&address(request, subject)?))])) }
            (Form::new(csrf(request), &action).errors(errors).cancel(&list)
                .submit(if subject.key.is_some() { "Save" } else { "Create" })
                .render(fields(subject, entry, errors)))
        }))
    };
    page::render_with(request, status, title, ACTIVE, content).await
}

/// What is called (reference: execution 8.7).
fn address(request: &Request, subject: &Subject) -> Result<String, Error> {
    let (org, tenant) = (request.text("org")?, request.text("tenant")?);
    let slug = subject.body["Slug"].as_str().unwrap_or_default();
    let folder = request.folder()?.key;
    Ok(format!(
        "{}/{}/{}/orchestrator_/t/{folder}/{slug}",
        request.origin,
        access::segment(&org),
        access::segment(&tenant)
    ))
}

fn fields(subject: &Subject, entry: &Entry, errors: &Errors) -> Markup {
    let several = subject.body["MachineRobots"].as_array().map_or(0, Vec::len);
    let methods = ["Get", "Post", "Put", "Delete"].map(|name| Choice::new(name, &name.to_uppercase()));
    let modes = [
        ("AsyncRequestReply", "At once, with an address to ask for the result"),
        ("LongPolling", "When the job has ended, with its result"),
        (
            "AsyncCallback",
            "At once, and the result is sent to an address of yours",
        ),
        ("FireAndForget", "At once, and nobody asks for the result"),
    ]
    .map(|(name, label)| Choice::new(name, label));
    let callbacks = [
        ("OnAny", "However it ended"),
        ("OnSuccess", "When it was successful"),
        ("OnFailure", "When it failed"),
        ("Disabled", "Never"),
    ]
    .map(|(name, label)| Choice::new(name, label));
    let calls_back = "AsyncCallback";
    html! {
        (field::text("Name", "Name").value(entry.text("Name")).required().max(LONGEST_NAME).error_in(errors))
        (field::textarea("Description", "Description", 2).value(entry.text("Description")).max(LONGEST_DESCRIPTION).error_in(errors))
        (field::toggle("Enabled", "Enabled").on(entry.is_on("Enabled")).hint("A disabled trigger answers 404."))
        (card("Call", html! {}, html! {
            (field::select("Method", "Method", methods.to_vec()).value(entry.text("Method")).error_in(errors))
            (field::text("Slug", "Last part of the address").value(entry.text("Slug")).max(LONGEST_SLUG).error_in(errors)
                .hint("Letters, digits and - _ . ~. Empty: made of the name of the process."))
            (field::select("CallingMode", "It is answered", modes.to_vec()).value(entry.text("CallingMode")).error_in(errors))
            (field::select("CallbackMode", "The result is sent", callbacks.to_vec()).value(entry.text("CallbackMode"))
                .show_when("CallingMode", calls_back).error_in(errors))
            (field::url("SuccessCallbackUrl", "After a success to").value(entry.text("SuccessCallbackUrl"))
                .show_when("CallingMode", calls_back).error_in(errors))
            (field::url("FailureCallbackUrl", "After a failure to").value(entry.text("FailureCallbackUrl"))
                .show_when("CallingMode", calls_back).error_in(errors))
            (field::password("Secret", "Secret that results are signed with").autocomplete("off")
                .hint("It is not shown again. Empty: it stays as it is.").show_when("CallingMode", calls_back).error_in(errors))
            (field::toggle("AllowInsecureSsl", "Send to addresses whose certificate cannot be checked").on(entry.is_on("AllowInsecureSsl"))
                .show_when("CallingMode", calls_back))
        }))
        (card("Arguments", html! {}, html! {
            p.hint { "What a call does not give. An empty field takes what the process says." }
            (arguments::form::render(&subject.ground.signature, &entry.arguments, &Map::new(), errors))
        }))
        (card("Execution", html! {}, html! {
            (field::number("JobCount", "Jobs of a call").range(1, i64::from(MOST_JOBS)).value(entry.text("JobCount")).required().error_in(errors))
            (subject.ground.execution(entry, several, "JobPriority", errors))
            (field::toggle("RunAsCaller", "Run under the account that calls").on(entry.is_on("RunAsCaller")).error_in(errors)
                .hint("It needs an unattended robot in this folder."))
        }))
        (ground::ending(entry, SECONDS, errors))
        (field::tokens("Tags", "Tags").values(entry.tags()).hint("A label, or a property written as name=value.").max(513).error_in(errors))
    }
}

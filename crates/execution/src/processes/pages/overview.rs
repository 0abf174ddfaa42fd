//! A process: what it is set to, the versions it had, and those it can have. `GET …/processes/{id}`

use access::console::csrf;
use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use packages::model::PackageVersion;
use packages::service as shelf;
use serde_json::Value;
use store::{Entity as _, params};
use ui::{Form, MenuItem, Tone, chip, copyable, definitions, muted};
use web::{Folder, Operation, Request, Response, page};

use super::list::{question, version};
use super::{ACTIVE, asked, list_path, may, priority, tree};
use crate::arguments::Signature;
use crate::processes::model::{Release, ReleaseVersion};
use crate::processes::read;
use crate::processes::service::By;

const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}";
/// Versions that are offered, and entries of the history that are shown.
const MOST: u64 = 100;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, ONE, "Console_Process")
            .permission("Processes.View")
            .folder(Folder::Required)
            .summary("A process, its versions and its settings.")
            .handler(handle),
    ]
}

/// Tabs of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Settings,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, id, asked, tree) = (
        request.tenant()?.id,
        request.integer("id")?,
        asked(&request)?,
        tree(&request).await?,
    );
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let release = asked.find_to_read(&mut scope, By::Id(id))?;
        let history = format!("release_id = ? order by id desc limit {MOST}");
        let history = scope.find::<ReleaseVersion>(&history, params![id])?;
        let versions = shelf::versions_of(&mut scope, release.feed_id, &release.package_id, MOST)?;
        let query = odata::Query::new(Release::model());
        let shown = read::whole(&mut scope, &tree, release, &query)?;
        Ok::<_, Error>((shown, history, versions))
    });
    let (process, history, versions) = work.await?;
    let edit = may(&request, "Processes.Edit")?;
    let path = format!("{}/{id}", list_path(&request)?);
    let content = html! {
        (head(&request, &process, Tab::Overview)?)
        (ui::card("Process", html! {}, settings(&process)))
        (ui::card("Arguments", html! {}, arguments(&process)))
        (ui::card("Versions", html! {}, html! {
            @if edit && process["AutoUpdate"] != true && !versions.is_empty() {
                (chooser(csrf(&request), &path, &process, &versions))
            }
            (past(&history))
        }))
    };
    let title = process["Name"].as_str().unwrap_or_default().to_owned();
    page::render(&request, &title, ACTIVE, content).await
}

/// What stands above every page of one process.
pub fn head(request: &Request, process: &Value, tab: Tab) -> Result<Markup, Error> {
    let id = process["Id"].as_i64().unwrap_or_default();
    let path = format!("{}/{id}", list_path(request)?);
    let text = |member: &str| process[member].as_str().unwrap_or_default();
    let (edit, delete, csrf) = (
        may(request, "Processes.Edit")?,
        may(request, "Processes.Delete")?,
        csrf(request),
    );
    let managed = process["AutoUpdate"] == true;
    let mut menu = Vec::new();
    if edit && !managed {
        menu.push(MenuItem::post(
            "Roll back",
            "refresh",
            &format!("{path}/rollback"),
            csrf,
        ));
    }
    if delete {
        menu.push(MenuItem::delete(
            "Delete",
            &format!("{path}/delete"),
            csrf,
            question(text("Name")),
        ));
    }
    let upgrade = edit && !managed && process["IsLatestVersion"] == false && process["IsProcessDeleted"] == false;
    let (jobs, start) = (
        crate::jobs::pages::list_path(request)?,
        may(request, "Jobs.View and Jobs.Create")?,
    );
    let actions = html! {
        @if may(request, "Jobs.View")? { (ui::link_button("Jobs", &format!("{jobs}?process={id}")).icon("job")) }
        @if start { (ui::link_button("Start a job", &format!("{jobs}/new?process={id}")).primary().icon("play")) }
        @if upgrade {
            (Form::new(csrf, &format!("{path}/upgrade")).unguarded().submit("Upgrade to latest").render(html! {}))
        }
        @if !menu.is_empty() { (ui::row_menu("process-menu", text("Name"), &menu)) }
    };
    let settings = format!("{path}/edit");
    let mut tabs = vec![("Overview", path.as_str(), tab == Tab::Overview)];
    if edit {
        tabs.push(("Settings", settings.as_str(), tab == Tab::Settings));
    }
    Ok(html! {
        (ui::page_header(text("Name"), text("Description"), actions))
        (ui::link_tabs("Process", &tabs))
    })
}

fn settings(process: &Value) -> Markup {
    let text = |member: &str| process[member].as_str().unwrap_or_default();
    let is = |member: &str| process[member].as_bool().unwrap_or(false);
    let yes_no = |on: bool| html! { @if on { "Yes" } @else { (muted("No")) } };
    let kept = |action: &str, period: &str| match text(action) {
        "None" => "Without end".to_owned(),
        _ => format!("{} days, then deleted", process[period].as_i64().unwrap_or_default()),
    };
    let value = process["SpecificPriorityValue"].as_i64().unwrap_or_default();
    let tags = tags::labels(process);
    let recording = process["ProcessSettings"]["ErrorRecordingEnabled"] == true;
    definitions(&[
        ("Package", html! { (text("ProcessKey")) }),
        ("Version", version(process)),
        (
            "Entry point",
            html! { @if text("EntryPointPath").is_empty() { (muted("Main")) } @else { (text("EntryPointPath")) } },
        ),
        (
            "Type",
            html! { (text("ProcessType")) " " (chip(text("TargetFramework"), Tone::Neutral)) },
        ),
        ("Needs a desktop", yes_no(is("RequiresUserInteraction"))),
        (
            "Job priority",
            html! { (priority(i32::try_from(value).unwrap_or_default())) },
        ),
        ("Follows the package", yes_no(is("AutoUpdate"))),
        ("Records errors", yes_no(recording)),
        ("Live streaming", html! { (text("RemoteControlAccess")) }),
        (
            "Finished jobs are kept",
            html! { (kept("RetentionAction", "RetentionPeriod")) },
        ),
        (
            "Jobs that never end are kept",
            html! { (kept("StaleRetentionAction", "StaleRetentionPeriod")) },
        ),
        (
            "Tags",
            html! { @if tags.is_empty() { (muted("–")) } @else { (ui::chips(&tags, 20)) } },
        ),
        ("Key", copyable(text("Key"))),
        ("Created", ui::time(text("CreationTime"))),
    ])
}

fn arguments(process: &Value) -> Markup {
    let signature = Signature::read(process["Arguments"]["Input"].as_str());
    let defaults: Value = process["InputArguments"]
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    html! {
        @if signature.arguments().is_empty() && !defaults.is_object() {
            p.muted { "The package names no arguments." }
        } @else {
            dl {
                @for argument in signature.arguments() {
                    dt { code { (argument.name) } @if argument.required { " " (chip("Needed", Tone::Info)) } }
                    dd {
                        @match defaults.get(&argument.name) {
                            Some(value) => code { (context::shortened(&value.to_string(), 200)) },
                            None => (muted("No default")),
                        }
                    }
                }
                @for (name, value) in defaults.as_object().into_iter().flatten() {
                    @if !signature.arguments().iter().any(|argument| argument.name == *name) {
                        dt { code { (name) } }
                        dd { code { (context::shortened(&value.to_string(), 200)) } }
                    }
                }
            }
        }
    }
}

fn chooser(csrf: &str, path: &str, process: &Value, versions: &[PackageVersion]) -> Markup {
    let current = process["ProcessVersion"].as_str().unwrap_or_default();
    let choices = versions
        .iter()
        .map(|version| {
            let mark = if version.latest == 1 { " (latest)" } else { "" };
            ui::field::Choice::new(&version.version, &format!("{}{mark}", version.version))
        })
        .collect();
    Form::new(csrf, &format!("{path}/version"))
        .unguarded()
        .submit("Use this version")
        .render(html! { (ui::field::select("version", "Package version", choices).value(current)) })
}

fn past(history: &[ReleaseVersion]) -> Markup {
    html! {
        ol.plain {
            @for entry in history {
                li { (entry.package_version) " " span.muted { "since " (ui::time(&entry.created_at.to_string())) } }
            }
        }
    }
}

//! A new process: first its package, then the version and the entry point, then everything else.
//! `GET` and `POST …/processes/new`

use access::Permit;
use access::console::{Errors, csrf, mendable};
use access::folders::service::{By as FolderBy, find_to_read};
use context::Error;
use http::Method;
use maud::{Markup, html};
use packages::model::{EntryPoint, PackageVersion};
use packages::service as shelf;
use serde_json::json;
use ui::field::{self, Choice};
use ui::{Form, Grid, GridQuery, Row, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::editor::{self, Entry};
use super::{ACTIVE, list_path};
use crate::arguments::Signature;
use crate::processes::input::ReleaseInput;
use crate::processes::model::ProcessSettings;
use crate::processes::package::feed_of;
use crate::processes::{input, package, service};

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/processes/new";
/// Versions to choose from.
const MOST_VERSIONS: u64 = 200;
/// Room for descriptions, arguments and variables, each character as escaped bytes.
const LARGEST_FORM: usize = 1 << 20;

pub fn operations() -> Vec<Operation> {
    let page = |method, id, summary| {
        Operation::page(method, NEW, id)
            .permission("Processes.Create")
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            "Console_NewProcess",
            "Choosing a package, its version and entry point, and the form for a new process.",
        )
        .handler(show),
        page(Method::POST, "Console_CreateProcess", "Makes a process.")
            .takes_form()
            .body_limit(LARGEST_FORM)
            .handler(create),
    ]
}

/// What was chosen so far.
struct Chosen {
    versions: Vec<PackageVersion>,
    version: PackageVersion,
    entries: Vec<EntryPoint>,
    entry: Option<EntryPoint>,
    /// The path that was asked for; empty for the main one.
    path: String,
}

impl Chosen {
    fn signature(&self) -> Signature {
        Signature::read(match &self.entry {
            Some(entry) => entry.input.as_deref(),
            None => self.version.input.as_deref(),
        })
    }
}

async fn show(request: Request) -> Result<Response, Error> {
    let Some(package) = request.parameter("package").map(str::to_owned) else {
        return choose_package(&request).await;
    };
    let version = request.parameter("version").unwrap_or_default().to_owned();
    let path = request.parameter("entry").unwrap_or_default().to_owned();
    let chosen = choose(&request, package, version, path).await?;
    let entry = Entry::empty(
        &chosen.version.package_id,
        chosen.version.description.as_deref().unwrap_or_default(),
    );
    render(&request, &chosen, &entry, &Errors::new(), None).await
}

/// The first step: the packages of the folder's feed.
async fn choose_package(request: &Request) -> Result<Response, Error> {
    let base = format!("{}/new", list_path(request)?);
    let state = GridQuery::parse(&base, request.parts.uri.query().unwrap_or_default());
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (text, skip, top) = (state.search.clone(), state.skip(), state.size);
    let mut found = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let place = find_to_read(&mut scope, &Permit::everything(), FolderBy::Id(folder))?;
            let feed = feed_of(&mut scope, &place)?;
            shelf::offered(&mut scope, feed, &text, skip, top + 1)
        })
        .await?;
    let more = found.len() as u64 > state.size;
    found.truncate(usize::try_from(state.size).unwrap_or(usize::MAX));
    let row = |version: &PackageVersion| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("package", &version.package_id)
            .finish();
        Row::new(&version.id.to_string(), &version.package_id)
            .link(&version.package_id, &format!("{base}?{query}"))
            .cell(version.version.as_str())
            .cell(version.package_type.to_string())
            .cell(html! { (context::shortened(version.description.as_deref().unwrap_or_default(), 100)) })
    };
    let grid = Grid::new("packages", "Packages", &state)
        .search("Package")
        .column("Package")
        .column("Latest version")
        .column("Type")
        .optional()
        .column("Description")
        .optional()
        .rows(found.iter().map(row))
        .more(more)
        .empty(ui::empty_state(
            "process",
            "No packages in the feed of this folder",
            "Upload a package first; then it can be deployed here.",
            html! {},
        ));
    let content = html! {
        (ui::page_header("Add process", "Choose the package that the process runs.", html! {
            (link_button("Cancel", &list_path(request)?))
        }))
        (grid.render())
    };
    page::render(request, "Add process", ACTIVE, content).await
}

async fn choose(request: &Request, package: String, version: String, path: String) -> Result<Chosen, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let place = find_to_read(&mut scope, &Permit::everything(), FolderBy::Id(folder))?;
        let feed = feed_of(&mut scope, &place)?;
        let versions = shelf::versions_of(&mut scope, feed, &package, MOST_VERSIONS)?;
        let wanted = versions
            .iter()
            .find(|known| known.version == version)
            .or(versions.first());
        let version = wanted.cloned().ok_or_else(|| Error::not_found("Package", &package))?;
        let entries = shelf::entry_points(&mut scope, version.id)?;
        let named = match path.as_str() {
            "" => input::Entry::Main,
            path => input::Entry::Path(path.to_owned()),
        };
        // An entry point of another version gives way to the main one.
        let (entry, path) = match package::enter(&mut scope, version.clone(), &named) {
            Ok(deployed) => (deployed.entry, deployed.path.unwrap_or_default()),
            Err(_) => (entries.iter().find(|entry| entry.is_main).cloned(), String::new()),
        };
        Ok::<_, Error>(Chosen {
            versions,
            version,
            entries,
            entry,
            path,
        })
    });
    work.await
}

async fn create(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let text = |name: &str| page::field(&form, name).to_owned();
    let chosen = choose(&request, text("package"), text("version"), text("entry")).await?;
    let entry = Entry::posted(&form);
    match write(&request, &chosen, &entry).await {
        Ok(Ok(id)) => page::done(
            &format!("{}/{id}", list_path(&request)?),
            &format!("Process “{}” was added.", entry.name()),
        ),
        Ok(Err(errors)) => render(&request, &chosen, &entry, &errors, Some(400)).await,
        Err(error) => {
            let status = super::status_of(Some(&error));
            let errors = mendable(error)?;
            render(&request, &chosen, &entry, &errors, Some(status)).await
        }
    }
}

async fn write(request: &Request, chosen: &Chosen, entry: &Entry) -> Result<Result<i64, Errors>, Error> {
    let mut body = match entry.to_body(&chosen.signature(), &ProcessSettings::default()) {
        Ok(body) => body,
        Err(errors) => return Ok(Err(errors)),
    };
    body["ProcessKey"] = json!(chosen.version.package_id);
    body["ProcessVersion"] = json!(chosen.version.version);
    if !chosen.path.is_empty() {
        body["EntryPointPath"] = json!(chosen.path);
    }
    let draft = ReleaseInput::read(body)?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let permit = Permit::of(request);
    let made = request
        .store()
        .write(move |tx| service::create(&mut tx.tenant(tenant), &ctx, &permit, folder, &draft));
    made.await.map(Ok)
}

async fn render(
    request: &Request,
    chosen: &Chosen,
    entry: &Entry,
    errors: &Errors,
    status: Option<u16>,
) -> Result<Response, Error> {
    let base = list_path(request)?;
    let signature = chosen.signature();
    let form = Form::new(csrf(request), &format!("{base}/new"))
        .errors(errors)
        .submit("Create")
        .cancel(&base);
    let content = html! {
        (ui::page_header("Add process", &chosen.version.package_id, html! {
            (link_button("Choose another package", &format!("{base}/new")).icon("left"))
        }))
        (chooser(&base, chosen))
        (form.render(html! {
            (field::hidden("package", &chosen.version.package_id))
            (field::hidden("version", &chosen.version.version))
            (field::hidden("entry", &chosen.path))
            (editor::render(entry, &signature, errors))
        }))
    };
    page::render_with(request, status.unwrap_or(200), "Add process", ACTIVE, content).await
}

/// Version and entry point; another choice loads the page again, as the arguments may be others.
fn chooser(base: &str, chosen: &Chosen) -> Markup {
    let latest = |version: &PackageVersion| if version.latest == 1 { " (latest)" } else { "" };
    let versions = chosen.versions.iter();
    let versions = versions
        .map(|version| Choice::new(&version.version, &format!("{}{}", version.version, latest(version))))
        .collect();
    let mut entries = vec![Choice::new("", "Main")];
    entries.extend(chosen.entries.iter().map(|entry| Choice::new(&entry.path, &entry.path)));
    html! {
        (ui::card("Package", html! {}, html! {
            form.form method="get" action={ (base) "/new" } {
                (field::hidden("package", &chosen.version.package_id))
                (field::select("version", "Package version", versions).value(&chosen.version.version))
                @if chosen.entries.len() > 1 {
                    (field::select("entry", "Entry point", entries).value(&chosen.path))
                }
                div.form-actions { (ui::button("Use this version")) }
            }
            @if chosen.entries.len() < 2 {
                p { (muted("Entry point: ")) (chosen.version.main_entry_point.as_deref().unwrap_or("the only one")) }
            }
        }))
    }
}

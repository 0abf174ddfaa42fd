//! The processes of a folder.

use access::console::{Asked, csrf, quoted, tenant_path};
use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::Entity as _;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, Tone, button, chip, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, LIST, api_folder, list_path, may, priority, tree};
use crate::processes::model::Release;
use crate::processes::read;

/// Columns that the list can be sorted by.
const SORTED: [&str; 4] = ["Name", "ProcessKey", "SpecificPriorityValue", "LastModificationTime"];

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, LIST, "Console_Processes")
            .permission("Processes.View")
            .folder(Folder::Required)
            .summary("The processes of a folder.")
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = GridQuery::parse(&list_path(&request)?, request.parts.uri.query().unwrap_or_default());
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        let text = quoted(&state.search);
        filters.push(format!("(contains(Name,{text}) or contains(ProcessKey,{text}))"));
    }
    let asked = Asked::new(Release::model(), &state, &filters, &SORTED, "Name asc", request.ctx.now)?;
    let (tenant, folder, tree) = (request.tenant()?.id, request.folder()?.id, tree(&request).await?);
    let query = asked.query.clone();
    let found = request
        .store()
        .read(move |tx| read::in_folder(&mut tx.tenant(tenant), &tree, folder, &query))
        .await?;
    let content = render(&request, &state, &asked.options, &found.items, found.count.unwrap_or(0))?;
    page::render(&request, "Processes", ACTIVE, content).await
}

/// What the visitor may do in the folder.
#[derive(Clone, Copy)]
struct Rights<'a> {
    edit: bool,
    delete: bool,
    /// Starting jobs and seeing them, below the address `jobs`.
    start: bool,
    see_jobs: bool,
    jobs: &'a str,
}

fn render(
    request: &Request,
    state: &GridQuery,
    options: &str,
    processes: &[Value],
    total: u64,
) -> Result<Markup, Error> {
    let (above, base, csrf) = (tenant_path(request)?, list_path(request)?, csrf(request));
    let create = may(request, "Processes.Create")?;
    let jobs = crate::jobs::pages::list_path(request)?;
    let rights = Rights {
        start: may(request, "Jobs.View and Jobs.Create")?,
        see_jobs: may(request, "Jobs.View")?,
        jobs: &jobs,
        edit: may(request, "Processes.Edit")?,
        delete: may(request, "Processes.Delete")?,
    };
    let mut grid = Grid::new("processes", "Processes", state)
        .search("Name or package")
        .sorted("Name", "Name")
        .sorted("Package", "ProcessKey")
        .column("Version")
        .column("Type")
        .optional()
        .column("Entry point")
        .optional()
        .sorted("Priority", "SpecificPriorityValue")
        .optional()
        .sorted("Changed", "LastModificationTime")
        .optional()
        .rows(
            processes
                .iter()
                .map(|process| row(&above, &base, csrf, process, rights)),
        )
        .total(total)
        .empty(ui::empty_state(
            "process",
            "No processes in this folder",
            "A process is a version of a package that can be started here, with defaults for its jobs.",
            html! { @if create { (link_button("Add process", &format!("{base}/new")).primary()) } },
        ))
        .api("GET", &format!("/odata/Releases?{options}"));
    let mut bulk = Vec::new();
    if rights.edit {
        bulk.push(
            button("Upgrade to latest")
                .small()
                .icon("up-arrow")
                .action(&format!("{base}/upgrade")),
        );
    }
    if rights.delete {
        let confirm = Confirm::new(
            "Delete the selected processes?",
            "Their finished jobs stay as long as each process said. Processes with jobs that wait or run are not deleted.",
            "Delete",
        );
        bulk.push(
            button("Delete")
                .danger()
                .small()
                .icon("trash")
                .action(&format!("{base}/delete"))
                .confirm(confirm),
        );
    }
    if !bulk.is_empty() {
        grid = grid.bulk(csrf, &format!("{base}/upgrade"), bulk);
    }
    let lead = format!("Packages that can be started in {}.", request.folder()?.path);
    let actions = html! {
        @if create { (link_button("Add process", &format!("{base}/new")).primary().icon("plus")) }
    };
    Ok(html! {
        (ui::page_header("Processes", &lead, actions))
        (grid.render())
        (api_folder(request)?)
    })
}

/// `above` is the address of the tenant, `base` that of the list.
fn row(above: &str, base: &str, csrf: &str, process: &Value, rights: Rights<'_>) -> Row {
    let id = process["Id"].as_i64().unwrap_or_default();
    let text = |member: &str| process[member].as_str().unwrap_or_default();
    let path = format!("{base}/{id}");
    let tags = tags::labels(process);
    let first = html! {
        div.wide-cell {
            a.row-link href=(path) { (text("Name")) }
            @if !text("Description").is_empty() { p.muted { (context::shortened(text("Description"), 80)) } }
            @if !tags.is_empty() { " " (ui::chips(&tags, 3)) }
        }
    };
    let value = process["SpecificPriorityValue"].as_i64().unwrap_or_default();
    Row::new(&id.to_string(), text("Name"))
        .cell(first)
        .cell(text("ProcessKey"))
        .cell(version(process))
        .cell(text("ProcessType"))
        .cell(html! { @if text("EntryPointPath").is_empty() { (muted("Main")) } @else { (text("EntryPointPath")) } })
        .cell(priority(i32::try_from(value).unwrap_or_default()))
        .cell(match process["LastModificationTime"].as_str() {
            Some(at) => ui::time(at),
            None => ui::time(text("CreationTime")),
        })
        .menu(menu(above, &path, csrf, process, rights))
}

/// The version of a process, and whether there is a newer one.
pub fn version(process: &Value) -> Markup {
    html! {
        (process["ProcessVersion"].as_str().unwrap_or_default())
        @if process["IsProcessDeleted"] == true { " " (chip("Deleted", Tone::Danger)) }
        @else if process["IsLatestVersion"] == false { " " (chip("Update available", Tone::Info)) }
        @if process["AutoUpdate"] == true { " " (chip("Follows", Tone::Neutral)) }
    }
}

fn menu(above: &str, path: &str, csrf: &str, process: &Value, rights: Rights<'_>) -> Vec<MenuItem> {
    let name = process["Name"].as_str().unwrap_or_default();
    let id = process["Id"].as_i64().unwrap_or_default();
    let mut menu = Vec::new();
    if rights.start {
        menu.push(MenuItem::link(
            "Start a job",
            "play",
            &format!("{}/new?process={id}", rights.jobs),
        ));
    }
    if rights.see_jobs {
        menu.push(MenuItem::link(
            "View jobs",
            "job",
            &format!("{}?process={id}", rights.jobs),
        ));
    }
    menu.push(MenuItem::link("Versions", "list", path));
    let managed = process["AutoUpdate"] == true;
    if rights.edit {
        menu.push(MenuItem::link("Edit", "edit", &format!("{path}/edit")));
        if !managed {
            if process["IsLatestVersion"] == false {
                menu.push(MenuItem::post(
                    "Upgrade to latest",
                    "up-arrow",
                    &format!("{path}/upgrade"),
                    csrf,
                ));
            }
            menu.push(MenuItem::post(
                "Roll back",
                "refresh",
                &format!("{path}/rollback"),
                csrf,
            ));
        }
    }
    menu.push(MenuItem::copy("Copy key", process["Key"].as_str().unwrap_or_default()));
    let mut audit = form_urlencoded::Serializer::new(String::new());
    audit.append_pair("component", "Processes").append_pair("q", name);
    menu.push(MenuItem::link(
        "Audit",
        "audit",
        &format!("{above}/audit?{}", audit.finish()),
    ));
    if rights.delete {
        menu.push(MenuItem::delete(
            "Delete",
            &format!("{path}/delete"),
            csrf,
            question(name),
        ));
    }
    menu
}

/// What is asked before a process is deleted.
pub fn question(name: &str) -> Confirm {
    Confirm::delete(name).explain("Its finished jobs stay as long as it said. This cannot be undone.")
}

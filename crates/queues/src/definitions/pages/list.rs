//! The queues of a folder.

use std::collections::HashMap;

use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::Entity as _;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, Tone, button, chip, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::figures::{in_state, outlook};
use crate::console::{self, ACTIVE, ItemRights, api_folder, csrf, list_path, may, quoted, tenant_path};
use crate::definitions::read::Seen;
use crate::items::model::Status;
use crate::statistics::forecast::{self, Forecast};
use crate::statistics::numbers::{self, Numbers};
use crate::statistics::records;
use crate::statistics::status::{self, FolderQueueStatus};

/// Columns that the list can be sorted by.
const SORTED: [&str; 4] = [
    "QueueDefinitionName",
    "ItemsToProcess",
    "ItemsInProgress",
    "SuccessfulTransactionsNo",
];
/// The call that answers the same rows.
const STATUS: &str = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/queues",
            "Console_Queues",
        )
        .permission("Queues.View")
        .folder(Folder::Required)
        .summary("The queues of a folder.")
        .handler(handle),
    ]
}

/// A page of queues with their numbers.
struct Found {
    queues: Vec<Value>,
    total: u64,
    numbers: HashMap<i64, Numbers>,
    throughput: HashMap<i64, Vec<i64>>,
    forecasts: HashMap<i64, Forecast>,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = GridQuery::parse(&list_path(&request)?, request.parts.uri.query().unwrap_or_default());
    let options = options(&state);
    let now = request.ctx.now;
    let query = console::query(&options, FolderQueueStatus::model(), now)?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let page = status::in_folder(&mut scope, folder, &query)?;
        let ids: Vec<i64> = page.items.iter().filter_map(|queue| queue["Id"].as_i64()).collect();
        Ok::<_, Error>(Found {
            total: page.count.unwrap_or(0),
            numbers: numbers::of(&mut scope, &ids)?,
            throughput: records::throughput(&mut scope, &ids, now)?,
            forecasts: forecast::of(&mut scope, &ids)?,
            queues: page.items,
        })
    });
    let found = work.await?;
    let content = render(&request, &state, &options, &found)?;
    page::render(&request, "Queues", ACTIVE, content).await
}

/// The folder of a page.
pub fn seen(request: &Request) -> Result<Seen, Error> {
    let folder = request.folder()?;
    Ok(Seen {
        folder: folder.id,
        path: folder.path.clone(),
    })
}

/// The OData options that show what the grid shows.
fn options(state: &GridQuery) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    if !state.search.is_empty() {
        let text = quoted(&state.search);
        options.push((
            "$filter",
            format!("(contains(QueueDefinitionName,{text}) or contains(QueueDefinitionDescription,{text}))"),
        ));
    }
    let (column, descending) = state.sort_in(&SORTED).unwrap_or((SORTED[0], false));
    let direction = if descending { "desc" } else { "asc" };
    options.push(("$orderby", format!("{column} {direction}")));
    options.push(("$top", state.size.to_string()));
    if state.skip() > 0 {
        options.push(("$skip", state.skip().to_string()));
    }
    options.push(("$count", "true".to_owned()));
    options
}

fn render(
    request: &Request,
    state: &GridQuery,
    options: &[(&'static str, String)],
    found: &Found,
) -> Result<Markup, Error> {
    let (above, base, csrf) = (tenant_path(request)?, list_path(request)?, csrf(request));
    let create = may(request, "Queues.Create")?;
    let rights = Rights {
        edit: may(request, "Queues.Edit")?,
        delete: may(request, "Queues.Delete")?,
        items: ItemRights::of(request)?,
    };
    let mut grid = Grid::new("queues", "Queues", state)
        .search("Name or description")
        .sorted("Name", "QueueDefinitionName")
        .sorted("New", "ItemsToProcess")
        .numeric()
        .sorted("In progress", "ItemsInProgress")
        .numeric()
        .sorted("Successful", "SuccessfulTransactionsNo")
        .numeric()
        .column("Exceptions")
        .column("Average time")
        .column("Last 24 hours")
        .column("SLA")
        .rows(
            found
                .queues
                .iter()
                .map(|queue| row(&above, &base, csrf, queue, found, rights)),
        )
        .total(found.total)
        .empty(ui::empty_state(
            "queue",
            "No queues in this folder",
            "A queue holds pieces of work that robots and programs take one by one, each exactly once.",
            html! { @if create { (link_button("Add queue", &format!("{base}/new")).primary()) } },
        ))
        .api("GET", &format!("{STATUS}?{}", console::call(options)));
    if rights.delete {
        let confirm = Confirm::new(
            "Delete the selected queues?",
            "Their items go with them, in every folder that they are visible in. This cannot be undone.",
            "Delete",
        );
        let remove = button("Delete").danger().small().icon("trash").confirm(confirm);
        grid = grid.bulk(csrf, &format!("{base}/delete"), vec![remove]);
    }
    let lead = format!("Work that robots and programs in {} share.", request.folder()?.path);
    let actions = html! {
        @if create {
            (link_button("Link from other folders", &format!("{base}/link")).icon("link"))
            (link_button("Add queue", &format!("{base}/new")).primary().icon("plus"))
        }
    };
    Ok(html! {
        (ui::page_header("Queues", &lead, actions))
        (grid.render())
        (api_folder(request)?)
    })
}

/// What the visitor may do in the folder.
#[derive(Clone, Copy)]
struct Rights {
    edit: bool,
    delete: bool,
    items: ItemRights,
}

/// `above` is the address of the tenant, `base` that of the list.
fn row(above: &str, base: &str, csrf: &str, queue: &Value, found: &Found, rights: Rights) -> Row {
    let id = queue["Id"].as_i64().unwrap_or_default();
    let text = |member: &str| queue[member].as_str().unwrap_or_default();
    let name = text("QueueDefinitionName");
    let folders = queue["QueueFoldersCount"].as_i64().unwrap_or(1);
    let numbers = found.numbers.get(&id).copied().unwrap_or_default();
    let path = format!("{base}/{id}");
    let count = |status: Status| {
        let count = in_state(&numbers, status);
        html! {
            @if count > 0 && rights.items.view { a href={ (path) "?state=" (status) } { (count) } }
            @else { (count) }
        }
    };
    let tags = tags::labels(queue);
    let first = html! {
        div.wide-cell {
            a.row-link href=(path) { (name) }
            @if !text("QueueDefinitionDescription").is_empty() {
                p.muted { (context::shortened(text("QueueDefinitionDescription"), 80)) }
            }
            @if folders > 1 {
                " " a href={ (path) "/links" } title="Visible in several folders" { (chip(&format!("{folders} folders"), Tone::Info)) }
            }
            @if !tags.is_empty() { " " (ui::chips(&tags, 3)) }
        }
    };
    let hours: Vec<f64> = found
        .throughput
        .get(&id)
        .into_iter()
        .flatten()
        .map(|finished| *finished as f64)
        .collect();
    let time = numbers.handling_micros().map(console::duration);
    Row::new(&id.to_string(), name)
        .cell(first)
        .cell(count(Status::New))
        .cell(count(Status::InProgress))
        .cell(numbers.successes)
        .cell(html! {
            span.pair {
                span { (numbers.application_exceptions) " application" }
                span { (numbers.business_exceptions) " business" }
            }
        })
        .cell(time.map_or_else(|| ui::muted("–"), |time| html! { (time) }))
        .cell(html! {
            @if hours.is_empty() { (ui::muted("–")) } @else { (ui::sparkline("Finished per hour, last 24 hours", &hours)) }
        })
        .cell(outlook(found.forecasts.get(&id)))
        .menu(menu(above, &path, csrf, name, folders, rights))
}

fn menu(above: &str, path: &str, csrf: &str, name: &str, folders: i64, rights: Rights) -> Vec<MenuItem> {
    let mut menu = Vec::new();
    if rights.items.view {
        menu.push(MenuItem::link("View items", "list", path));
    }
    menu.push(MenuItem::link("Overview", "activity", &format!("{path}/overview")));
    if rights.items.create {
        menu.push(MenuItem::link("Add item", "plus", &format!("{path}/items/new")));
        menu.push(MenuItem::link("Upload items", "upload", &format!("{path}/upload")));
    }
    if rights.edit {
        menu.push(MenuItem::link("Edit", "edit", &format!("{path}/edit")));
    }
    menu.push(MenuItem::link("Manage links", "link", &format!("{path}/links")));
    let mut audit = form_urlencoded::Serializer::new(String::new());
    audit.append_pair("component", "Queues").append_pair("q", name);
    let audit = format!("{above}/audit?{}", audit.finish());
    menu.push(MenuItem::link("Audit", "audit", &audit));
    if rights.delete {
        menu.push(MenuItem::delete(
            "Delete",
            &format!("{path}/delete"),
            csrf,
            question(name, folders),
        ));
    }
    menu
}

/// What is asked before a queue is deleted.
pub fn question(name: &str, folders: i64) -> Confirm {
    let place = if folders > 1 {
        format!("It is visible in {folders} folders and goes from all of them")
    } else {
        "It goes".to_owned()
    };
    Confirm::delete(name).explain(&format!("{place}, with its items. This cannot be undone."))
}

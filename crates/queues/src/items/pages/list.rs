//! The items of a queue.

use std::collections::HashMap;

use access::exports::{self, Criteria};
use access::users::model::TenantUser;
use context::Error;
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use odata::Enumeration as _;
use serde_json::Value;
use store::{Entity as _, Scoped, Tenant};
use ui::field::Choice;
use ui::{Button, Confirm, FilterChip, Grid, GridQuery, MenuItem, Row, Tone, button, callout, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::add::queue;
use crate::console::{
    self, ACTIVE, ItemRights, api_folder, csrf, exception_name, moment, priority_chip, queue_path, quoted, review_chip,
    review_name, state_chip, state_name, state_tone,
};
use crate::definitions::pages::figures::in_state;
use crate::definitions::pages::head::{self, Tab};
use crate::definitions::read::Seen;
use crate::items::api::view;
use crate::items::export;
use crate::items::model::{ExceptionType, FolderItem, Item, Priority, ProcessingException, ReviewStatus, Status};
use crate::items::read::{self, View};
use crate::items::wire::Head;
use crate::statistics::numbers::{self, Numbers};

/// Columns that the list can be sorted by: each has an index of its own, so that a page of a long list is found at once.
const SORTED: [&str; 3] = ["CreationTime", "StartProcessing", "EndProcessing"];
/// Characters of the reason of an exception that are shown.
const SHOWN: usize = 80;
/// Name of the list in the page.
const GRID: &str = "items";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}",
            "Console_Queue",
        )
        .permission("Queues.View")
        .folder(Folder::Required)
        .summary("A queue and its items.")
        .handler(handle),
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/live",
            "Console_QueueChanges",
        )
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .summary("Tells an open page of changes to the items of a queue.")
        .handler(changes),
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/export",
            "Console_ExportQueue",
        )
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .summary("Asks for the items of a queue as CSV.")
        .takes_form()
        .handler(export_shown),
    ]
}

async fn changes(request: Request) -> Result<Response, Error> {
    queue(&request).await?;
    web::live::listen(&request, "queue-items", request.integer("id")?)
}

/// Asks for what the list shows, on all its pages.
async fn export_shown(request: Request) -> Result<Response, Error> {
    let (tenant, id, ctx) = (request.tenant()?.id, request.integer("id")?, request.ctx.clone());
    let queue = queue(&request).await?;
    let state = GridQuery::parse(
        &queue_path(&request, id)?,
        request.parts.uri.query().unwrap_or_default(),
    );
    let wanted = export::wanted(
        Criteria::filtered(filter(&state, id)),
        request.folder()?.id,
        id,
        queue["Name"].as_str().unwrap_or_default(),
    )?;
    request
        .store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    let list = exports::list_path(&request)?;
    page::done(&list, "The export was asked for. It is listed here.")
}

/// What the page shows.
struct Found {
    queue: Value,
    numbers: Numbers,
    items: Vec<FolderItem>,
    exceptions: HashMap<i64, ProcessingException>,
    reviewers: HashMap<i64, String>,
    /// Number of items on all pages, where it is known.
    total: Option<u64>,
    more: bool,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, id, now) = (request.tenant()?.id, request.integer("id")?, request.ctx.now);
    let state = GridQuery::parse(
        &queue_path(&request, id)?,
        request.parts.uri.query().unwrap_or_default(),
    );
    let shown = options(&state, id, state.size);
    // One row more tells whether there is another page.
    let asked = options(&state, id, state.size + 1);
    let rights = ItemRights::of(&request)?;
    let view = view(&request).await?;
    let folder = request.folder()?;
    let seen = Seen {
        folder: folder.id,
        path: folder.path.clone(),
    };
    let size = state.size;
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let queue = head::queue(&mut scope, &seen, id, now)?;
        find(&mut scope, &view, queue, id, rights.view.then_some((&asked, size)), now)
    });
    let found = work.await?;
    let content = html! {
        (head::render(&request, &found.queue, Tab::Items)?)
        @if rights.view { (render(&request, &state, &shown, &found, rights)?) }
        @else { (callout(Tone::Info, html! { "You may look at this queue but not at its items." })) }
    };
    let title = found.queue["Name"].as_str().unwrap_or_default().to_owned();
    page::render(&request, &title, ACTIVE, content).await
}

fn find(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    queue: Value,
    id: i64,
    asked: Option<(&[(&'static str, String)], u64)>,
    now: Timestamp,
) -> Result<Found, Error> {
    let mut found = Found {
        queue,
        numbers: numbers::of(scope, &[id])?.remove(&id).unwrap_or_default(),
        items: Vec::new(),
        exceptions: HashMap::new(),
        reviewers: HashMap::new(),
        total: None,
        more: false,
    };
    let Some((options, size)) = asked else { return Ok(found) };
    let query = console::query(options, FolderItem::model(), now)?;
    (found.items, found.total) = read::rows(scope, view, &query)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    found.more = found.items.len() > size;
    found.items.truncate(size);
    let failed: Vec<Head> = found
        .items
        .iter()
        .filter(|item| item.exception_type.is_some())
        .map(Head::from)
        .collect();
    found.exceptions = read::exceptions(scope, view, &failed)?;
    let ids: Vec<i64> = found.items.iter().filter_map(|item| item.reviewer_id).collect();
    let reviewers = scope.get_many::<TenantUser>(&ids)?;
    found.reviewers = reviewers.into_iter().map(|user| (user.id, user.user_name)).collect();
    Ok(found)
}

/// The filter that the grid stands for.
fn filter(state: &GridQuery, queue: i64) -> String {
    let mut terms = vec![format!("QueueDefinitionId eq {queue}")];
    let mut term = |member: &str, value: Option<String>| {
        terms.extend(value.map(|value| format!("{member} eq '{value}'")));
    };
    term("Status", chosen::<Status>(state, "state"));
    term("ReviewStatus", chosen::<ReviewStatus>(state, "review"));
    term("Priority", chosen::<Priority>(state, "priority"));
    term("ProcessingExceptionType", chosen::<ExceptionType>(state, "exception"));
    if !state.search.is_empty() {
        terms.push(format!("startswith(Reference,{})", quoted(&state.search)));
    }
    terms.join(" and ")
}

/// The OData options that show what the grid shows, `most` rows at most.
fn options(state: &GridQuery, queue: i64, most: u64) -> Vec<(&'static str, String)> {
    let mut options = vec![("$filter", filter(state, queue))];
    if let Some((column, descending)) = state.sort_in(&SORTED) {
        let direction = if descending { "desc" } else { "asc" };
        options.push(("$orderby", format!("{column} {direction}")));
    }
    options.push(("$top", most.to_string()));
    if state.skip() > 0 {
        options.push(("$skip", state.skip().to_string()));
    }
    options
}

/// The value of a filter, if it is one of the enumeration.
fn chosen<E: std::str::FromStr + std::fmt::Display>(state: &GridQuery, name: &str) -> Option<String> {
    let value: E = state.filter(name)?.parse().ok()?;
    Some(value.to_string())
}

fn choices<E: odata::Enumeration + std::fmt::Display>(name: impl Fn(E) -> &'static str) -> Vec<Choice> {
    E::ALL
        .iter()
        .map(|value| Choice::new(&value.to_string(), name(*value)))
        .collect()
}

fn render(
    request: &Request,
    state: &GridQuery,
    options: &[(&'static str, String)],
    found: &Found,
    rights: ItemRights,
) -> Result<Markup, Error> {
    let (path, csrf) = (&state.path, csrf(request));
    let priorities = choices(|priority: Priority| match priority {
        Priority::High => "High",
        Priority::Normal => "Normal",
        Priority::Low => "Low",
    });
    let mut grid = Grid::new(GRID, "Items", state)
        .lead(chips(state, &found.numbers))
        .search("Reference starts with")
        .filter("state", "Status", choices(state_name))
        .filter("review", "Review", choices(review_name))
        .filter("priority", "Priority", priorities)
        .filter("exception", "Exception", choices(exception_name))
        .column("Reference")
        .column("Status")
        .column("Review")
        .column("Priority")
        .column("Exception")
        .column("Deadline")
        .column("Postponed to")
        .optional()
        .sorted("Added", "CreationTime")
        .sorted("Started", "StartProcessing")
        .sorted("Ended", "EndProcessing")
        .column("Duration")
        .column("Retry")
        .column("Reviewer")
        .optional()
        .rows(
            found
                .items
                .iter()
                .map(|item| row(request, path, csrf, item, found, rights)),
        )
        .more(found.more)
        .empty(ui::empty_state(
            "queue",
            "No items in this queue",
            "Items are added here, from a file, or by programs through the API.",
            html! { @if rights.create { (link_button("Add item", &format!("{path}/items/new")).primary()) } },
        ))
        .api("GET", &format!("/odata/QueueItems?{}", console::call(options)));
    if let Some(total) = found.total {
        grid = grid.total(total);
    }
    let buttons = bulk_buttons(request, path, rights);
    if !buttons.is_empty() {
        grid = grid.bulk(csrf, &format!("{path}/items/review"), buttons);
    }
    let live = ui::live("live-items", &format!("{path}/live"), grid.render());
    let export = format!("{path}/export?{}", request.parts.uri.query().unwrap_or_default());
    Ok(html! {
        (live)
        (ui::form(csrf, &export, html! { (button("Export as CSV").small().icon("download")) }))
        (api_folder(request)?)
    })
}

/// The states with the number of their items; a click shows them alone.
fn chips(state: &GridQuery, numbers: &Numbers) -> Markup {
    let current = chosen::<Status>(state, "state");
    let mut chips = vec![FilterChip {
        label: "All".to_owned(),
        count: Status::ALL.iter().map(|status| in_state(numbers, *status)).sum(),
        tone: Tone::Neutral,
        href: state.href("state", ""),
        chosen: current.is_none(),
    }];
    chips.extend(Status::ALL.iter().map(|status| {
        let name = status.to_string();
        FilterChip {
            label: state_name(*status).to_owned(),
            count: in_state(numbers, *status),
            tone: state_tone(*status),
            chosen: current.as_ref() == Some(&name),
            href: state.href("state", &name),
        }
    }));
    ui::filter_chips("Items by status", GRID, &chips)
}

/// Actions on the selected items. They lead back to the list as it is.
fn bulk_buttons(request: &Request, path: &str, rights: ItemRights) -> Vec<Button> {
    let to = |action: &str| console::with_query(request, &format!("{path}/items/{action}"));
    let mut buttons = Vec::new();
    if rights.edit {
        for (label, status) in [
            ("In review", ReviewStatus::InReview),
            ("Verified", ReviewStatus::Verified),
        ] {
            let mark = button(label).small().name("status", &status.to_string());
            buttons.push(mark.action(&to("review")));
        }
        let again = button("Retry").small().icon("refresh");
        buttons.push(
            again
                .name("status", &ReviewStatus::Retried.to_string())
                .action(&to("review")),
        );
        buttons.push(button("Reviewer…").small().icon("user").action(&to("reviewer")));
    }
    if rights.delete {
        let confirm = Confirm::new(
            "Delete the selected items?",
            "They are never processed, and go for good when their time is over. Items in progress stay.",
            "Delete",
        );
        let remove = button("Delete").danger().small().icon("trash").confirm(confirm);
        buttons.push(remove.action(&to("delete")));
    }
    buttons
}

/// How actions name an item: its id and the version that the visitor saw.
pub fn versioned(item: &FolderItem) -> String {
    format!("{}.{}", item.id, Item::row_version(item.version))
}

/// What people call an item.
pub fn title(item: &FolderItem) -> String {
    let reference = item.reference.as_deref().filter(|text| !text.is_empty());
    reference.map_or_else(|| format!("Item {}", item.id), str::to_owned)
}

fn row(request: &Request, path: &str, csrf: &str, item: &FolderItem, found: &Found, rights: ItemRights) -> Row {
    let href = format!("{path}/items/{}", item.id);
    let name = title(item);
    let mut menu = vec![MenuItem::link("View", "eye", &href)];
    if rights.rewrite && item.status == Status::New {
        menu.push(MenuItem::link("Edit", "edit", &format!("{href}/edit")));
    }
    if rights.delete && !matches!(item.status, Status::InProgress | Status::Deleted) {
        let action = console::with_query(request, &format!("{path}/items/{}/delete", item.id));
        menu.push(MenuItem::delete("Delete", &action, csrf, question(&name)));
    }
    let micros = item
        .started_at
        .zip(item.ended_at)
        .map(|(started, ended)| ended.as_microsecond() - started.as_microsecond());
    let tries = item.retry_number.saturating_add(item.manual_retry_number);
    Row::new(&versioned(item), &name)
        .link(&name, &href)
        .cell(state_chip(item.status))
        .cell(review_chip(item.review_status))
        .cell(priority_chip(item.priority))
        .cell(exception(item, found.exceptions.get(&item.id)))
        .cell(moment(item.due_at))
        .cell(moment(item.defer_at))
        .cell(moment(Some(item.created_at)))
        .cell(moment(item.started_at))
        .cell(moment(item.ended_at))
        .cell(micros.map_or_else(|| muted("–"), |micros| html! { (console::duration(micros)) }))
        .cell(html! { @if tries > 0 { (tries) } @else { (muted("–")) } })
        .cell(
            item.reviewer_id
                .and_then(|id| found.reviewers.get(&id))
                .map_or_else(|| muted("–"), |name| html! { (name) }),
        )
        .menu(menu)
}

/// What is asked before an item is deleted.
pub fn question(name: &str) -> Confirm {
    Confirm::delete(name).explain("It is never processed, and goes for good when its time is over.")
}

fn exception(item: &FolderItem, told: Option<&ProcessingException>) -> Markup {
    let Some(of) = item.exception_type else {
        return muted("–");
    };
    let reason = told.and_then(|told| told.reason.as_deref()).unwrap_or_default();
    html! {
        div.wide-cell {
            (exception_name(of))
            @if !reason.is_empty() { p.muted { (context::shortened(reason, SHOWN)) } }
        }
    }
}

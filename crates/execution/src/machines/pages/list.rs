//! The machines of the tenant. `GET …/machines`

use access::console::{Asked, csrf, grid_query, may, quoted};
use access::tags;
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use store::Entity as _;
use ui::{Confirm, Grid, MenuItem, Row, link_button, muted};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path};
use crate::machines::model::Machine;
use crate::machines::read;
use crate::sessions::model::Session;
use crate::sessions::service as sessions;

/// Columns that the list can be sorted by.
const SORTED: [&str; 2] = ["Name", "CreationTime"];
/// Slots by the kind of runtime, as the API names them.
pub const SLOTS: [(&str, &str); 4] = [
    ("UnattendedSlots", "Unattended"),
    ("NonProductionSlots", "Non-production"),
    ("HeadlessSlots", "Headless"),
    ("TestAutomationSlots", "Testing"),
];

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/tenants/{tenant}/machines", "Console_Machines")
            .permission("Machines.View")
            .summary("The machines of the tenant.")
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = grid_query(&request);
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        filters.push(format!("contains(Name,{})", quoted(&state.search)));
    }
    let now = request.ctx.now;
    let asked = Asked::new(Machine::model(), &state, &filters, &SORTED, "Name asc", now)?;
    let (tenant, query) = (request.tenant()?.id, asked.query.clone());
    let (found, hosts) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let found = read::list(&mut scope, &query)?;
            let ids: Vec<i64> = found
                .items
                .iter()
                .filter_map(|machine| machine["Id"].as_i64())
                .collect();
            Ok::<_, Error>((found, sessions::of_machines(&mut scope, &ids)?))
        })
        .await?;
    let (base, csrf) = (list_path(&request)?, csrf(&request));
    let (create, edit, delete) = (
        may(&request, "Machines.Create", None)?,
        may(&request, "Machines.Edit", None)?,
        may(&request, "Machines.Delete", None)?,
    );
    let add = html! { @if create { (link_button("Add machine", &format!("{base}/new")).primary().icon("plus")) } };
    let rows = found.items.iter().map(|machine| {
        let id = machine["Id"].as_i64().unwrap_or_default();
        let own: Vec<&Session> = hosts.iter().filter(|host| host.machine_id == id).collect();
        let online = own.iter().filter(|host| host.is_online(now)).count();
        row(&base, csrf, machine, (online, own.len()), edit, delete)
    });
    let grid = Grid::new("machines", "Machines", &state)
        .search("Name")
        .sorted("Name", "Name")
        .column("Kind")
        .column("Slots of each host")
        .column("Hosts connected")
        .sorted("Added", "CreationTime")
        .optional()
        .rows(rows)
        .total(found.count.unwrap_or(0))
        .empty(ui::empty_state(
            "machine",
            "No machines yet",
            "A machine is what hosts connect as: robots sign in with its client id and a secret, and run as many jobs as it has slots.",
            add.clone(),
        ))
        .api("GET", &format!("/odata/Machines?{}", asked.options));
    let content = html! {
        (ui::page_header("Machines", "What robots connect as, and how many jobs each of their hosts runs.", add))
        (grid.render())
    };
    page::render(&request, "Machines", ACTIVE, content).await
}

fn row(base: &str, csrf: &str, machine: &Value, (online, all): (usize, usize), edit: bool, delete: bool) -> Row {
    let text = |member: &str| machine[member].as_str().unwrap_or_default();
    let id = machine["Id"].as_i64().unwrap_or_default();
    let (name, path) = (text("Name"), format!("{base}/{id}"));
    let tags = tags::labels(machine);
    let mut menu = vec![MenuItem::link("Hosts and secrets", "machine", &path)];
    if edit {
        menu.push(MenuItem::link("Edit", "edit", &format!("{path}/edit")));
    }
    menu.push(MenuItem::copy("Copy client id", text("LicenseKey")));
    if delete {
        menu.push(MenuItem::delete(
            "Delete",
            &format!("{path}/delete"),
            csrf,
            question(name),
        ));
    }
    Row::new(&id.to_string(), name)
        .cell(html! {
            div.wide-cell {
                a.row-link href=(path) { (name) }
                @if !text("Description").is_empty() { p.muted { (context::shortened(text("Description"), 80)) } }
                @if !tags.is_empty() { " " (ui::chips(&tags, 3)) }
            }
        })
        .cell(kind(text("Type")))
        .cell(slots(machine))
        .cell(html! { @if all == 0 { (muted("None yet")) } @else { (online) " of " (all) } })
        .cell(ui::time(text("CreationTime")))
        .menu(menu)
}

/// A kind of machine in words.
pub fn kind(name: &str) -> &str {
    if name == "Standard" { "One host" } else { "Template" }
}

/// The slots of a machine that has some.
pub fn slots(machine: &Value) -> Markup {
    let some: Vec<String> = SLOTS
        .iter()
        .filter_map(|(member, label)| {
            let count = machine[*member].as_i64().filter(|count| *count > 0)?;
            Some(format!("{count} {}", label.to_lowercase()))
        })
        .collect();
    html! { @if some.is_empty() { (muted("None")) } @else { (some.join(", ")) } }
}

/// What is asked before a machine is deleted.
pub fn question(name: &str) -> Confirm {
    Confirm::delete(name).explain("Its hosts cannot sign in any more, and it is gone from its folders.")
}

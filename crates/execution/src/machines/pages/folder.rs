//! The machines that jobs of a folder may use. `GET …/folders/{folder}/machines`, and assigning, handing down, taking away.

use access::console::{csrf, folder_path, may, numbers};
use access::{Access, Permit};
use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use ui::field::{self, Choice};
use ui::{Confirm, Form, MenuItem, chip, muted};
use web::{Folder, Operation, Request, Response, page};

use super::list::slots;
use super::{ACTIVE, IN_FOLDER};
use crate::machines::{folders, read};

const VIEW: &str = "Units.View or SubFolders.View";
const EDIT: &str = "Units.Edit or SubFolders.Edit";

pub fn operations() -> Vec<Operation> {
    let form = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .permission(EDIT)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/machines",
            "Console_FolderMachines",
        )
        .permission(VIEW)
        .folder(Folder::Required)
        .summary("The machines that jobs of a folder may use.")
        .handler(handle),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/machines/assign",
            "Console_AssignMachines",
            "Lets jobs of a folder use machines.",
        )
        .handler(assign),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/machines/{id}/remove",
            "Console_RemoveFolderMachine",
            "Takes a machine away from a folder.",
        )
        .handler(remove),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/machines/{id}/hand-down",
            "Console_HandMachineDown",
            "Lets jobs of the folders below use the machine too.",
        )
        .handler(|request| hand_down(request, true)),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/machines/{id}/keep",
            "Console_KeepMachine",
            "Lets jobs of the folders below not use the machine any more.",
        )
        .handler(|request| hand_down(request, false)),
    ]
}

fn own_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let machines = request
        .store()
        .read(move |tx| read::of_folder(&mut tx.tenant(tenant), &tree, folder))
        .await?;
    let (base, csrf) = (own_path(&request)?, csrf(&request));
    let edit = may(&request, EDIT, Some(folder))?;
    let is = |machine: &Value, member: &str| machine[member] == true;
    let (here, others): (Vec<&Value>, Vec<&Value>) = machines
        .iter()
        .partition(|machine| is(machine, "IsAssignedToFolder") || is(machine, "IsInherited"));
    let free: Vec<Choice> = others
        .iter()
        .map(|machine| {
            let id = machine["Id"].as_i64().unwrap_or_default();
            Choice::new(&id.to_string(), machine["Name"].as_str().unwrap_or_default())
        })
        .collect();
    let lead = format!("Where jobs of {} may run.", request.folder()?.path);
    let content = html! {
        (ui::page_header("Machines", &lead, html! {}))
        (ui::stack(html! {
            @if here.is_empty() {
                (ui::empty_state("machine", "No machines in this folder", "Jobs wait until a machine with free slots may run them.", html! {}))
            } @else { (table(&here, &base, csrf, edit)) }
            @if edit && !free.is_empty() {
                (ui::card("Assign machines", html! {}, Form::new(csrf, &format!("{base}/assign")).submit("Assign").render(html! {
                    (field::checks("id", "Machines of the tenant", free))
                })))
            }
        }))
    };
    page::render(&request, "Machines", IN_FOLDER, content).await
}

fn table(machines: &[&Value], base: &str, csrf: &str, edit: bool) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Machines" {
            table.table role="table" {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Slots of each host" } th scope="col" { "Comes from" }
                    @if edit { th scope="col" { span.visually-hidden { "Actions" } } } } }
                tbody {
                    @for machine in machines {
                        @let id = machine["Id"].as_i64().unwrap_or_default();
                        @let name = machine["Name"].as_str().unwrap_or_default();
                        @let direct = machine["IsAssignedToFolder"] == true;
                        @let handed_down = machine["PropagateToSubFolders"] == true;
                        tr role="row" {
                            td.lead-cell role="cell" data-label="Name" { (name) }
                            td role="cell" data-label="Slots" { (slots(machine)) }
                            td role="cell" data-label="Comes from" {
                                @if direct { "This folder" @if handed_down { " " (chip("and those below", ui::Tone::Info)) } }
                                @else { (muted(machine["InheritedFromFolderName"].as_str().unwrap_or("above"))) }
                            }
                            @if edit { td role="cell" { @if direct { (menu(base, csrf, id, name, handed_down)) } } }
                        }
                    }
                }
            }
        } }
    }
}

fn menu(base: &str, csrf: &str, id: i64, name: &str, handed_down: bool) -> Markup {
    let path = format!("{base}/{id}");
    let below = if handed_down {
        MenuItem::post("Not in the folders below", "refresh", &format!("{path}/keep"), csrf)
    } else {
        MenuItem::post(
            "Also in the folders below",
            "refresh",
            &format!("{path}/hand-down"),
            csrf,
        )
    };
    let question = Confirm::new(
        &format!("Remove {name} from this folder?"),
        "Jobs that run there go on; no more of this folder start there.",
        "Remove",
    );
    let items = [
        below,
        MenuItem::delete("Remove", &format!("{path}/remove"), csrf, question),
    ];
    ui::row_menu(&format!("machine-{id}"), name, &items)
}

async fn assign(request: Request) -> Result<Response, Error> {
    let ids = numbers(&request.form(), "id");
    let count = ids.len();
    change(&request, ids, Vec::new()).await?;
    page::done(&own_path(&request)?, &format!("{count} machine(s) were assigned."))
}

async fn remove(request: Request) -> Result<Response, Error> {
    let id = request.integer("id")?;
    change(&request, Vec::new(), vec![id]).await?;
    page::done(&own_path(&request)?, "The machine was removed from the folder.")
}

async fn change(request: &Request, added: Vec<i64>, removed: Vec<i64>) -> Result<(), Error> {
    let (permit, tenant, folder) = (Permit::of(request), request.tenant()?.id, request.folder()?.id);
    let ctx = request.ctx.clone();
    let work = request
        .store()
        .write(move |tx| folders::change(&mut tx.tenant(tenant), &ctx, &permit, &[folder], &added, &removed));
    work.await
}

async fn hand_down(request: Request, enabled: bool) -> Result<Response, Error> {
    let (permit, tenant, folder) = (Permit::of(&request), request.tenant()?.id, request.folder()?.id);
    let (ctx, id) = (request.ctx.clone(), request.integer("id")?);
    let work = request
        .store()
        .write(move |tx| folders::hand_down(&mut tx.tenant(tenant), &ctx, &permit, folder, id, enabled));
    work.await?;
    page::done(&own_path(&request)?, "The assignment was changed.")
}

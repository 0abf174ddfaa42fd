//! A machine: its credentials, the hosts that connected, and the folders whose jobs may use it. `GET …/machines/{id}`

use access::Access;
use access::console::{csrf, may, moment};
use context::Error;
use http::Method;
use identity::clients::machines::KnownSecret;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use ui::{Confirm, Tone, button, chip, definitions, form, link_button, muted, section};
use web::{Operation, Request, Response, page};

use super::list::{kind, question, slots};
use super::{ACTIVE, list_path};
use crate::machines::{read, service};
use crate::sessions::model::{MaintenanceMode, Session};
use crate::sessions::service as sessions;

/// Hosts that are shown.
const MOST: usize = 500;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, "/{org}/tenants/{tenant}/machines/{id}", "Console_Machine")
            .permission("Machines.View")
            .summary("A machine with its secrets and hosts.")
            .handler(handle),
    ]
}

/// What the page shows.
pub struct Found {
    pub machine: Value,
    secrets: Vec<KnownSecret>,
    hosts: Vec<Session>,
    folders: Vec<String>,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let found = find(&request).await?;
    let content = render(&request, &found)?;
    let name = found.machine["Name"].as_str().unwrap_or_default();
    page::render(&request, name, ACTIVE, content).await
}

pub async fn find(request: &Request) -> Result<Found, Error> {
    let (tenant, id) = (request.tenant()?.clone(), request.integer("id")?);
    let tree = request.state::<Access>()?.tree(tenant.id).await?;
    let now = request.ctx.now;
    let work = request.store().read(move |tx| {
        let machine = service::find(&mut tx.tenant(tenant.id), id)?;
        let secrets = service::secrets(tx, &tenant, machine.license_key)?;
        let mut scope = tx.tenant(tenant.id);
        let mut hosts = sessions::of_machines(&mut scope, &[id])?;
        hosts.sort_by_key(|host| (!host.is_online(now), std::cmp::Reverse(host.reported_at)));
        let folders = service::folders_of(&mut scope, &tree, id)?;
        let paths = folders.into_iter().filter_map(|folder| tree.get(folder));
        Ok::<_, Error>(Found {
            folders: paths.map(|folder| folder.path.clone()).collect(),
            machine: read::one(&mut scope, machine)?,
            secrets,
            hosts,
        })
    });
    work.await
}

pub fn render(request: &Request, found: &Found) -> Result<Markup, Error> {
    let (base, csrf, now) = (list_path(request)?, csrf(request), request.ctx.now);
    let machine = &found.machine;
    let text = |member: &str| machine[member].as_str().unwrap_or_default();
    let path = format!("{base}/{}", machine["Id"].as_i64().unwrap_or_default());
    let edit = may(request, "Machines.Edit", None)?;
    let delete = may(request, "Machines.Delete", None)?;
    let actions = html! {
        (link_button("All machines", &base).icon("left"))
        @if edit { (link_button("Edit", &format!("{path}/edit"))) }
        @if delete { (form(csrf, &format!("{path}/delete"), html! {
            (button("Delete").danger().confirm(question(text("Name"))))
        })) }
    };
    let mut facts = vec![
        ("Kind", html! { (kind(text("Type"))) }),
        ("Slots of each host", slots(machine)),
        ("Client id", ui::copyable(text("LicenseKey"))),
        (
            "Folders",
            html! { @if found.folders.is_empty() { (muted("None: assign it on the Machines page of a folder")) } @else { (found.folders.join(", ")) } },
        ),
    ];
    if !text("Description").is_empty() {
        facts.insert(0, ("Description", html! { (text("Description")) }));
    }
    let command = format!(
        "orchestrion robot --server {} --client-id {} --client-secret-file FILE",
        request.origin,
        text("LicenseKey")
    );
    Ok(html! {
        (ui::page_header(text("Name"), "", actions))
        (ui::stack(html! {
            (definitions(&facts))
            (section("Hosts", html! {
                @if found.hosts.is_empty() { p { "No robot has connected yet. On a Linux machine:" } (ui::snippet(&command)) }
                @else { (hosts(&found.hosts, &path, csrf, now, edit)) }
            }))
            (section("Client secrets", html! {
                (secrets(&found.secrets, &path, csrf, edit))
                @if edit { (form(csrf, &format!("{path}/secrets"), html! { (button("Add secret").icon("plus")) })) }
            }))
        }))
    })
}

fn hosts(hosts: &[Session], path: &str, csrf: &str, now: Timestamp, edit: bool) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Hosts" {
            table.table role="table" {
                thead { tr { th scope="col" { "Host" } th scope="col" { "State" } th scope="col" { "Last heard" } th scope="col" { "Jobs" }
                    th scope="col" { "Packages" } th scope="col" { "Version" } @if edit { th scope="col" { span.visually-hidden { "Actions" } } } } }
                tbody {
                    @for host in hosts.iter().take(MOST) {
                        tr role="row" {
                            td.lead-cell role="cell" data-label="Host" {
                                (host.host_name) @if !host.service_user_name.is_empty() { p.muted { (host.service_user_name) } }
                            }
                            td role="cell" data-label="State" { (state(host, now)) }
                            td role="cell" data-label="Last heard" { (moment(Some(host.reported_at))) }
                            td role="cell" data-label="Jobs" { (host.used) }
                            td role="cell" data-label="Packages" { (host.runtimes.0.join(", ")) }
                            td role="cell" data-label="Version" { (host.version) }
                            @if edit { td role="cell" { (switch(host, path, csrf, now)) } }
                        }
                    }
                }
            }
        } }
    }
}

/// What a host is doing.
pub fn state(host: &Session, now: Timestamp) -> Markup {
    if !host.connected {
        return muted("Disconnected");
    }
    if host.is_silent(now) {
        return chip("Unresponsive", Tone::Danger);
    }
    match host.maintenance {
        MaintenanceMode::Enabled => chip("Maintenance", Tone::Warning),
        MaintenanceMode::Default if host.used > 0 => chip("Busy", Tone::Info),
        MaintenanceMode::Default => chip("Available", Tone::Success),
    }
}

fn switch(host: &Session, path: &str, csrf: &str, now: Timestamp) -> Markup {
    let base = format!("{path}/hosts/{}", host.id);
    html! {
        @if !host.is_online(now) && host.used == 0 {
            (form(csrf, &format!("{base}/forget"), html! { (button("Forget").small()) }))
        } @else if host.maintenance == MaintenanceMode::Enabled {
            (form(csrf, &format!("{base}/resume"), html! { (button("End maintenance").small()) }))
        } @else {
            (form(csrf, &format!("{base}/maintain"), html! {
                (button("Maintenance").small().confirm(Confirm::new("Start maintenance?", "Jobs that run there go on; no new ones are given to this host.", "Start")))
            }))
        }
    }
}

fn secrets(secrets: &[KnownSecret], path: &str, csrf: &str, edit: bool) -> Markup {
    html! {
        @if secrets.is_empty() { p { "There is none, so that no robot can sign in." } }
        @else {
            div.grid { div.table-box tabindex="0" role="region" aria-label="Client secrets" {
                table.table role="table" {
                    thead { tr { th scope="col" { "Secret" } th scope="col" { "Made" } th scope="col" { "Last used" }
                        @if edit { th scope="col" { span.visually-hidden { "Actions" } } } } }
                    tbody {
                        @for known in secrets {
                            tr role="row" {
                                td.lead-cell role="cell" data-label="Secret" { "#" (known.secret.id) }
                                td role="cell" data-label="Made" { (moment(Some(known.secret.created_at))) }
                                td role="cell" data-label="Last used" { (moment(known.last_used_at)) }
                                @if edit { td role="cell" { (form(csrf, &format!("{path}/secrets/{}/delete", known.secret.id), html! {
                                    (button("Delete").small().danger().confirm(Confirm::new("Delete this secret?",
                                        "Robots that use it cannot sign in any more, and the tokens they have are refused.", "Delete")))
                                })) } }
                            }
                        }
                    }
                }
            } }
        }
    }
}

//! The roles of the tenant. `GET /console/{org}/tenants/{tenant}/access/roles`

use context::Error;
use http::Method;
use maud::html;
use odata::Enumeration as _;
use store::Entity as _;
use ui::field::Choice;
use ui::{Confirm, Grid, MenuItem, Row, link_button};
use web::{Operation, Request, Response, page};

use crate::console::{Asked, csrf, grid_query, may, quoted, tenant, tenant_path};
use crate::roles::model::{Role, RoleType};
use crate::roles::service;
use crate::users::pages::{ACTIVE, tabs};

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/tenants/{tenant}/access/roles", "Console_Roles")
        .summary("The roles of the tenant.")
        .permission("Roles.View")
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (state, tenant) = (grid_query(&cx), tenant(&cx)?);
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        filters.push(format!("contains(Name,{})", quoted(&state.search)));
    }
    let kind = state.filter("type").and_then(|name| name.parse::<RoleType>().ok());
    filters.extend(kind.map(|kind| format!("Type eq '{kind}'")));
    let asked = Asked::new(
        Role::model(),
        &state,
        &filters,
        &["Name", "Type"],
        "Name asc",
        cx.ctx.now,
    )?;
    let query = asked.query.clone();
    let found = cx
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant.id), &query))
        .await?;
    let path = format!("{}/access/roles", tenant_path(&cx)?);
    let (create, delete) = (may(&cx, "Roles.Create", None)?, may(&cx, "Roles.Delete", None)?);
    let grid = Grid::new("roles", "Roles", &state)
        .sorted("Name", "Name")
        .sorted("Type", "Type")
        .column("Origin")
        .column("Permissions")
        .numeric()
        .search("Name")
        .filter(
            "type",
            "Type",
            RoleType::ALL
                .iter()
                .map(|kind| Choice::new(kind.name(), kind.name()))
                .collect(),
        )
        .rows(found.items.iter().map(|role| row(&cx, &path, role, create, delete)))
        .total(found.count.unwrap_or_default())
        .api("GET", &format!("/odata/Roles?{}&$expand=Permissions", asked.options))
        .render();
    let content = html! {
        (ui::page_header("Manage access", "A role is a set of permissions with a name.", html! {
            @if create {
                (link_button("New folder role", &format!("{path}/new?type=Folder")).icon("plus"))
                (link_button("New tenant role", &format!("{path}/new?type=Tenant")).primary().icon("plus"))
            }
        }))
        (tabs(&cx, true)?)
        (grid)
    };
    page::render(&cx, "Roles", ACTIVE, content).await
}

fn row(cx: &Request, path: &str, role: &Role, create: bool, delete: bool) -> Row {
    let own = format!("{path}/{}", role.id);
    let mut menu = vec![MenuItem::link(
        if role.is_editable { "Edit" } else { "View" },
        "edit",
        &own,
    )];
    if create && role.role_type != RoleType::Mixed {
        menu.push(MenuItem::link(
            "Duplicate and customize",
            "copy",
            &format!("{path}/new?from={}", role.id),
        ));
    }
    if delete && !role.is_static {
        let question =
            Confirm::delete(&role.name).explain("Everyone who holds the role loses it at once. This cannot be undone.");
        menu.push(MenuItem::delete("Delete", &format!("{own}/delete"), csrf(cx), question));
    }
    Row::new(&role.id.to_string(), &role.name)
        .link(&role.display_name, &own)
        .cell(role.role_type.name())
        .cell(if role.is_static { "Built-in" } else { "Custom" })
        .cell(role.permissions.0.len())
        .menu(menu)
}

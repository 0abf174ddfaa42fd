//! The users of the tenant with their roles. `GET /console/{org}/tenants/{tenant}/access`

use std::collections::HashMap;

use context::Error;
use http::Method;
use maud::html;
use store::Entity as _;
use ui::field::Choice;
use ui::{Confirm, Grid, MenuItem, Row, Tone, chip, link_button};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, tabs};
use crate::console::{Asked, csrf, grid_query, kind_mark, kind_name, may, moment, quoted, tenant, tenant_path};
use crate::roles::model::Assignment;
use crate::roles::{assignments, service as roles};
use crate::users::model::{TenantUser, UserType};
use crate::users::service;

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/tenants/{tenant}/access", "Console_Access")
        .summary("The users of the tenant with their roles.")
        .permission("Users.View")
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (state, tenant) = (grid_query(&cx), tenant(&cx)?);
    let mut filters = Vec::new();
    if !state.search.is_empty() {
        let text = quoted(&state.search);
        filters.push(format!(
            "(contains(UserName,{text}) or contains(FullName,{text}) or contains(EmailAddress,{text}))"
        ));
    }
    let kind = state.filter("type").and_then(|name| name.parse::<UserType>().ok());
    filters.extend(kind.map(|kind| format!("Type eq '{kind}'")));
    let role: Option<i64> = state.filter("role").and_then(|id| id.parse().ok());
    let condition = role.map(service::holds).unwrap_or_default();
    let sortable = ["UserName", "Type", "LastLoginTime"];
    let asked = Asked::new(
        TenantUser::model(),
        &state,
        &filters,
        &sortable,
        "UserName asc",
        cx.ctx.now,
    )?;
    let query = asked.query.clone();
    let (found, mut held, all) = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let page = service::list(&mut scope, &query, &condition)?;
            let ids: Vec<i64> = page.items.iter().map(|user| user.id).collect();
            let held: HashMap<i64, Vec<Assignment>> = assignments::on_tenant(&mut scope, &ids)?;
            Ok::<_, Error>((page, held, roles::all(&mut scope)?))
        })
        .await?;
    let (edit, remove) = (may(&cx, "Users.Edit", None)?, may(&cx, "Users.Delete", None)?);
    let path = format!("{}/access", tenant_path(&cx)?);
    let kinds = [
        UserType::DirectoryUser,
        UserType::DirectoryGroup,
        UserType::DirectoryRobot,
        UserType::DirectoryExternalApplication,
    ];
    let rows = found.items.iter().map(|user| {
        let roles = held.remove(&user.id).unwrap_or_default();
        row(&cx, &path, user, &roles, edit, remove)
    });
    let grid = Grid::new("users", "Users of the tenant", &state)
        .sorted("Name", "UserName")
        .sorted("Type", "Type")
        .column("Roles on the tenant")
        .sorted("Last seen", "LastLoginTime")
        .optional()
        .search("User name, name or e-mail")
        .filter(
            "type",
            "Type",
            kinds
                .map(|kind| Choice::new(&kind.to_string(), kind_name(kind)))
                .to_vec(),
        )
        .filter(
            "role",
            "Role",
            all.iter()
                .map(|role| Choice::new(&role.id.to_string(), &role.display_name))
                .collect(),
        )
        .rows(rows)
        .total(found.count.unwrap_or_default())
        .api("GET", &format!("/odata/Users?{}&$expand=UserRoles", asked.options))
        .render();
    let content = html! {
        (ui::page_header("Manage access", "Which users, groups and applications may do what in this tenant.", html! {
            @if may(&cx, "Users.Create", None)? { (link_button("Assign roles", &format!("{path}/assign")).primary().icon("plus")) }
        }))
        (tabs(&cx, false)?)
        (grid)
    };
    page::render(&cx, "Manage access", ACTIVE, content).await
}

fn row(cx: &Request, path: &str, user: &TenantUser, roles: &[Assignment], edit: bool, remove: bool) -> Row {
    let own = format!("{path}/{}", user.id);
    let names: Vec<&str> = roles.iter().filter_map(|role| role.role_name.as_deref()).collect();
    let row = Row::new(&user.id.to_string(), &user.user_name)
        .cell(html! {
            a.row-link href=(own) { (user.user_name) }
            @if !user.is_active { " " (chip("Inactive", Tone::Warning)) }
            @if let Some(name) = user.full_name.as_deref().filter(|name| *name != user.user_name) { br; (ui::muted(name)) }
        })
        .cell(kind_mark(user.user_type))
        .cell(html! {
            (ui::chips(&names, 3))
            @if names.is_empty() && user.only_inherited { (ui::muted("Through groups")) }
        })
        .cell(moment(user.last_login_at));
    let mut menu = vec![MenuItem::link(if edit { "Edit" } else { "View" }, "edit", &own)];
    if remove {
        let question = Confirm::new(
            &format!("Remove “{}” from the tenant?", user.user_name),
            "Its roles here and on all folders end at once. The directory keeps the account.",
            "Remove",
        );
        menu.push(MenuItem::delete("Remove", &format!("{own}/remove"), csrf(cx), question));
    }
    row.menu(menu)
}

//! The users of the organization. `GET /console/{org}/admin/accounts`

use std::collections::HashMap;

use context::Error;
use http::Method;
use maud::html;
use ui::{Confirm, Grid, MenuItem, Row, Tone, chip, link_button};
use uuid::Uuid;
use web::{Operation, Request, Response};

use crate::console::{account_tabs, base, csrf, grid_query, moment};
use crate::groups;
use crate::users::User;
use crate::users::service::{self, Listing};

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/admin/accounts", "Console_Users")
        .summary("The users of the organization.")
        .administrator()
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, base, query) = (request.organization()?, base(&request)?, grid_query(&request));
    let sort = query.sort_in(&["userName", "displayName", "email", "lastLoginTime"]);
    let listing = Listing {
        search: Some(query.search.clone()),
        group: query.filter("group").and_then(|id| Uuid::parse_str(id).ok()),
        sort_by: sort.map(|(column, _)| column.to_owned()),
        descending: sort.is_some_and(|(_, descending)| descending),
        top: u32::try_from(query.size).unwrap_or(25),
        skip: u32::try_from(query.skip()).unwrap_or(u32::MAX),
    };
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let (total, users) = service::list(&mut scope, &listing)?;
        let memberships = service::groups_of_all(&mut scope, &users)?;
        Ok::<_, Error>((total, users, memberships, groups::service::list(&mut scope)?))
    });
    let (total, users, memberships, groups) = found.await?;
    let names: HashMap<Uuid, &str> = groups
        .iter()
        .filter(|group| !groups::service::is_everyone(group))
        .map(|group| (group.id, group.name.as_str()))
        .collect();
    let rows = users.iter().zip(&memberships).map(|(user, groups)| {
        let groups: Vec<&str> = groups.iter().filter_map(|id| names.get(id).copied()).collect();
        row(&request, &base, user, &groups)
    });
    let add = format!("{base}/admin/accounts/users/new");
    let grid = Grid::new("users", "Users", &query)
        .sorted("User name", "userName")
        .sorted("Name", "displayName")
        .sorted("E-mail", "email")
        .optional()
        .column("Groups")
        .optional()
        .column("Status")
        .sorted("Last sign-in", "lastLoginTime")
        .optional()
        .rows(rows)
        .total(u64::try_from(total).unwrap_or(0))
        .search("User name, name or e-mail")
        .filter("group", "Group", super::group_choices(&groups))
        .api("GET", &format!("/identity_/api/User/users/{organization}"))
        .render();
    let content = html! {
        (ui::page_header("Accounts and groups", "Who can sign in to this organization, and in which groups they are.",
            html! { (link_button("Add user", &add).primary().icon("plus")) }))
        (account_tabs(&base, false))
        (grid)
    };
    web::page::render(&request, "Accounts and groups", "accounts", content).await
}

fn row(request: &Request, base: &str, user: &User, groups: &[&str]) -> Row {
    let csrf = csrf(request);
    let own = format!("{base}/admin/accounts/users/{}", user.id);
    let locked = user.is_locked(request.ctx.now);
    let myself = request.ctx.caller.user() == Some(user.id);
    let mut menu = vec![MenuItem::link("Edit", "edit", &own)];
    if locked {
        menu.push(MenuItem::post("Unlock", "lock", &format!("{own}/unlock"), csrf));
    }
    if !myself && user.is_active {
        menu.push(MenuItem::post("Disable", "close", &format!("{own}/disable"), csrf));
    } else if !user.is_active {
        menu.push(MenuItem::post("Enable", "check", &format!("{own}/enable"), csrf));
    }
    if !myself && !user.is_built_in {
        menu.push(MenuItem::Separator);
        let confirm = Confirm::delete(&user.user_name)
            .explain("Sessions and tokens of this user end at once. The user name becomes free.");
        menu.push(MenuItem::delete("Delete", &format!("{own}/delete"), csrf, confirm));
    }
    let status = html! {
        @if !user.is_active { (chip("Disabled", Tone::Neutral)) }
        @else if locked { (chip("Locked", Tone::Warning)) }
        @else if user.password.is_none() { (chip("No password", Tone::Neutral)) }
        @else { (chip("Active", Tone::Success)) }
    };
    Row::new(&user.id.to_string(), &user.user_name)
        .link(&user.user_name, &own)
        .cell(&user.display_name)
        .cell(user.email.as_deref().unwrap_or_default())
        .cell(ui::chips(groups, 3))
        .cell(status)
        .cell(moment(user.last_login_at))
        .menu(menu)
}

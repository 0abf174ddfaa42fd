//! Who has access to a folder. `GET /console/{org}/tenants/{tenant}/folders/{folder}/access`, `GET` and `POST …/access/{user}`,
//! `POST …/access/{user}/remove`

use context::Error;
use http::Method;
use maud::{Markup, html};
use ui::field;
use ui::{Confirm, Form, Grid, MenuItem, Row, Tone, chip, link_button};
use web::{Folder as FolderRule, Operation, Request, Response, page};

use super::load;
use crate::Access;
use crate::console::{Errors, csrf, folder_path, grid_query, kind_mark, may, mendable, numbers, role_choices, tenant};
use crate::folders::members::{self, Member};
use crate::folders::model::Folder;
use crate::folders::service::{self, By};
use crate::folders::tree::Tree;
use crate::permit::{Permit, VIEW_FOLDERS};
use crate::roles::{assignments, service as roles};
use crate::users::service as users;

pub const ACTIVE: &str = "folder-access";
const EDIT: &str = "Units.Edit or SubFolders.Edit";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/access/{user}";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, summary| {
        Operation::page(method, path, id)
            .summary(summary)
            .permission(EDIT)
            .folder(FolderRule::InRequest)
    };
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/access",
            "Console_FolderAccounts",
        )
        .summary("The accounts with access to a folder.")
        .permission(VIEW_FOLDERS)
        .folder(FolderRule::InRequest)
        .handler(list),
        page(
            Method::GET,
            ONE,
            "Console_FolderAccount",
            "The roles of an account in a folder.",
        )
        .handler(show),
        page(
            Method::POST,
            ONE,
            "Console_EditFolderAccount",
            "Replaces the roles of an account in a folder.",
        )
        .takes_form()
        .handler(save),
        page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/access/{user}/remove",
            "Console_RemoveFolderAccount",
            "Takes an account from a folder.",
        )
        .takes_form()
        .handler(remove),
    ]
}

async fn list(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let (permit, tenant, id) = (Permit::of(&cx), tenant(&cx)?, folder.id);
    let tree = cx.state::<Access>()?.tree(tenant.id).await?;
    let (_, found) = cx
        .store()
        .read(move |tx| members::of_folder(&mut tx.tenant(tenant.id), &permit, id, true))
        .await?;
    let (state, own) = (grid_query(&cx), folder_path(&cx, id)?);
    let direct_only = state.filter("inherited") == Some("hidden");
    let text = odata::fold(&state.search);
    let found: Vec<&Member> = found
        .iter()
        .filter(|member| !direct_only || member.direct.is_some())
        .filter(|member| odata::fold(&member.user.user_name).contains(&text))
        .collect();
    let total = found.len() as u64;
    let edit = may(&cx, EDIT, Some(id))?;
    let shown = found
        .into_iter()
        .skip(usize::try_from(state.skip()).unwrap_or(usize::MAX))
        .take(state.size as usize);
    let grid = Grid::new("accounts", "Accounts", &state)
        .column("Name")
        .column("Type")
        .column("Roles")
        .search("User name")
        .filter("inherited", "Inherited accounts", vec![field::Choice::new("hidden", "Hidden")])
        .rows(shown.map(|member| row(&cx, &own, &tree, &folder, member, edit)))
        .total(total)
        .empty(ui::empty_state("users", "Nobody is assigned", "Only those with rights in all folders can use this one.", html! {
            @if edit { (link_button("Assign accounts", &format!("{own}/access/assign")).primary()) }
        }))
        .api("GET", &format!(
            "/odata/Folders/UiPath.Server.Configuration.OData.GetUsersForFolder(key={id},includeInherited=true)?$expand=UserEntity,Roles"
        ))
        .render();
    let content = html! {
        (ui::page_header("Accounts", &format!("Who may work in {} with which roles.", folder.path), html! {
            @if edit { (link_button("Assign accounts", &format!("{own}/access/assign")).primary().icon("plus")) }
        }))
        (grid)
    };
    page::render(&cx, "Accounts", ACTIVE, content).await
}

fn row(cx: &Request, own: &str, tree: &Tree, folder: &Folder, member: &Member, edit: bool) -> Row {
    let user = &member.user;
    let path = format!("{own}/access/{}", user.id);
    let row = Row::new(&user.id.to_string(), &user.user_name);
    let row = if edit {
        row.link(&user.user_name, &path)
    } else {
        row.cell(&user.user_name)
    };
    let row = row
        .cell(kind_mark(user.user_type))
        .cell(role_chips(tree, folder, member));
    if !edit || member.direct.is_none() {
        return row;
    }
    let question = Confirm::new(
        &format!("Remove “{}” from the folder?", user.user_name),
        "Its roles here end at once. What groups and parent folders give it stays.",
        "Remove",
    );
    row.menu(vec![
        MenuItem::link("Edit roles", "edit", &path),
        MenuItem::delete("Remove", &format!("{path}/remove"), csrf(cx), question),
    ])
}

fn role_chips(tree: &Tree, folder: &Folder, member: &Member) -> Markup {
    html! {
        span.chips {
            @for role in &member.roles {
                @let name = role.role_name.as_deref().unwrap_or_default();
                @if role.folder_id == folder.id { (chip(name, Tone::Info)) }
                @else {
                    @let from = tree.get(role.folder_id).map_or("above", |from| from.path.as_str());
                    (chip(&format!("{name} · from {from}"), Tone::Neutral))
                }
            }
            @if member.roles.is_empty() { (ui::muted("No role")) }
        }
    }
}

async fn show(cx: Request) -> Result<Response, Error> {
    form(&cx, 200, None, &Vec::new()).await
}

async fn form(cx: &Request, status: u16, ticked: Option<Vec<i64>>, errors: &Errors) -> Result<Response, Error> {
    let folder = load(cx).await?;
    let (permit, tenant, id, user) = (Permit::of(cx), tenant(cx)?, folder.id, cx.integer("user")?);
    let (user, all, held) = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            permit.check(Some(id))?;
            let user = users::find(&mut scope, user)?;
            let held = assignments::of_users(&mut scope, &[user.id])?;
            Ok::<_, Error>((user, roles::all(&mut scope)?, held))
        })
        .await?;
    let ticked = ticked.unwrap_or_else(|| {
        held.iter()
            .filter(|held| held.folder_id == id)
            .map(|held| held.role_id)
            .collect()
    });
    let own = folder_path(cx, id)?;
    let title = format!("Roles of {}", user.user_name);
    let content = html! {
        (ui::page_header(&title, &format!("In {} and everything below it.", folder.path), html! {}))
        (Form::new(csrf(cx), &format!("{own}/access/{}", user.id)).submit("Save").cancel(&format!("{own}/access")).errors(errors).render(html! {
            (field::checks("RoleIds", "Roles", role_choices(&all, true)).values(ticked.iter().map(i64::to_string)).error_in(errors))
        }))
    };
    page::render_with(cx, status, &title, ACTIVE, content).await
}

async fn save(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let wanted = numbers(&cx.form(), "RoleIds");
    let (permit, tenant, ctx, id, user) = (
        Permit::of(&cx),
        tenant(&cx)?,
        cx.ctx.clone(),
        folder.id,
        cx.integer("user")?,
    );
    let role_ids = wanted.clone();
    let saved = cx
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let folder = service::find(&mut scope, &permit, By::Id(id))?;
            let user = users::find(&mut scope, user)?;
            assignments::set_on_folder(&mut scope, &ctx, &user, &folder, &role_ids)
        })
        .await;
    match saved {
        Ok(()) => page::done(&format!("{}/access", folder_path(&cx, id)?), "The roles were saved."),
        Err(error) => form(&cx, 400, Some(wanted), &mendable(error)?).await,
    }
}

async fn remove(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let (permit, tenant, ctx, id, user) = (
        Permit::of(&cx),
        tenant(&cx)?,
        cx.ctx.clone(),
        folder.id,
        cx.integer("user")?,
    );
    cx.store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let folder = service::find(&mut scope, &permit, By::Id(id))?;
            let user = users::find(&mut scope, user)?;
            assignments::remove_from_folder(&mut scope, &ctx, &user, &folder)
        })
        .await?;
    page::done(
        &format!("{}/access", folder_path(&cx, id)?),
        "The account was removed from the folder.",
    )
}

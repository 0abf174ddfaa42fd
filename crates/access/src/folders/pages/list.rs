//! All folders as a tree. `GET /console/{org}/tenants/{tenant}/folders`

use context::Error;
use http::Method;
use maud::html;
use ui::{Grid, MenuItem, Row, link_button};
use web::{Folder as FolderRule, Operation, Request, Response, page};

use crate::Access;
use crate::console::{grid_query, may, may_somewhere, tenant, tenant_path};
use crate::folders::model::{FeedType, Folder};
use crate::frame::union;
use crate::permit::VIEW_FOLDERS;

pub const ACTIVE: &str = "folders";

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/tenants/{tenant}/folders", "Console_Folders")
        .summary("The folders of the tenant.")
        .permission(VIEW_FOLDERS)
        .folder(FolderRule::InRequest)
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (state, path, tenant) = (grid_query(&cx), tenant_path(&cx)?, tenant(&cx)?);
    let tree = cx.state::<Access>()?.tree(tenant.id).await?;
    let reach = union(cx.rights.reach(&cx.operation.requirement), cx.rights.assigned());
    let text = odata::fold(&state.search);
    let found: Vec<(&Folder, bool)> = tree
        .visible(&reach, &cx.rights.assigned_itself())
        .into_iter()
        .filter(|(folder, _)| text.is_empty() || odata::fold(&folder.path).contains(&text))
        .collect();
    let total = found.len() as u64;
    let shown = found
        .into_iter()
        .skip(usize::try_from(state.skip()).unwrap_or(usize::MAX))
        .take(state.size as usize);
    let mut grid = Grid::new("folders", "Folders", &state)
        .column("Folder")
        .column("Description")
        .optional()
        .column("Package feed")
        .optional()
        .column("Created")
        .optional()
        .search("Path")
        .total(total)
        .api("GET", "/odata/Folders?$orderby=FullyQualifiedName");
    for (folder, selectable) in shown {
        grid = grid.row(row(&cx, &path, folder, selectable)?);
    }
    let content = html! {
        (ui::page_header("Folders", "Folders hold resources and decide who may use them. What is given on a folder holds in everything below it.", html! {
            @if may_somewhere(&cx, "Units.Create or SubFolders.Create")? {
                (link_button("New folder", &format!("{path}/folders/new")).primary().icon("plus"))
            }
        }))
        (grid.render())
    };
    page::render(&cx, "Folders", ACTIVE, content).await
}

fn row(cx: &Request, path: &str, folder: &Folder, selectable: bool) -> Result<Row, Error> {
    let own = format!("{path}/folders/{}", folder.id);
    let feed = if folder.feed_type == FeedType::FolderHierarchy {
        "Own"
    } else {
        "Tenant"
    };
    let row = Row::new(&folder.id.to_string(), &folder.path);
    let row = if selectable {
        row.link(&folder.path, &own)
    } else {
        row.cell(ui::muted(&folder.path))
    };
    let row = row
        .cell(folder.description.as_deref().unwrap_or_default())
        .cell(feed)
        .cell(ui::time(&folder.created_at.to_string()));
    if !selectable {
        return Ok(row);
    }
    let mut menu = vec![MenuItem::link("Accounts", "users", &format!("{own}/access"))];
    if may(cx, "Units.Create or SubFolders.Create", Some(folder.id))? {
        menu.push(MenuItem::link(
            "New subfolder",
            "plus",
            &format!("{path}/folders/new?parent={}", folder.id),
        ));
    }
    if may(cx, super::settings::NEEDED, Some(folder.id))? {
        menu.push(MenuItem::link(
            "Rename, move or delete",
            "edit",
            &format!("{own}/settings"),
        ));
    }
    Ok(row.menu(menu))
}

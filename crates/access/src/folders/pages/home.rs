//! The home of a folder. `GET /console/{org}/tenants/{tenant}/folders/{folder}`

use context::Error;
use http::Method;
use maud::html;
use ui::link_button;
use web::{Area, Operation, Request, Response, page};

use super::load;
use crate::Access;
use crate::console::{folder_path, may, tenant, tenant_path};
use crate::folders::model::Folder;
use crate::folders::service;
use crate::permit::{Permit, VIEW_FOLDERS};

pub const ACTIVE: &str = "folder-home";

pub fn operation() -> Operation {
    Operation::page(
        Method::GET,
        "/{org}/tenants/{tenant}/folders/{folder}",
        "Console_FolderHome",
    )
    .summary("The home of a folder.")
    .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let access = cx.state::<Access>()?;
    let (tenant, id) = (tenant(&cx)?, folder.id);
    let tree = access.tree(tenant.id).await?;
    let contents = access.contents.all();
    let counts = cx
        .store()
        .read(move |tx| service::summary(&mut tx.tenant(tenant.id), &Permit::everything(), &contents, id))
        .await?;
    let panels = access.panels.render(&cx, Some(id)).await?;
    let (own, base) = (folder_path(&cx, id)?, tenant_path(&cx)?);
    let sections: Vec<_> = cx
        .app
        .navigation()
        .iter()
        .filter(|entry| entry.area == Area::Folder && !entry.path.is_empty())
        .filter(|entry| cx.rights.allow(&entry.requirement, Some(id)))
        .collect();
    let children: Vec<_> = tree.children(Some(id)).collect();
    let content = html! {
        (ui::page_header(&folder.display_name, lead(&folder), html! {
            @if may(&cx, "Units.Create or SubFolders.Create", Some(id))? {
                (link_button("New subfolder", &format!("{base}/folders/new?parent={id}")).icon("plus"))
            }
            @if may(&cx, "Units.Edit or SubFolders.Edit", Some(id))? {
                (link_button("Assign accounts", &format!("{own}/access/assign")).primary())
            }
        }))
        (ui::tiles(html! {
            @for (kind, count) in &counts {
                @let entry = sections.iter().find(|entry| entry.title.eq_ignore_ascii_case(kind));
                (ui::stat(if *kind == "Users" { "Assigned accounts" } else { kind }, &count.to_string(), html! {
                    @if let Some(entry) = entry { a href={ (own) (entry.path) } { "Open" } }
                    @else if *kind == "Users" && may(&cx, VIEW_FOLDERS, Some(id))? { a href={ (own) "/access" } { "Open" } }
                }))
            }
        }))
        (panels)
        @if !children.is_empty() {
            (ui::section("Subfolders", html! {
                ul.links { @for child in &children { li { a href={ (base) "/folders/" (child.id) } { (child.display_name) } } } }
            }))
        }
        (ui::section("For programs", ui::definitions(&[
            ("Header X-UIPATH-OrganizationUnitId", ui::copyable(&id.to_string())),
            ("Header X-UIPATH-FolderKey", ui::copyable(&folder.key.to_string())),
            ("Header X-UIPATH-FolderPath", ui::copyable(&folder.path)),
        ])))
        (ui::api_hint("GET", &format!("/odata/Folders({id})")))
    };
    page::render(&cx, &folder.display_name, ACTIVE, content).await
}

/// What the folder is for, else where it is.
fn lead(folder: &Folder) -> &str {
    match folder.description.as_deref() {
        Some(description) => description,
        None if folder.parent_id.is_some() => &folder.path,
        None => "",
    }
}

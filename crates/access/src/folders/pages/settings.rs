//! Renaming and moving a folder. `GET` and `POST /console/{org}/tenants/{tenant}/folders/{folder}/settings`, `POST …/move`

use context::Error;
use http::Method;
use maud::html;
use ui::field::{self, Choice};
use ui::{Confirm, Form, Tone};
use web::{Folder as FolderRule, Operation, Request, Response, page};

use super::load;
use crate::Access;
use crate::console::{Errors, csrf, folder_path, may, mendable, tenant};
use crate::folders::model::Folder;
use crate::folders::service::{self, By};
use crate::permit::Permit;

pub const ACTIVE: &str = "folder-settings";
pub const NEEDED: &str = "Units.Edit or SubFolders.Edit or Units.Delete or SubFolders.Delete";

const EDIT: &str = "Units.Edit or SubFolders.Edit";
const DELETE: &str = "Units.Delete or SubFolders.Delete";
const PATH: &str = "/{org}/tenants/{tenant}/folders/{folder}/settings";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_FolderSettings")
            .summary("The settings of a folder.")
            .permission(NEEDED)
            .folder(FolderRule::InRequest)
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_EditFolder")
            .summary("Gives a folder another name and description.")
            .permission(EDIT)
            .folder(FolderRule::InRequest)
            .takes_form()
            .handler(rename),
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/move",
            "Console_MoveFolder",
        )
        .summary("Moves a folder.")
        .permission(DELETE)
        .folder(FolderRule::InRequest)
        .takes_form()
        .handler(relocate),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    if !may(&cx, NEEDED, Some(folder.id))? {
        return Err(Error::forbidden());
    }
    form(&cx, 200, &folder, &Vec::new()).await
}

async fn rename(cx: Request) -> Result<Response, Error> {
    let before = load(&cx).await?;
    let fields = cx.form();
    let text = |name| page::field(&fields, name).to_owned();
    let (name, description, id) = (text("DisplayName"), text("Description"), before.id);
    let (permit, tenant, ctx) = (Permit::of(&cx), tenant(&cx)?, cx.ctx.clone());
    let (new_name, new_description) = (name.clone(), description.clone());
    let edited = cx
        .store()
        .write(move |tx| {
            let (name, description) = (Some(new_name.as_str()), Some(Some(new_description.as_str())));
            service::edit(&mut tx.tenant(tenant.id), &ctx, &permit, By::Id(id), name, description)
        })
        .await;
    match edited {
        Ok(_) => page::done(&format!("{}/settings", folder_path(&cx, id)?), "The folder was saved."),
        Err(error) => {
            let shown = Folder {
                display_name: name,
                description: Some(description),
                ..before
            };
            form(&cx, 400, &shown, &mendable(error)?).await
        }
    }
}

async fn relocate(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let target = page::field(&cx.form(), "target").parse().ok();
    let (permit, tenant, ctx, id) = (Permit::of(&cx), tenant(&cx)?, cx.ctx.clone(), folder.id);
    let moved = cx
        .store()
        .write(move |tx| service::relocate(&mut tx.tenant(tenant.id), &ctx, &permit, id, target))
        .await;
    match moved {
        Ok(()) => page::done(&folder_path(&cx, id)?, "The folder was moved."),
        Err(error) => form(&cx, 400, &folder, &mendable(error)?).await,
    }
}

async fn form(cx: &Request, status: u16, folder: &Folder, errors: &Errors) -> Result<Response, Error> {
    let (own, id) = (folder_path(cx, folder.id)?, folder.id);
    let access = cx.state::<Access>()?;
    let tenant = tenant(cx)?;
    let tree = access.tree(tenant.id).await?;
    let contents = access.contents.all();
    let counts = cx
        .store()
        .read(move |tx| service::summary(&mut tx.tenant(tenant.id), &Permit::everything(), &contents, id))
        .await?;
    let create = "(Units.Create or SubFolders.Create) and (Units.Edit or SubFolders.Edit)";
    let mut targets = Vec::new();
    if may(cx, create, None)? {
        targets.push(Choice::new("", "None: make it a root folder"));
    }
    for target in tree.in_order() {
        if !target.lineage.starts_with(&folder.lineage) && may(cx, create, Some(target.id))? {
            targets.push(Choice::new(&target.id.to_string(), &target.path));
        }
    }
    let (edit, delete) = (may(cx, EDIT, Some(id))?, may(cx, DELETE, Some(id))?);
    let inside: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.to_lowercase()))
        .collect();
    let content = html! {
        (ui::page_header("Folder settings", &folder.path, html! {}))
        @if edit {
            (ui::section("Name", Form::new(csrf(cx), &format!("{own}/settings")).submit("Save").errors(errors).render(html! {
                (field::text("DisplayName", "Folder name").value(&folder.display_name).required().max(service::LONGEST_NAME).error_in(errors))
                (field::textarea("Description", "Description", 3).value(folder.description.as_deref().unwrap_or_default()).max(service::LONGEST_DESCRIPTION).error_in(errors))
            })))
        }
        @if delete && !targets.is_empty() {
            (ui::section("Move", Form::new(csrf(cx), &format!("{own}/move")).submit("Move").unguarded().render(html! {
                (field::select("target", "New parent", targets).value(&folder.parent_id.map(|id| id.to_string()).unwrap_or_default())
                    .hint("Everything below moves along, and inherits what the new parents give."))
            })))
        }
        @if delete {
            (ui::section("Delete", html! {
                @if inside.is_empty() { p { "The folder is empty." } }
                @else { (ui::callout(Tone::Warning, html! { "In this folder and below it are " (inside.join(", ")) ". They are deleted with it, unless they are in other folders too." })) }
                (Form::new(csrf(cx), &format!("{own}/delete")).submit("Delete folder").danger().unguarded()
                    .confirm(Confirm::delete(&folder.display_name).explain("The folder goes with everything in it. This cannot be undone.").type_name(&folder.display_name))
                    .render(html! {}))
            }))
        }
    };
    page::render_with(cx, status, "Folder settings", ACTIVE, content).await
}

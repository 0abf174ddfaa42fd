//! The form for a new folder. `GET` and `POST /console/{org}/tenants/{tenant}/folders/new`

use context::Error;
use http::Method;
use maud::html;
use ui::Form;
use ui::field::{self, Choice};
use web::{Folder as FolderRule, Operation, Request, Response, page};

use super::list;
use crate::Access;
use crate::console::{Errors, csrf, folder_path, may, mendable, tenant, tenant_path};
use crate::folders::service::{self, NewFolder};
use crate::permit::Permit;

const PATH: &str = "/{org}/tenants/{tenant}/folders/new";
const NEEDED: &str = "Units.Create or SubFolders.Create";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_NewFolder")
            .summary("The form for a new folder.")
            .permission(NEEDED)
            .folder(FolderRule::InRequest)
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_CreateFolder")
            .summary("Makes a folder.")
            .permission(NEEDED)
            .folder(FolderRule::InRequest)
            .takes_form()
            .handler(submit),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let parent = cx.parse("parent")?;
    form(
        &cx,
        200,
        &NewFolder {
            parent,
            ..NewFolder::default()
        },
        &Vec::new(),
    )
    .await
}

async fn submit(cx: Request) -> Result<Response, Error> {
    let fields = cx.form();
    let text = |name| page::field(&fields, name).to_owned();
    let new = NewFolder {
        display_name: text("DisplayName"),
        description: Some(text("Description")),
        parent: text("ParentId").parse().ok(),
        own_feed: text("FeedType") == "FolderHierarchy",
    };
    let (permit, tenant, ctx, wanted) = (Permit::of(&cx), tenant(&cx)?, cx.ctx.clone(), new.clone());
    let made = cx
        .store()
        .write(move |tx| service::create(&mut tx.tenant(tenant.id), &ctx, &permit, &wanted))
        .await;
    match made {
        Ok(folder) => page::done(
            &folder_path(&cx, folder.id)?,
            &format!("Folder {} was created.", folder.path),
        ),
        Err(error) => form(&cx, 400, &new, &mendable(error)?).await,
    }
}

async fn form(cx: &Request, status: u16, new: &NewFolder, errors: &Errors) -> Result<Response, Error> {
    let tree = cx.state::<Access>()?.tree(cx.tenant()?.id).await?;
    let mut parents = Vec::new();
    if may(cx, NEEDED, None)? {
        parents.push(Choice::new("", "None: a root folder"));
    }
    for folder in tree.in_order() {
        if folder.depth < service::DEEPEST && may(cx, NEEDED, Some(folder.id))? {
            parents.push(Choice::new(&folder.id.to_string(), &folder.path));
        }
    }
    let base = tenant_path(cx)?;
    let feeds = vec![
        Choice::new("Processes", "From the tenant's package feed"),
        Choice::new("FolderHierarchy", "From a new package feed of its own")
            .hint("Root folders only; subfolders share it."),
    ];
    let fields = html! {
        (field::text("DisplayName", "Folder name").value(&new.display_name).required().autofocus().max(service::LONGEST_NAME).error_in(errors))
        (field::textarea("Description", "Description", 3).value(new.description.as_deref().unwrap_or_default()).max(service::LONGEST_DESCRIPTION).error_in(errors))
        (field::select("ParentId", "Parent folder", parents).value(&new.parent.map(|id| id.to_string()).unwrap_or_default()).error_in(errors))
        (field::radio("FeedType", "Packages", feeds).value(if new.own_feed { "FolderHierarchy" } else { "Processes" }).show_when("ParentId", ""))
    };
    let content = html! {
        (ui::page_header("New folder", "", html! {}))
        (Form::new(csrf(cx), &format!("{base}/folders/new")).submit("Create").cancel(&format!("{base}/folders")).errors(errors).render(fields))
        (ui::api_hint("POST", "/odata/Folders"))
    };
    page::render_with(cx, status, "New folder", list::ACTIVE, content).await
}

//! Gives a folder another name and description. `PUT /odata/Folders({key})`, `PATCH /api/Folders/PatchNameDescription`

use context::Error;
use http::Method;
use serde::Deserialize;
use store::Entity as _;
use web::{Folder as FolderRule, Operation, Reply, Request, Response, Shape, reply};

use super::create::Body;
use crate::folders::model::Folder;
use crate::folders::service::{self, By};
use crate::permit::Permit;
use crate::rows;

const EDIT: &str = "Units.Edit or SubFolders.Edit";

pub fn put() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Folders({key})", "Folders_PutById")
        .summary("Replaces the name and description of a folder.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes_entity(Folder::model())
        .answers(200, Shape::Entity(Folder::model()))
        .handler(replace)
}

pub fn patch() -> Operation {
    Operation::orchestrator(
        Method::PATCH,
        "/api/Folders/PatchNameDescription",
        "Folders_PatchNameDescription",
    )
    .summary("Changes the name or the description of the folder with the GUID `key`.")
    .scope("OR.Folders.Write")
    .permission(EDIT)
    .folder(FolderRule::InRequest)
    .parameters(&["key"])
    .takes::<Changes>("FolderUpdateNameDescriptionRequest")
    .answers(200, Shape::Nothing)
    .handler(change)
}

async fn replace(cx: Request) -> Result<Response, Error> {
    let body: Body = cx.json()?;
    let by = By::Id(cx.integer("key")?);
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    let folder = cx
        .store()
        .write(move |tx| {
            let description = Some(body.description.as_deref());
            service::edit(
                &mut tx.tenant(tenant),
                &ctx,
                &permit,
                by,
                Some(&body.display_name),
                description,
            )
        })
        .await?;
    reply::entity(&cx, 200, "Folders", Folder::model(), None, rows::published(&folder))
}

/// `FolderUpdateNameDescriptionRequest`
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[derive(Default)]
struct Changes {
    name: Option<String>,
    description: Option<String>,
}

async fn change(cx: Request) -> Result<Response, Error> {
    let changes: Changes = cx.json()?;
    let key = cx
        .parse("key")?
        .ok_or_else(|| Error::field("key", "The key of the folder is required."))?;
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| {
            let description = changes.description.as_deref().map(Some);
            service::edit(
                &mut tx.tenant(tenant),
                &ctx,
                &permit,
                By::Key(key),
                changes.name.as_deref(),
                description,
            )
        })
        .await?;
    Reply::ok().empty()
}

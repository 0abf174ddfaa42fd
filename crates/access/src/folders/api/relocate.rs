//! Moves a folder with everything below it. `PUT /odata/Folders({folderId})/…MoveFolder`

use context::Error;
use http::Method;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::folders::service;
use crate::permit::Permit;

pub fn operation() -> Operation {
    let path = "/odata/Folders({folderId})/UiPath.Server.Configuration.OData.MoveFolder";
    Operation::orchestrator(Method::PUT, path, "Folders_MoveFolderByFolderid")
        .summary("Moves a folder below `targetParentId`, or to the root. Create and Edit are needed at the target too.")
        .scope("OR.Folders.Write")
        // The rights at the target are another folder's, so the service asks for them.
        .permission("Units.Delete or SubFolders.Delete")
        .folder(FolderRule::InRequest)
        .parameters(&["targetParentId"])
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (folder, target) = (cx.integer("folderId")?, cx.parse("targetParentId")?);
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| service::relocate(&mut tx.tenant(tenant), &ctx, &permit, folder, target))
        .await?;
    reply::no_content()
}

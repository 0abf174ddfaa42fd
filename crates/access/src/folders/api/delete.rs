//! Deletes an empty folder. `DELETE /odata/Folders({key})`, `DELETE /api/Folders/DeleteByKey`

use context::Error;
use http::Method;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::folders::service::{self, By};
use crate::permit::Permit;

const DELETE: &str = "Units.Delete or SubFolders.Delete";

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Folders({key})", "Folders_DeleteById")
        .summary("Deletes a folder without subfolders, resources and assigned accounts.")
        .scope("OR.Folders.Write")
        .permission(DELETE)
        .folder(FolderRule::InRequest)
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let by = By::Id(cx.integer("key")?);
            delete(cx, by).await
        })
}

pub fn by_key() -> Operation {
    Operation::orchestrator(Method::DELETE, "/api/Folders/DeleteByKey", "Folders_DeleteByKey")
        .summary("Deletes the empty folder with the GUID `key`.")
        .scope("OR.Folders.Write")
        .permission(DELETE)
        .folder(FolderRule::InRequest)
        .parameters(&["key"])
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let key = cx
                .parse("key")?
                .ok_or_else(|| Error::field("key", "The key of the folder is required."))?;
            delete(cx, By::Key(key)).await
        })
}

async fn delete(cx: Request, by: By) -> Result<Response, Error> {
    let contents = cx.state::<Access>()?.contents.all();
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant), &ctx, &permit, by, &contents, false))
        .await?;
    reply::no_content()
}

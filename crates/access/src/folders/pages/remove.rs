//! Deletes a folder with everything in it. `POST /console/{org}/tenants/{tenant}/folders/{folder}/delete`

use context::Error;
use http::Method;
use web::{Folder as FolderRule, Operation, Request, Response, page};

use super::load;
use crate::Access;
use crate::console::{tenant, tenant_path};
use crate::folders::service::{self, By};
use crate::permit::Permit;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/delete",
            "Console_DeleteFolder",
        )
        .summary("Deletes a folder with everything in it.")
        .permission("Units.Delete or SubFolders.Delete")
        .folder(FolderRule::InRequest)
        .takes_form()
        .handler(handle),
    ]
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let contents = cx.state::<Access>()?.contents.all();
    let (permit, tenant, ctx, by) = (Permit::of(&cx), tenant(&cx)?, cx.ctx.clone(), By::Id(folder.id));
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant.id), &ctx, &permit, by, &contents, true))
        .await?;
    page::done(
        &format!("{}/folders", tenant_path(&cx)?),
        &format!("Folder {} was deleted.", folder.path),
    )
}

//! The folders of the tenant, as far as the caller may view them. `GET /odata/Folders`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::folders::{model::Folder, service};
use crate::permit::{Permit, VIEW_FOLDERS};
use crate::rows;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Folders", "Folders_Get")
        .summary("Lists folders: all with Units.View, else those where SubFolders.View is held.")
        .scope("OR.Folders.Read")
        .permission(VIEW_FOLDERS)
        .folder(FolderRule::InRequest)
        .queryable()
        .answers(200, Shape::Collection(Folder::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Folder::model())?;
    let (permit, tenant, asked) = (Permit::of(&cx), cx.tenant()?.id, query.clone());
    let page = cx
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &permit, &asked))
        .await?;
    let page = page.map(|folder| rows::published(&folder));
    reply::collection(&cx, "Folders", Folder::model(), &query, page.items, page.count)
}

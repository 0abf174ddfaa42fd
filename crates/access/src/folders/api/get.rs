//! One folder, by id or GUID. `GET /odata/Folders({key})`, `…GetByKey(identifier={identifier})`
//!
//! Whoever is assigned to a folder may look at it without any permission, so none is declared and the service decides.

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use crate::folders::model::Folder;
use crate::folders::service::{self, By};
use crate::permit::Permit;
use crate::rows;

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Folders({key})", "Folders_GetById")
        .summary("Gets a folder that the caller may view or is assigned to.")
        .scope("OR.Folders.Read")
        .queryable()
        .answers(200, Shape::Entity(Folder::model()))
        .handler(|cx: Request| async move {
            let by = By::Id(cx.integer("key")?);
            answer(cx, by).await
        })
}

pub fn by_key() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})";
    Operation::orchestrator(Method::GET, path, "Folders_GetByKeyByIdentifier")
        .summary("Gets a folder by its GUID.")
        .scope("OR.Folders.Read")
        .queryable()
        .answers(200, Shape::Entity(Folder::model()))
        .handler(|cx: Request| async move {
            let by = By::Key(cx.guid("identifier")?);
            answer(cx, by).await
        })
}

async fn answer(cx: Request, by: By) -> Result<Response, Error> {
    let query = cx.odata(Folder::model())?;
    let (permit, tenant) = (Permit::of(&cx), cx.tenant()?.id);
    let folder = cx
        .store()
        .read(move |tx| service::view(&mut tx.tenant(tenant), &permit, by))
        .await?;
    reply::entity(
        &cx,
        200,
        "Folders",
        Folder::model(),
        Some(&query),
        rows::published(&folder),
    )
}

//! One process. `GET /odata/Releases({key})`, `GET /odata/Releases/…GetByKey(identifier={guid})` and
//! `GET /odata/Releases({key})/…GetRelease`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, asked, tree};
use crate::processes::model::Release;
use crate::processes::read;
use crate::processes::service::By;

pub fn by_id() -> Operation {
    getting("/odata/Releases({key})", "Releases_GetById").summary("Gets a process.")
}

/// The same under the name that newer clients call: not in the contract.
pub fn with_retention() -> Operation {
    let path = "/odata/Releases({key})/UiPath.Server.Configuration.OData.GetRelease";
    getting(path, "Releases_GetReleaseById").summary("Gets a process, with how long its jobs are kept.")
}

fn getting(path: &'static str, id: &'static str) -> Operation {
    declare(path, id).handler(|request: Request| async move {
        let by = By::Id(request.integer("key")?);
        handle(request, by).await
    })
}

/// Not in the contract.
pub fn by_key() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})";
    declare(path, "Releases_GetByKeyByIdentifier")
        .summary("Gets a process by its GUID.")
        .handler(|request: Request| async move {
            let by = By::Key(request.guid("identifier")?);
            handle(request, by).await
        })
}

fn declare(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Execution.Read")
        .permission("Processes.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Entity(Release::model()))
}

async fn handle(request: Request, by: By<'static>) -> Result<Response, Error> {
    let query = request.odata(Release::model())?;
    let (tenant, tree, asked) = (request.tenant()?.id, tree(&request).await?, asked(&request));
    let options = query.clone();
    let release = request
        .store()
        .read(move |tx| read::single(&mut tx.tenant(tenant), &tree, &asked, by, &options))
        .await?;
    reply::entity(&request, 200, SET, Release::model(), Some(&query), release)
}

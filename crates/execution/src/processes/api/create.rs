//! Makes a process in a folder. `POST /odata/Releases` and `POST /odata/Releases/…CreateRelease`

use access::Permit;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, asked, tree};
use crate::processes::input::ReleaseInput;
use crate::processes::model::Release;
use crate::processes::service::By;
use crate::processes::{read, service};

pub fn operation() -> Operation {
    making("/odata/Releases", "Releases_Post").summary("Makes a process of a package version in a folder.")
}

/// The same under the name that newer clients call: not in the contract.
pub fn with_retention() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.CreateRelease";
    making(path, "Releases_CreateRelease").summary("Makes a process, and says how long its jobs are kept.")
}

/// That live streaming needs `RemoteControl.Create` as well is checked where it is asked for.
fn making(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Execution.Write")
        .permission("Processes.Create")
        .folder(Folder::Required)
        .queryable()
        .takes_entity(Release::model())
        .answers(201, Shape::Entity(Release::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Release::model())?;
    let draft = ReleaseInput::read(request.value()?)?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let tree = tree(&request).await?;
    let (asked, permit, options) = (asked(&request), Permit::of(&request), query.clone());
    let release = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let id = service::create(&mut scope, &ctx, &permit, folder, &draft)?;
            read::single(&mut scope, &tree, &asked, By::Id(id), &options)
        })
        .await?;
    reply::entity(&request, 201, SET, Release::model(), Some(&query), release)
}

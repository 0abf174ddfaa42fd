//! Changes what a process says. `PUT /odata/Releases({key})`, `PATCH /odata/Releases({key})` and `POST /odata/Releases/…EditRelease`
//!
//! That live streaming needs `RemoteControl.Create` as well is checked where it is changed. The contract answers 200 without a shape;
//! the process is sent because some clients parse a body after every call.

use context::Error;
use http::Method;
use serde_json::Value;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, asked, tree};
use crate::processes::input::ReleaseInput;
use crate::processes::model::Release;
use crate::processes::service::By;
use crate::processes::{read, service};

pub fn operation() -> Operation {
    changing(Method::PUT, "/odata/Releases({key})", "Releases_PutById")
        .summary("Replaces a process: what is left out gets its default.")
        .handler(handle)
}

pub fn patch() -> Operation {
    changing(Method::PATCH, "/odata/Releases({key})", "Releases_PatchById")
        .summary("Changes the members of a process that the body mentions.")
        .handler(|request: Request| async move {
            let id = request.integer("key")?;
            let given = request.value()?;
            change(request, id, given).await
        })
}

/// What newer clients call: the id is in the body, with the members that change. Not in the contract.
pub fn edit() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.EditRelease";
    changing(Method::POST, path, "Releases_EditRelease")
        .summary("Changes the process whose Id the body names, with how long its jobs are kept.")
        .handler(|request: Request| async move {
            let given = request.value()?;
            let id = ReleaseInput::read(given.clone())?.id.filter(|id| *id != 0);
            let id = id.ok_or_else(|| Error::field("Id", "Id is required."))?;
            change(request, id, given).await
        })
}

fn changing(method: Method, path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(method, path, id)
        .scope("OR.Execution.Write")
        .permission("Processes.Edit")
        .folder(Folder::Optional)
        .queryable()
        .takes_entity(Release::model())
        .answers(200, Shape::Entity(Release::model()))
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Release::model())?;
    let id = request.integer("key")?;
    let draft = ReleaseInput::read(request.value()?)?.check()?;
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    let (tree, options) = (tree(&request).await?, query.clone());
    let release = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let release = service::replace(&mut scope, &ctx, &asked, id, &draft)?;
            read::whole(&mut scope, &tree, release, &options)
        })
        .await?;
    reply::entity(&request, 200, SET, Release::model(), Some(&query), release)
}

async fn change(request: Request, id: i64, given: Value) -> Result<Response, Error> {
    let query = request.odata(Release::model())?;
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    let (tree, options) = (tree(&request).await?, query.clone());
    let release = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let release = service::patch(&mut scope, &ctx, &asked, By::Id(id), given.clone())?;
            read::whole(&mut scope, &tree, release, &options)
        })
        .await?;
    reply::entity(&request, 200, SET, Release::model(), Some(&query), release)
}

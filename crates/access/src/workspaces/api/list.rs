//! The personal workspaces of the tenant. `GET /odata/PersonalWorkspaces`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::workspaces::model::PersonalWorkspace;
use crate::workspaces::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/PersonalWorkspaces", "PersonalWorkspaces_Get")
        .summary("Lists the personal workspaces of the tenant, with their owners and who explores them.")
        .scope("OR.Folders.Read")
        .permission("Units.View")
        .queryable()
        .answers(200, Shape::Collection(PersonalWorkspace::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(PersonalWorkspace::model())?;
    let (tenant, asked) = (cx.tenant()?.id, query.clone());
    let page = cx
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &asked))
        .await?;
    reply::collection(&cx, SET, PersonalWorkspace::model(), &query, page.items, page.count)
}

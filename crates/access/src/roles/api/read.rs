//! The roles of the tenant. `GET /odata/Roles`, `GET /odata/Roles({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::roles::model::Role;
use crate::roles::service;

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Roles", "Roles_Get")
        .summary("Lists roles.")
        .scope("OR.Users.Read")
        .permission("Roles.View or Units.Edit or SubFolders.Edit")
        .folder(FolderRule::InRequest)
        .queryable()
        .answers(200, Shape::Collection(Role::model()))
        .handler(get_all)
}

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Roles({key})", "Roles_GetById")
        .summary("Gets a role.")
        .scope("OR.Users.Read")
        .permission("Roles.View")
        .queryable()
        .answers(200, Shape::Entity(Role::model()))
        .handler(get_one)
}

async fn get_all(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Role::model())?;
    let (tenant, asked) = (cx.tenant()?.id, query.clone());
    let page = cx
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &asked))
        .await?;
    let page = page.map(|role| service::to_value(&role));
    reply::collection(&cx, "Roles", Role::model(), &query, page.items, page.count)
}

async fn get_one(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Role::model())?;
    let (tenant, id) = (cx.tenant()?.id, cx.integer("key")?);
    let role = cx
        .store()
        .read(move |tx| service::find(&mut tx.tenant(tenant), id))
        .await?;
    reply::entity(&cx, 200, "Roles", Role::model(), Some(&query), service::to_value(&role))
}

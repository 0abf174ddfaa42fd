//! Custom roles. `POST /odata/Roles`, `PUT /odata/Roles({key})`, `DELETE /odata/Roles({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use crate::roles::model::Role;
use crate::roles::service::{self, Draft};

pub fn create() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Roles", "Roles_Post")
        .summary("Creates a role for the tenant or for folders.")
        .scope("OR.Users.Write")
        .permission("Roles.Create")
        .takes::<Draft>("RoleDto")
        .answers(201, Shape::Entity(Role::model()))
        .handler(post)
}

pub fn replace() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Roles({key})", "Roles_PutById")
        .summary("Replaces the name and the permissions of a custom role.")
        .scope("OR.Users.Write")
        .permission("Roles.Edit")
        .takes::<Draft>("RoleDto")
        .answers(200, Shape::Entity(Role::model()))
        .handler(put)
}

pub fn delete() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Roles({key})", "Roles_DeleteById")
        .summary("Deletes a custom role and takes it from everyone who holds it.")
        .scope("OR.Users.Write")
        .permission("Roles.Delete")
        .answers(204, Shape::Nothing)
        .handler(remove)
}

async fn post(cx: Request) -> Result<Response, Error> {
    let draft: Draft = cx.json()?;
    let (tenant, ctx) = (cx.tenant()?.id, cx.ctx.clone());
    let role = cx
        .store()
        .write(move |tx| service::create(&mut tx.tenant(tenant), &ctx, &draft))
        .await?;
    answer(&cx, 201, &role)
}

async fn put(cx: Request) -> Result<Response, Error> {
    let draft: Draft = cx.json()?;
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    let role = cx
        .store()
        .write(move |tx| service::replace(&mut tx.tenant(tenant), &ctx, id, &draft))
        .await?;
    answer(&cx, 200, &role)
}

/// What was made or changed is answered with its permissions, expanded or not.
fn answer(cx: &Request, status: u16, role: &Role) -> Result<Response, Error> {
    let mut query = odata::Query::new(Role::model());
    if let Some(permissions) = Role::model().navigation("Permissions") {
        query.selection.expand.push(odata::Expansion {
            navigation: odata::Reference(permissions),
            selection: odata::Selection::default(),
        });
    }
    reply::entity(
        cx,
        status,
        "Roles",
        Role::model(),
        Some(&query),
        service::to_value(role),
    )
}

async fn remove(cx: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    reply::no_content()
}

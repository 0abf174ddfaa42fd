//! Roles of a user on the tenant. `POST /odata/Users({key})/…AssignRoles`, `…ToggleRole`

use context::Error;
use http::Method;
use serde::Deserialize;
use web::{Operation, Reply, Request, Response, Shape};

use crate::roles::assignments;
use crate::users::service;

pub fn assign() -> Operation {
    let path = "/odata/Users({key})/UiPath.Server.Configuration.OData.AssignRoles";
    Operation::orchestrator(Method::POST, path, "Users_AssignRolesById")
        .summary("Replaces the roles of a user on the tenant.")
        .scope("OR.Users.Write")
        .permission("Users.Edit or Users.Create")
        .takes::<Wanted>("UserAssignRolesRequest")
        .answers(200, Shape::Nothing)
        .handler(replace)
}

pub fn toggle() -> Operation {
    let path = "/odata/Users({key})/UiPath.Server.Configuration.OData.ToggleRole";
    Operation::orchestrator(Method::POST, path, "Users_ToggleRoleById")
        .summary("Gives a user a role on the tenant, or takes it.")
        .scope("OR.Users.Write")
        .permission("Users.Edit")
        .takes::<Toggle>("UsersToggleRoleRequest")
        .answers(200, Shape::Nothing)
        .handler(switch)
}

/// `UserAssignRolesRequest`
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    role_ids: Vec<i64>,
}

/// `UsersToggleRoleRequest`
#[derive(Deserialize, schemars::JsonSchema)]
struct Toggle {
    /// Name of the role.
    role: String,
    toggle: bool,
}

async fn replace(cx: Request) -> Result<Response, Error> {
    let wanted: Wanted = cx.json()?;
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let user = service::find(&mut scope, id)?;
            assignments::set_on_tenant(&mut scope, &ctx, &user, &wanted.role_ids)
        })
        .await?;
    Reply::ok().empty()
}

async fn switch(cx: Request) -> Result<Response, Error> {
    let body: Toggle = cx.json()?;
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| service::toggle_role(&mut tx.tenant(tenant), &ctx, id, &body.role, body.toggle))
        .await?;
    Reply::ok().empty()
}

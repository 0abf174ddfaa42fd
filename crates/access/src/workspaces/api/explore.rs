//! Looking into the workspace of somebody else. `POST /odata/PersonalWorkspaces({key})/…StartExploring` and `…StopExploring`

use context::Error;
use http::Method;
use web::{Access as AccessRule, Operation, Request, Response, Shape, reply};

use crate::workspaces::service;

const NEEDED: &str = "Units.Edit and Users.View and Roles.View";

pub fn start() -> Operation {
    let path = "/odata/PersonalWorkspaces({key})/UiPath.Server.Configuration.OData.StartExploring";
    Operation::orchestrator(Method::POST, path, "PersonalWorkspaces_StartExploringById")
        .summary("Gives the caller the rights of the owner in a personal workspace, until it stops exploring.")
        .access(AccessRule::PersonOnly)
        .permission(NEEDED)
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
            cx.store()
                .write(move |tx| service::start_exploring(&mut tx.tenant(tenant), &ctx, id))
                .await?;
            done()
        })
}

pub fn stop() -> Operation {
    let path = "/odata/PersonalWorkspaces({key})/UiPath.Server.Configuration.OData.StopExploring";
    Operation::orchestrator(Method::POST, path, "PersonalWorkspaces_StopExploringById")
        .summary("Takes the rights back that exploring a personal workspace gave.")
        .access(AccessRule::PersonOnly)
        .permission(NEEDED)
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
            cx.store()
                .write(move |tx| service::stop_exploring(&mut tx.tenant(tenant), &ctx, id))
                .await?;
            done()
        })
}

fn done() -> Result<Response, Error> {
    reply::no_content()
}

//! Makes a folder of a workspace. `POST /odata/PersonalWorkspaces({key})/…ConvertToFolder`

use context::Error;
use http::Method;
use serde::Deserialize;
use web::{Access as AccessRule, Operation, Request, Response, Shape, reply};

use crate::workspaces::service;

pub fn operation() -> Operation {
    let path = "/odata/PersonalWorkspaces({key})/UiPath.Server.Configuration.OData.ConvertToFolder";
    Operation::orchestrator(Method::POST, path, "PersonalWorkspaces_ConvertToFolderById")
        .summary("Turns a personal workspace into a folder with the feed it has.")
        .access(AccessRule::PersonOnly)
        .permission("Units.Edit")
        .takes::<Body>("PersonalWorkspacesConvertToFolderRequest")
        .answers(204, Shape::Nothing)
        .handler(handle)
}

/// `PersonalWorkspacesConvertToFolderRequest`
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Body {
    folder_name: String,
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let body: Body = cx.json()?;
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| service::convert(&mut tx.tenant(tenant), &ctx, id, &body.folder_name))
        .await?;
    reply::no_content()
}

//! Deletes custom groups. `DELETE /api/Group/{partitionGlobalId}/{groupId}`, `DELETE /api/Group/{partitionGlobalId}`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use web::{Operation, Request, Response, Shape, reply};

use crate::groups::service;
use crate::rest::{check_length, partition};

/// Contract schema `BulkGroupDeleteCommand`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Command {
    #[serde(default, rename = "groupIDs")]
    group_ids: Vec<Uuid>,
}

pub fn operations() -> [Operation; 2] {
    let one = Operation::identity(
        Method::DELETE,
        "/api/Group/{partitionGlobalId}/{groupId}",
        "Group_Delete",
    )
    .summary("Deletes a custom group.")
    .scope("PM.Group.Write")
    .administrator()
    .answers(204, Shape::Nothing)
    .handler(delete);
    let several = Operation::identity(Method::DELETE, "/api/Group/{partitionGlobalId}", "Group_BulkDelete")
        .summary("Deletes several custom groups, all or none.")
        .scope("PM.Group.Write")
        .administrator()
        .takes::<Command>("BulkGroupDeleteCommand")
        .answers(204, Shape::Nothing)
        .handler(bulk_delete);
    [one, several]
}

async fn delete(request: Request) -> Result<Response, Error> {
    let id = request.guid("groupId")?;
    delete_all(&request, vec![id]).await
}

async fn bulk_delete(request: Request) -> Result<Response, Error> {
    let mut command: Command = request.json()?;
    check_length("groupIDs", &command.group_ids)?;
    command.group_ids.sort_unstable();
    command.group_ids.dedup();
    delete_all(&request, command.group_ids).await
}

async fn delete_all(request: &Request, ids: Vec<Uuid>) -> Result<Response, Error> {
    let organization = partition(request, Some(request.guid("partitionGlobalId")?))?;
    let ctx = request.ctx.clone();
    let deleted = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        ids.iter().try_for_each(|id| service::delete(&mut scope, &ctx, *id))
    });
    deleted.await?;
    reply::no_content()
}

//! Deletes several users, all or none. `DELETE /api/User`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use web::{Operation, Request, Response, Shape, reply};

use crate::rest::{check_length, partition};
use crate::users::service;

/// Contract schema `BulkSoftDeleteCommand`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    partition_global_id: Option<Uuid>,
    #[serde(default, alias = "userIDs")]
    user_ids: Vec<Uuid>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::DELETE, "/api/User", "User_BulkDelete")
        .summary("Deletes several users, all or none.")
        .scope("PM.User.Write")
        .administrator()
        .takes::<Command>("BulkSoftDeleteCommand")
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let mut command: Command = request.json()?;
    let (organization, ctx) = (partition(&request, command.partition_global_id)?, request.ctx.clone());
    check_length("userIds", &command.user_ids)?;
    command.user_ids.sort_unstable();
    command.user_ids.dedup();
    let deleted = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        command
            .user_ids
            .iter()
            .try_for_each(|id| service::delete(&mut scope, &ctx, *id))
    });
    deleted.await?;
    reply::no_content()
}

//! Renames a group and changes its members. `PUT /api/Group/{groupId}`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use web::{Operation, Reply, Request, Response};

use super::dto;
use crate::groups::service;
use crate::rest::{check_length, partition};

/// Contract schema `UpdateGroupCommand`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    partition_global_id: Option<Uuid>,
    name: Option<String>,
    #[serde(default, rename = "directoryUserIDsToAdd")]
    add: Vec<Uuid>,
    #[serde(default, rename = "directoryUserIDsToRemove")]
    remove: Vec<Uuid>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::PUT, "/api/Group/{groupId}", "Group_UpdateGroup")
        .summary("Renames a custom group, adds and removes members.")
        .scope("PM.Group.Write")
        .administrator()
        .takes::<Command>("UpdateGroupCommand")
        .answers_json::<Value>(200, "GroupDto")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let command: Command = request.json()?;
    let (organization, ctx) = (partition(&request, command.partition_global_id)?, request.ctx.clone());
    let id = request.guid("groupId")?;
    check_length("directoryUserIDsToAdd", &command.add)?;
    check_length("directoryUserIDsToRemove", &command.remove)?;
    let updated = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        let group = service::update(
            &mut scope,
            &ctx,
            id,
            command.name.as_deref(),
            &command.add,
            &command.remove,
        )?;
        dto(&mut scope, &group)
    });
    Reply::ok().json(&updated.await?)
}

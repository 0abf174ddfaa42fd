//! Adds a custom group. `POST /api/Group`

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

/// Contract schema `CreateGroupCommand`. `id` is not looked at: ids are made here, or a new group could take the place of
/// another principal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    partition_global_id: Option<Uuid>,
    #[serde(default)]
    name: String,
    #[serde(default, rename = "directoryUserMemberIDs")]
    members: Vec<Uuid>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::POST, "/api/Group", "Group_CreateGroup")
        .summary("Adds a custom group.")
        .scope("PM.Group.Write")
        .administrator()
        .takes::<Command>("CreateGroupCommand")
        .answers_json::<Value>(201, "GroupDto")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let command: Command = request.json()?;
    let (organization, ctx) = (partition(&request, command.partition_global_id)?, request.ctx.clone());
    check_length("directoryUserMemberIDs", &command.members)?;
    let created = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        let group = service::create(&mut scope, &ctx, &command.name, &command.members)?;
        dto(&mut scope, &group)
    });
    Reply::new(201).json(&created.await?)
}

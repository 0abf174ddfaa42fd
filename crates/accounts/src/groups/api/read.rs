//! The groups of an organization. `GET /api/Group/{partitionGlobalId}`, `GET /api/Group/{partitionGlobalId}/{groupId}`

use context::Error;
use http::Method;
use serde_json::Value;
use web::{Operation, Reply, Request, Response};

use super::dto;
use crate::groups::service;
use crate::rest::partition;

pub fn operations() -> [Operation; 2] {
    let list = Operation::identity(Method::GET, "/api/Group/{partitionGlobalId}", "Group_GetGroups")
        .summary("All groups, built-in and custom.")
        .scope("PM.Group.Read")
        .administrator()
        .answers_json::<Vec<Value>>(200, "GroupDtoList")
        .handler(list);
    let get = Operation::identity(
        Method::GET,
        "/api/Group/{partitionGlobalId}/{groupId}",
        "Group_GetGroup",
    )
    .summary("The group with this id.")
    .scope("PM.Group.Read")
    .administrator()
    .answers_json::<Value>(200, "GroupDto")
    .handler(get);
    [list, get]
}

async fn list(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let groups = service::list(&mut scope)?;
        groups
            .iter()
            .map(|group| dto(&mut scope, group))
            .collect::<Result<Vec<Value>, Error>>()
    });
    Reply::ok().json(&found.await?)
}

async fn get(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let id = request.guid("groupId")?;
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let group = service::get(&mut scope, id)?;
        dto(&mut scope, &group)
    });
    Reply::ok().json(&found.await?)
}

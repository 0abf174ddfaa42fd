//! Operations of event triggers: `GET /odata/ApiTriggers`, `PATCH` and `DELETE /odata/ApiTriggers({guid})`. Not in the contract.

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::model::EventTrigger;
use super::service;

/// Name of the entity set.
pub const SET: &str = "ApiTriggers";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct Change {
    enabled: Option<bool>,
}

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::orchestrator(Method::GET, "/odata/ApiTriggers", "ApiTriggers_Get")
            .summary("Lists the event triggers of a folder.")
            .scope("OR.Jobs.Read")
            .permission("Schedules.View")
            .folder(Folder::Required)
            .queryable()
            .answers(200, Shape::Collection(EventTrigger::model()))
            .handler(list),
        Operation::orchestrator(Method::PATCH, "/odata/ApiTriggers({key})", "ApiTriggers_PatchById")
            .summary("Switches an event trigger on or off.")
            .scope("OR.Jobs.Write")
            .permission("Schedules.Edit")
            .folder(Folder::Required)
            .takes::<Change>("ApiTriggerPatch")
            .answers(200, Shape::Media("application/json"))
            .handler(patch),
        Operation::orchestrator(Method::DELETE, "/odata/ApiTriggers({key})", "ApiTriggers_DeleteById")
            .summary("Deletes an event trigger.")
            .scope("OR.Jobs.Write")
            .permission("Schedules.Delete")
            .folder(Folder::Required)
            .answers(204, Shape::Nothing)
            .handler(remove),
    ]
}

async fn list(request: Request) -> Result<Response, Error> {
    let query = request.odata(EventTrigger::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), folder, &options))
        .await?;
    reply::collection(&request, SET, EventTrigger::model(), &query, page.items, page.count)
}

async fn patch(request: Request) -> Result<Response, Error> {
    let change = request.json::<Change>()?;
    let enabled = change
        .enabled
        .ok_or_else(|| Error::field("Enabled", "Enabled is required."))?;
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::set_enabled(&mut tx.tenant(tenant), &ctx, folder, key, enabled))
        .await?;
    reply::value(&request, "Edm.Boolean", Value::Bool(true))
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, folder, key))
        .await?;
    reply::no_content()
}

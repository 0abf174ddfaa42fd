//! Machines of the tenant. `GET /odata/Machines`, `GET /odata/Machines({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::machines::model::Machine;
use crate::machines::read;

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Machines", "Machines_Get")
        .summary("Lists the machines of the tenant.")
        .scope("OR.Machines.Read")
        .permission("Machines.View")
        .queryable()
        .answers(200, Shape::Collection(Machine::model()))
        .handler(get_all)
}

pub fn get() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Machines({key})", "Machines_GetById")
        .summary("Gets a machine.")
        .scope("OR.Machines.Read")
        .permission("Machines.View")
        .queryable()
        .answers(200, Shape::Entity(Machine::model()))
        .handler(get_one)
}

async fn get_all(request: Request) -> Result<Response, Error> {
    let query = request.odata(Machine::model())?;
    let (tenant, options) = (request.tenant()?.id, query.clone());
    let page = request
        .store()
        .read(move |tx| read::list(&mut tx.tenant(tenant), &options))
        .await?;
    reply::collection(&request, SET, Machine::model(), &query, page.items, page.count)
}

async fn get_one(request: Request) -> Result<Response, Error> {
    let query = request.odata(Machine::model())?;
    let (tenant, id) = (request.tenant()?.id, request.integer("key")?);
    let value = request
        .store()
        .read(move |tx| read::by_id(&mut tx.tenant(tenant), id))
        .await?;
    reply::entity(&request, 200, SET, Machine::model(), Some(&query), value)
}

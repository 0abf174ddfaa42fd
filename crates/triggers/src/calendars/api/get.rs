//! A calendar with its days. `GET /odata/Calendars({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::calendars::model::Calendar;
use crate::calendars::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Calendars({key})", "Calendars_GetById")
        .summary("Gets a calendar with its days.")
        .scope("OR.Settings.Read")
        .queryable()
        .answers(200, Shape::Entity(Calendar::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Calendar::model())?;
    let (tenant, id) = (request.tenant()?.id, request.integer("key")?);
    let calendar = request
        .store()
        .read(move |tx| service::by_id(&mut tx.tenant(tenant), id))
        .await?;
    reply::entity(&request, 200, SET, Calendar::model(), Some(&query), calendar)
}

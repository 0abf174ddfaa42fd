//! The calendars of the tenant. `GET /odata/Calendars`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::calendars::model::Calendar;
use crate::calendars::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Calendars", "Calendars_Get")
        .summary("Lists the calendars of the tenant, without their days.")
        .scope("OR.Settings.Read")
        .queryable()
        .answers(200, Shape::Collection(Calendar::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Calendar::model())?;
    let tenant = request.tenant()?.id;
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &options))
        .await?;
    reply::collection(&request, SET, Calendar::model(), &query, page.items, page.count)
}

//! Lists the alerts of the caller, and counts those it has not read. `GET /odata/Alerts`, `GET /odata/Alerts/…GetUnreadCount`

use context::Error;
use http::Method;
use serde_json::json;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::{SET, number};
use crate::alerts::model::Alert;
use crate::alerts::reader::Reader;
use crate::alerts::service::{self, MOST_UNREAD};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Alerts", "Alerts_Get")
        .summary("Lists the alerts that the caller may see and wants to, the newest first. Deprecated.")
        .scope("OR.Monitoring.Read")
        .permission("Alerts.View")
        .queryable()
        .answers(200, Shape::Collection(Alert::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Alert::model())?;
    let (tenant, reader, options) = (request.tenant()?.id, Reader::of(&request)?, query.clone());
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &reader, &options))
        .await?
        .map(|seen| seen.to_json());
    reply::collection(&request, SET, Alert::model(), &query, page.items, page.count)
}

pub fn unread() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Alerts/UiPath.Server.Configuration.OData.GetUnreadCount",
        "Alerts_GetUnreadCount",
    )
    .summary("Counts the alerts that the caller has not read, 10,000 at most. Deprecated.")
    .scope("OR.Monitoring.Read")
    .permission("Alerts.View")
    .queryable()
    .answers(200, number())
    .handler(handle_unread)
}

async fn handle_unread(request: Request) -> Result<Response, Error> {
    let (tenant, reader) = (request.tenant()?.id, Reader::of(&request)?);
    let count = request
        .store()
        .read(move |tx| service::count_unread(&mut tx.tenant(tenant), &reader, MOST_UNREAD))
        .await?;
    reply::value(&request, "Edm.Int64", json!(count))
}

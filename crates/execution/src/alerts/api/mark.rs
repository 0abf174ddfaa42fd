//! Marks alerts as read. `POST /odata/Alerts/…MarkAsRead`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::{Operation, Request, Response, reply};

use super::number;
use crate::alerts::reader::Reader;
use crate::alerts::service;

/// Contract schema `AlertsMarkAsReadRequest`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Marked {
    ids: Option<Vec<Uuid>>,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Alerts/UiPath.Server.Configuration.OData.MarkAsRead",
        "Alerts_MarkAsRead",
    )
    .summary("Marks alerts of the caller as read and answers how many remain. Deprecated.")
    .scope("OR.Monitoring.Write")
    .permission("Alerts.View")
    .queryable()
    .takes::<Marked>("AlertsMarkAsReadRequest")
    .answers(200, number())
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let marked: Marked = request.json()?;
    let ids = marked.ids.ok_or_else(|| Error::field("ids", "ids must not be null"))?;
    let (tenant, reader) = (request.tenant()?.id, Reader::of(&request)?);
    let left = request
        .store()
        .write(move |tx| service::mark_as_read(&mut tx.tenant(tenant), &reader, &ids))
        .await?;
    reply::value(&request, "Edm.Int64", json!(left))
}

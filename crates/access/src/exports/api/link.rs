//! Where the file of an export is. `GET /odata/Exports({key})/…GetDownloadLink`

use context::Error;
use http::Method;
use serde_json::json;
use web::{Operation, Reply, Request, Response, Shape};

use crate::exports::service;

pub fn operation() -> Operation {
    let path = "/odata/Exports({key})/UiPath.Server.Configuration.OData.GetDownloadLink";
    Operation::orchestrator(Method::GET, path, "Exports_GetDownloadLinkById")
        .summary("Tells where the file of a completed export is fetched, with the same token.")
        .answers(200, Shape::Media("application/json"))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (tenant, id, ctx) = (cx.tenant()?.id, cx.integer("key")?, cx.ctx.clone());
    let export = cx
        .store()
        .read(move |tx| service::completed(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    let context = cx.context_url("UiPath.Server.Configuration.OData.BlobFileAccessDto");
    let value = json!({
        "Uri": format!("{}{}/api/Exports/{}/Download", cx.origin, cx.layout.base, export.id),
        "Verb": "GET",
        "RequiresAuth": true,
        "Headers": { "Keys": [], "Values": [] }
    });
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}

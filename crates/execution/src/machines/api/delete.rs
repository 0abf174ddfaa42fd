//! Deletes machines. `DELETE /odata/Machines({key})`, `POST /odata/Machines/…DeleteBulk`

use context::Error;
use http::Method;
use serde::Deserialize;
use web::{Operation, Request, Response, Shape, reply};

use crate::machines::service;

pub fn one() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Machines({key})", "Machines_DeleteById")
        .summary("Deletes a machine. Its hosts have no access from then on.")
        .scope("OR.Machines.Write")
        .permission("Machines.Delete")
        .answers(204, Shape::Nothing)
        .handler(|request: Request| async move {
            let id = request.integer("key")?;
            delete(request, vec![id]).await
        })
}

pub fn bulk() -> Operation {
    let path = "/odata/Machines/UiPath.Server.Configuration.OData.DeleteBulk";
    Operation::orchestrator(Method::POST, path, "Machines_DeleteBulk")
        .summary("Deletes machines, all or none.")
        .scope("OR.Machines.Write")
        .permission("Machines.Delete")
        .takes::<Bulk>("MachineDeleteBulkRequest")
        .answers(204, Shape::Nothing)
        .handler(|request: Request| async move {
            let ids = request.action("machineIds")?;
            delete(request, ids).await
        })
}

/// `MachineDeleteBulkRequest`
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "says what the body looks like; it is read member by member")]
struct Bulk {
    machine_ids: Vec<i64>,
}

async fn delete(request: Request, ids: Vec<i64>) -> Result<Response, Error> {
    let (tenant, ctx) = (request.tenant()?.clone(), request.ctx.clone());
    let gone = request
        .store()
        .write(move |tx| service::delete(tx, &ctx, &tenant, &ids))
        .await?;
    super::forget(&request, &gone)?;
    reply::no_content()
}

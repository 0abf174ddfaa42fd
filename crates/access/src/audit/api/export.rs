//! Asks for an export of the audit log. `POST /odata/AuditLogs/UiPath.Server.Configuration.OData.Export`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use crate::audit::export;
use crate::audit::model::AuditLog;
use crate::exports::{self, Criteria, Export};
use crate::rows;

pub fn operation() -> Operation {
    let path = "/odata/AuditLogs/UiPath.Server.Configuration.OData.Export";
    Operation::orchestrator(Method::POST, path, "AuditLogs_Export")
        .summary("Asks for a CSV file of the audit entries that meet the filter. Other query options are passed over.")
        .scope("OR.Audit.Write")
        .permission("Audit.View")
        .parameters(&["auditedService"])
        .queryable()
        .answers(200, Shape::Entity(Export::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let criteria = Criteria::of(&cx, AuditLog::model())?;
    let wanted = export::wanted(criteria, cx.parameter("auditedService"))?;
    let (tenant, ctx) = (cx.tenant()?.id, cx.ctx.clone());
    let export = cx
        .store()
        .write(move |tx| exports::request(&mut tx.tenant(tenant), &ctx, wanted.clone()))
        .await?;
    reply::entity(&cx, 200, "Exports", Export::model(), None, rows::published(&export))
}

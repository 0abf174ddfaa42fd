//! The audit log. `GET /odata/AuditLogs`, `GET /odata/AuditLogs({key})`, `…GetAuditLogDetails(auditLogId={auditLogId})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use crate::audit::model::{AuditEntity, AuditLog};
use crate::audit::service;
use crate::rows;

/// Header that chooses the audited service.
const SERVICE: &str = "x-uipath-auditedservice";

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/AuditLogs", "AuditLogs_Get")
        .summary("Lists audit entries, newest first.")
        .scope("OR.Audit.Read")
        .permission("Audit.View")
        .queryable()
        .answers(200, Shape::Collection(AuditLog::model()))
        .handler(handle)
}

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/AuditLogs({key})", "AuditLogs_GetById")
        .summary("Gets an audit entry.")
        .scope("OR.Audit.Read")
        .permission("Audit.View")
        .queryable()
        .answers(200, Shape::Entity(AuditLog::model()))
        .handler(one)
}

pub fn details() -> Operation {
    let path = "/odata/AuditLogs/UiPath.Server.Configuration.OData.GetAuditLogDetails(auditLogId={auditLogId})";
    Operation::orchestrator(Method::GET, path, "AuditLogs_GetAuditLogDetailsByAuditlogid")
        .summary("Lists what an audited action touched.")
        .scope("OR.Audit.Read")
        .permission("Audit.View")
        .queryable()
        .answers(200, Shape::Collection(AuditEntity::model()))
        .handler(touched)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(AuditLog::model())?;
    let condition = service::of_service(cx.header(SERVICE))?;
    let (tenant, asked) = (cx.tenant()?.id, query.clone());
    let page = cx
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &asked, condition))
        .await?;
    reply::collection(&cx, "AuditLogs", AuditLog::model(), &query, page.items, page.count)
}

async fn one(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(AuditLog::model())?;
    let (tenant, id) = (cx.tenant()?.id, cx.integer("key")?);
    let log = cx
        .store()
        .read(move |tx| service::get(&mut tx.tenant(tenant), id))
        .await?;
    reply::entity(
        &cx,
        200,
        "AuditLogs",
        AuditLog::model(),
        Some(&query),
        rows::published(&log),
    )
}

async fn touched(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(AuditEntity::model())?;
    let (tenant, id) = (cx.tenant()?.id, cx.integer("auditLogId")?);
    let found = cx
        .store()
        .read(move |tx| service::details(&mut tx.tenant(tenant), id))
        .await?;
    let page = rows::page(found.iter().map(rows::published).collect(), &query)?;
    reply::collection(
        &cx,
        "AuditLogEntities",
        AuditEntity::model(),
        &query,
        page.items,
        page.count,
    )
}

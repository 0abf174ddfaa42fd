//! Exports of the audit log. `POST /odata/AuditLogs/…Export`, `GET /odata/Exports({key})`, `…GetDownloadLink`,
//! `GET /api/Exports/{key}/Download`

use context::Error;
use http::Method;
use serde_json::json;
use store::Entity as _;
use web::{Operation, Reply, Request, Response, Shape, reply};

use crate::audit::export;
use crate::audit::model::{Action, AuditLog, Component, Export, ExportType};
use crate::audit::service::{self, Entry};
use crate::rows;

pub fn operation() -> Operation {
    let path = "/odata/AuditLogs/UiPath.Server.Configuration.OData.Export";
    Operation::orchestrator(Method::POST, path, "AuditLogs_Export")
        .summary("Makes a CSV file of the audit entries that match.")
        .scope("OR.Audit.Write")
        .permission("Audit.View")
        .parameters(&["auditedService"])
        .queryable()
        .answers(200, Shape::Entity(Export::model()))
        .handler(create)
}

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Exports({key})", "Exports_GetById")
        .summary("Gets an export that the caller asked for.")
        .queryable()
        .answers(200, Shape::Entity(Export::model()))
        .handler(get)
}

pub fn download_link() -> Operation {
    let path = "/odata/Exports({key})/UiPath.Server.Configuration.OData.GetDownloadLink";
    Operation::orchestrator(Method::GET, path, "Exports_GetDownloadLinkById")
        .summary("Tells where the file of an export is fetched, with the same token.")
        .answers(200, Shape::Media("application/json"))
        .handler(link)
}

pub fn download() -> Operation {
    Operation::orchestrator(Method::GET, "/api/Exports/{key}/Download", "Exports_Download")
        .summary("The file of an export.")
        .answers(200, Shape::Media("text/csv"))
        .handler(file)
}

async fn create(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(AuditLog::model())?;
    let asked_service = cx.parameter("auditedService");
    let condition = service::of_service(asked_service)?;
    let export_type = if condition.is_empty() {
        ExportType::OrchestratorAudit
    } else {
        ExportType::TestAutomationAudit
    };
    let (tenant, ctx) = (cx.tenant()?.id, cx.ctx.clone());
    // Reading may take a while, and must not keep others from writing.
    let content = cx
        .store()
        .read(move |tx| export::csv(&mut tx.tenant(tenant), &query, condition))
        .await?;
    let export = cx
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let export = export::keep(&mut scope, &ctx, content.clone(), export_type)?;
            let entry = Entry::new(
                Component::Monitoring,
                Action::Download,
                "export",
                export.id,
                &export.name,
            )
            .text(format!("exported {}", export.name));
            service::record(&mut scope, &ctx, entry)?;
            Ok::<_, Error>(export)
        })
        .await?;
    reply::entity(&cx, 200, "Exports", Export::model(), None, rows::published(&export))
}

/// The export of the path; other people's do not exist.
async fn own(cx: &Request) -> Result<Export, Error> {
    let (tenant, id, owner) = (cx.tenant()?.id, cx.integer("key")?, cx.ctx.caller.principal_id());
    cx.store()
        .read(move |tx| export::find(&mut tx.tenant(tenant), owner, id))
        .await
}

async fn get(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Export::model())?;
    let export = own(&cx).await?;
    reply::entity(
        &cx,
        200,
        "Exports",
        Export::model(),
        Some(&query),
        rows::published(&export),
    )
}

async fn link(cx: Request) -> Result<Response, Error> {
    let export = own(&cx).await?;
    let context = cx.context_url("UiPath.Server.Configuration.OData.BlobFileAccessDto");
    let value = json!({
        "Uri": format!("{}{}/api/Exports/{}/Download", cx.origin, cx.layout.base, export.id),
        "Verb": "GET",
        "RequiresAuth": true,
        "Headers": { "Keys": [], "Values": [] }
    });
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}

async fn file(cx: Request) -> Result<Response, Error> {
    let export = own(&cx).await?;
    Reply::ok()
        .header("content-disposition", "attachment; filename=\"audit_logs.csv\"")
        .bytes("text/csv; charset=utf-8", export.content)
}

//! One audit entry with everything it touched. `GET /console/{org}/tenants/{tenant}/audit/{log}`

use context::Error;
use http::Method;
use maud::{Markup, html};
use odata::Enumeration as _;
use serde_json::Value;
use web::{Operation, Request, Response, page};

use super::ACTIVE;
use crate::audit::model::AuditEntity;
use crate::audit::service;
use crate::console::{kind_name, tenant};

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/tenants/{tenant}/audit/{log}", "Console_AuditEntry")
        .summary("One audit entry.")
        .permission("Audit.View")
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (tenant, id) = (tenant(&cx)?, cx.integer("log")?);
    let (log, touched) = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            Ok::<_, Error>((service::get(&mut scope, id)?, service::details(&mut scope, id)?))
        })
        .await?;
    let text = |text: Option<&str>| html! { (text.unwrap_or("–")) };
    let content = html! {
        (ui::page_header("Audit entry", &log.operation_text, html! {}))
        (ui::definitions(&[
            ("Time", ui::time(&log.executed_at.to_string())),
            ("Component", text(Some(log.component.name()))),
            ("Action", text(Some(log.action.name()))),
            ("By", html! {
                (log.user_name.as_deref().unwrap_or("–")) " (" (kind_name(log.user_type)) ")"
                @if log.user_is_deleted { " " (ui::chip("Deleted", ui::Tone::Warning)) }
            }),
            ("Application", match &log.external_client_id { Some(client) => ui::copyable(client), None => text(None) }),
            ("Entity", text(log.display_name.as_deref())),
            ("Entity id", html! { @if let Some(id) = log.entity_id { (ui::copyable(&id.to_string())) } @else { "–" } }),
            ("Parameters", html! { @if let Some(parameters) = &log.parameters { (ui::snippet(parameters)) } @else { "–" } }),
        ]))
        @for entity in &touched { (one(entity)) }
        (ui::api_hint("GET", &format!("/odata/AuditLogs/UiPath.Server.Configuration.OData.GetAuditLogDetails(auditLogId={id})")))
    };
    page::render(&cx, "Audit entry", ACTIVE, content).await
}

/// What was stored, or how it changed.
fn one(entity: &AuditEntity) -> Markup {
    let data: Value = serde_json::from_str(&entity.custom_data).unwrap_or_default();
    let title = format!("{} {}", entity.action, entity.entity_name);
    let show = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let table = if let (Some(old), Some(new)) = (data["Old"].as_object(), data["New"].as_object()) {
        html! {
            thead { tr { th scope="col" { "Property" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody { @for (name, after) in new {
                @let before = old.get(name).unwrap_or(&Value::Null);
                @if before != after { tr { th scope="row" { (name) } td { (show(before)) } td { (show(after)) } } }
            } }
        }
    } else {
        html! {
            thead { tr { th scope="col" { "Property" } th scope="col" { "Value" } } }
            tbody { @for (name, value) in data.as_object().into_iter().flatten() {
                @if !value.is_null() { tr { th scope="row" { (name) } td { (show(value)) } } }
            } }
        }
    };
    ui::section(
        &title,
        html! { div.table-box tabindex="0" role="region" aria-label=(title) { table.table { (table) } } },
    )
}

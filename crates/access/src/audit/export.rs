//! The audit log as an export (reference: resources 11 and 15).

use context::Error;
use serde::{Deserialize, Serialize};
use store::{Entity as _, Scoped, Tenant};

use super::model::{AuditLog, Component};
use super::service;
use crate::exports::{Criteria, ExportType, Exporter, New, Sheet, Task, window};

/// The kind of these exports.
const KIND: &str = "audit";

/// Whose entries are wanted.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Parameters {
    service: Option<String>,
}

/// An export of the entries of an audited service (none: Orchestrator) that meet the criteria.
///
/// # Errors
/// 400 for a service that does not exist.
pub fn wanted(criteria: Criteria, audited_service: Option<&str>) -> Result<New, Error> {
    let export_type = if service::of_service(audited_service)?.is_empty() {
        ExportType::OrchestratorAudit
    } else {
        ExportType::TestAutomationAudit
    };
    Ok(New {
        kind: KIND,
        export_type,
        name: "audit_logs.csv".to_owned(),
        component: Component::Monitoring,
        criteria: criteria.with(&Parameters {
            service: audited_service.map(str::to_owned),
        })?,
    })
}

/// Writes entries of the audit log, oldest first.
#[derive(Debug)]
pub(crate) struct Entries;

impl Exporter for Entries {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "Time",
            "Component",
            "Action",
            "User",
            "User type",
            "Application",
            "Operation",
            "Entity",
            "Entity id",
            "Parameters",
        ]
    }

    fn read(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        task: &Task,
        after: i64,
        sheet: &mut Sheet,
    ) -> Result<Option<i64>, Error> {
        let parameters: Parameters = task.parameters()?;
        let condition = service::of_service(parameters.service.as_deref())?;
        let query = task.query(AuditLog::model())?;
        let window = window::<AuditLog>(scope, &query, ("", &[]), condition, after)?;
        for log in &window.rows {
            write(sheet, log);
            if sheet.is_full() {
                return Ok(Some(log.id));
            }
        }
        Ok(window.upto)
    }
}

fn write(sheet: &mut Sheet, log: &AuditLog) {
    let id = log.entity_id.map(|id| id.to_string()).unwrap_or_default();
    sheet.row(&[
        &log.executed_at.to_string(),
        &log.component.to_string(),
        &log.action.to_string(),
        log.user_name.as_deref().unwrap_or_default(),
        &log.user_type.to_string(),
        log.external_client_id.as_deref().unwrap_or_default(),
        &log.operation_text,
        log.display_name.as_deref().unwrap_or_default(),
        &id,
        log.parameters.as_deref().unwrap_or_default(),
    ]);
}

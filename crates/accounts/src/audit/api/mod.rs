//! `/api/AuditQuery` (reference: identity 4.1, 5.10).

mod download;
mod list;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use web::Operation;

use super::AuditRecord;

pub(crate) use download::{MOST_ROWS, csv_of};

pub(crate) fn operations() -> Vec<Operation> {
    vec![list::operation(), download::operation()]
}

/// Contract schema `AuditQueryRecordDto`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RecordDto {
    #[schemars(with = "String")]
    created_on: Timestamp,
    category: String,
    action: String,
    /// JSON in a string.
    audit_log_details: String,
    user_name: String,
    email: Option<String>,
    message: String,
    details_version: String,
    source: String,
}

impl From<AuditRecord> for RecordDto {
    fn from(record: AuditRecord) -> Self {
        Self {
            created_on: record.created_at,
            category: record.target,
            action: record.name,
            audit_log_details: record.details.to_string(),
            user_name: record.actor_name,
            email: record.actor_email,
            message: record.message,
            details_version: "1.0".to_owned(),
            source: record.source,
        }
    }
}

//! Exports as they are kept.

use context::{Error, codes};
use jiff::Timestamp;
use odata::{EntityType, Limits, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Json, Migration};
use uuid::Uuid;

/// Files used to be a column of their export; they become its first part.
pub(crate) const MIGRATION: Migration = Migration {
    id: "access-008-exports",
    sql: "
        create table export_parts (
            id {id},
            tenant_id bigint not null,
            export_id bigint not null,
            part bigint not null,
            content {blob} not null
        );
        create unique index export_parts_part on export_parts (tenant_id, export_id, part);
        insert into export_parts (tenant_id, export_id, part, content) select tenant_id, id, 0, content from exports;
        alter table exports drop column content;
        alter table exports add column kind text not null default '';
        alter table exports add column criteria text not null default '{}';
        alter table exports add column last_id bigint not null default 0;
        alter table exports add column row_count bigint not null default 0;
        alter table exports add column parts bigint not null default 1;
        alter table exports add column attempts bigint not null default 0;
        alter table exports add column failure text;
        create index exports_unfinished on exports (tenant_id, status, id) where status < 2;
        create index exports_failed on exports (tenant_id, id) where status = 3 and parts > 0;
        create index exports_expiring on exports (requested_at);
        create index audit_logs_id on audit_logs (tenant_id, id);
    ",
};

/// What is exported may be sealed where it comes from, so parts are sealed as well. Those from before are not.
pub(crate) const SEALED: Migration = Migration {
    id: "access-009-sealed-exports",
    sql: "alter table export_parts add column sealed {bool} not null default false;",
};

odata::enumeration! {
    /// What an export holds.
    pub enum ExportType: "ExportModelType" {
        OrchestratorAudit = 0, TestAutomationAudit = 1, Queues = 2, Logs = 3, Jobs = 4, Privileges = 5,
        RateLimitsReportQueueItems = 6, RateLimitsReportJobs = 7, AutopilotForRobotsData = 8,
    }
}
odata::enumeration! {
    /// How far an export is.
    pub enum ExportStatus: "ExportModelStatus" { New = 0, InProgress = 1, Completed = 2, Failed = 3 }
}

/// Which rows an export is to hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// What the exporter needs to know besides, for instance the queue.
    parameters: Value,
    /// The OData options that count, as they were written.
    options: Vec<(String, String)>,
}

impl Criteria {
    /// Those of a request. Only `$filter` counts: rows come in the order of their ids, all of them and with every column, so
    /// `$orderby`, `$top`, `$skip`, `$select`, `$expand` and `$count`, which clients send along from their lists, are passed over.
    ///
    /// # Errors
    /// 400 for a filter that `model` does not allow.
    pub fn of(request: &web::Request, model: &'static EntityType) -> Result<Self, Error> {
        let is_filter = |name: &str| {
            let name = name.trim();
            name.strip_prefix('$').unwrap_or(name).eq_ignore_ascii_case("filter")
        };
        let options = request.query.iter().filter(|(name, _)| is_filter(name)).cloned();
        let criteria = Self {
            parameters: Value::Null,
            options: options.collect(),
        };
        criteria.query(model, &request.app.settings().odata, request.ctx.now)?;
        Ok(criteria)
    }

    /// Rows that meet an OData filter; an empty one means all.
    pub fn filtered(filter: String) -> Self {
        Self {
            parameters: Value::Null,
            options: vec![("$filter".to_owned(), filter)],
        }
    }

    /// With parameters of the exporter's own.
    ///
    /// # Errors
    /// 500 when they cannot be written as JSON.
    pub fn with(mut self, parameters: &impl Serialize) -> Result<Self, Error> {
        self.parameters = serde_json::to_value(parameters).map_err(Error::internal)?;
        Ok(self)
    }

    /// What was given to [`with`](Self::with).
    pub(super) fn parameters(&self) -> &Value {
        &self.parameters
    }

    /// The filter as a query without an order. `now` must be the same for all windows of an export.
    pub(super) fn query(&self, model: &'static EntityType, limits: &Limits, now: Timestamp) -> Result<Query, Error> {
        Query::parse(&self.options, model, limits, now)
            .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))
    }
}

store::entity! {
    /// An export, wanted or made. Contract schema `ExportModel`.
    #[derive(PartialEq)]
    pub struct Export in Tenant, table "exports", as "ExportModel" {
        #[key] pub id: i64 = "Id",
        /// Name of the file.
        pub name: String = "Name",
        pub export_type: ExportType = "Type",
        pub status: ExportStatus = "Status",
        pub requested_at: Timestamp = "RequestedAt",
        /// When it was completed or failed.
        pub executed_at: Option<Timestamp> = "ExecutedAt",
        /// Bytes written so far.
        pub size: Option<i64> = "Size",
        /// The principal that asked; nobody else gets it.
        pub owner: Uuid,
        /// Names the exporter that makes it.
        pub kind: String,
        pub criteria: Json<Criteria>,
        /// Rows up to this id are in its parts, as far as they are to be.
        pub last_id: i64,
        pub row_count: i64,
        pub parts: i64,
        /// Failures in a row since the last part, each of which may pass.
        pub attempts: i64,
        /// Why it failed, for people.
        pub failure: Option<String>,
    }
}

store::entity! {
    /// A piece of an export's file.
    pub struct ExportPart in Tenant, table "export_parts" {
        #[key] pub id: i64,
        pub export_id: i64,
        /// Its place in the file, from 0.
        pub part: i64,
        pub content: Vec<u8>,
        /// The content is sealed for its place, see [`place`](Self::place).
        pub sealed: bool,
    }
}

impl ExportPart {
    /// The place that a part is sealed for.
    pub(super) fn place(export: i64, part: i64) -> String {
        format!("exports/{export}/{part}")
    }
}

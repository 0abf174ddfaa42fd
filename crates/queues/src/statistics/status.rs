//! A row of numbers per queue (reference: queues 14).
//!
//! Rows are chosen, sorted and counted by the database among the queues in sight; the numbers of the page are read at once. No item is
//! looked at.

use std::collections::HashMap;

use access::rows::within;
use access::tags::{self, Tag};
use context::{Error, Reach};
use jiff::Timestamp;
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity, Json, Page, Scoped, Tenant, entity, params};
use uuid::Uuid;

use super::numbers::{self, Numbers};
use super::seconds;

macro_rules! status_row {
    ($(#[$doc:meta])* $name:ident, $table:tt) => {
        entity! {
            $(#[$doc])*
            pub struct $name in Tenant, table $table, as "QueueProcessingStatusDto" {
                #[key] pub id: i64 = "Id",
                pub key: Uuid = "QueueDefinitionKey",
                pub name: String = "QueueDefinitionName" folded "name_folded" max 50,
                pub description: Option<String> = "QueueDefinitionDescription" max 250,
                pub retry_failed: bool = "QueueDefinitionAcceptAutomaticallyRetry",
                pub retry_abandoned: bool = "QueueDefinitionRetryAbandonedItems",
                pub max_retries: i32 = "QueueDefinitionMaxNumberOfRetries",
                pub unique_references: bool = "QueueDefinitionEnforceUniqueReference",
                pub release_id: Option<i64> = "ReleaseId",
                pub specific_schema: bool = "SpecificDataJsonSchemaExists" sql "({t}.schemas & 1) <> 0",
                pub output_schema: bool = "OutputDataJsonSchemaExists" sql "({t}.schemas & 2) <> 0",
                pub analytics_schema: bool = "AnalyticsDataJsonSchemaExists" sql "({t}.schemas & 4) <> 0",
                pub folders: i32 = "QueueFoldersCount"
                    sql "select count(*) from queue_folders l where l.queue_id = {t}.id",
                pub tags: Json<Vec<Tag>> = "Tags" kind tags::TAGS,
            }
            computed {
                "QueueDefinitionId": i64 = sql "{t}.id",
                "ItemsToProcess": i32 = sql "(select cast(coalesce(sum(c.new), 0) as bigint)
                    from queue_counters c where c.queue_id = {t}.id)",
                "ItemsInProgress": i32 = sql "(select cast(coalesce(sum(c.in_progress), 0) as bigint)
                    from queue_counters c where c.queue_id = {t}.id)",
                "SuccessfulTransactionsNo": i32 = sql "(select cast(coalesce(sum(c.successes), 0) as bigint)
                    from queue_counters c where c.queue_id = {t}.id)",
                "ApplicationExceptionsNo": i32 = sql "(select cast(coalesce(sum(c.application_exceptions), 0) as bigint)
                    from queue_counters c where c.queue_id = {t}.id)",
                "BusinessExceptionsNo": i32 = sql "(select cast(coalesce(sum(c.business_exceptions), 0) as bigint)
                    from queue_counters c where c.queue_id = {t}.id)",
                "TotalNumberOfTransactions": i32 = sql "(select cast(coalesce(sum(c.successes + c.application_exceptions
                    + c.business_exceptions), 0) as bigint) from queue_counters c where c.queue_id = {t}.id)",
                "SuccessfulTransactionsProcessingTime": f64 = sql "(select cast(coalesce(sum(c.success_micros), 0)
                    as double precision) / 1000000.0 from queue_counters c where c.queue_id = {t}.id)",
                "ApplicationExceptionsProcessingTime": f64 = sql "(select cast(coalesce(sum(c.application_micros), 0)
                    as double precision) / 1000000.0 from queue_counters c where c.queue_id = {t}.id)",
                "BusinessExceptionsProcessingTime": f64 = sql "(select cast(coalesce(sum(c.business_micros), 0)
                    as double precision) / 1000000.0 from queue_counters c where c.queue_id = {t}.id)",
                "ProcessingMeanTime": f64 = sql "(select coalesce(cast(sum(c.success_micros) as double precision)
                    / nullif(sum(c.successes), 0) / 1000000.0, 0) from queue_counters c where c.queue_id = {t}.id)",
                "LastProcessed": Option<Timestamp> = sql "(select nullif(max(c.last_processed_at), 0)
                    from queue_counters c where c.queue_id = {t}.id)",
                "ReleaseName": Option<String>,
                "IsProcessInCurrentFolder": Option<bool>,
                "ProcessScheduleId": Option<i64>,
            }
        }
    };
}

status_row! {
    /// The numbers of a queue. Contract schema `QueueProcessingStatusDto`.
    QueueStatus, "queues"
}

status_row! {
    /// The numbers of a queue as a folder's list reads them.
    FolderQueueStatus, "folder_queues"
}

/// The queues of a folder.
pub fn in_folder(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Page<Value>, Error> {
    page::<FolderQueueStatus>(scope, query, "folder_id = ?", params![folder])
}

/// The queues of all folders within reach, each once.
pub fn within_reach(scope: &mut Scoped<'_, Tenant>, reach: &Reach, query: &Query) -> Result<Page<Value>, Error> {
    let mut condition = "deleted_at is null".to_owned();
    if *reach != Reach::All {
        let folders = within(reach, "l.folder_id");
        condition = format!(
            "{condition} and exists (select 1 from queue_folders l where l.queue_id = queues.id and {folders})"
        );
    }
    page::<QueueStatus>(scope, query, &condition, params![])
}

fn page<E: Entity<Scope = Tenant, Key = i64>>(
    scope: &mut Scoped<'_, Tenant>,
    query: &Query,
    condition: &str,
    values: Vec<store::Value>,
) -> Result<Page<Value>, Error> {
    let page = scope.list::<E>(query, condition, values)?;
    let ids: Vec<i64> = page.items.iter().map(Entity::key).collect();
    let numbers = numbers::of(scope, &ids)?;
    Ok(page.map(|row| complete(row.key(), row.to_json(), &numbers)))
}

/// Adds the members that are not columns. There are no processes and no triggers.
fn complete(id: i64, mut members: Map<String, Value>, numbers: &HashMap<i64, Numbers>) -> Value {
    let numbers = numbers.get(&id).copied().unwrap_or_default();
    let more = [
        ("QueueDefinitionId", json!(id)),
        ("ItemsToProcess", count(numbers.new)),
        ("ItemsInProgress", count(numbers.in_progress)),
        ("SuccessfulTransactionsNo", count(numbers.successes)),
        ("ApplicationExceptionsNo", count(numbers.application_exceptions)),
        ("BusinessExceptionsNo", count(numbers.business_exceptions)),
        ("TotalNumberOfTransactions", count(numbers.finished())),
        (
            "SuccessfulTransactionsProcessingTime",
            json!(seconds(numbers.success_micros)),
        ),
        (
            "ApplicationExceptionsProcessingTime",
            json!(seconds(numbers.application_micros)),
        ),
        (
            "BusinessExceptionsProcessingTime",
            json!(seconds(numbers.business_micros)),
        ),
        ("ProcessingMeanTime", json!(numbers.mean_seconds().unwrap_or(0.0))),
        ("LastProcessed", store::to_json(&numbers.last_processed_at)),
        ("ReleaseName", Value::Null),
        ("IsProcessInCurrentFolder", Value::Null),
        ("ProcessScheduleId", Value::Null),
    ];
    members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(members)
}

/// A number of the contract's width.
pub(super) fn count(number: i64) -> Value {
    json!(i32::try_from(number.max(0)).unwrap_or(i32::MAX))
}

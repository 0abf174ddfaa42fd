//! What subscribers are told about queues (reference: queues 15).

use serde_json::{Value, json};

use super::model::Queue;

/// `QueueDefinitionEventDto`
pub fn definition(queue: &Queue) -> Value {
    json!({
        "Id": queue.id,
        "Key": queue.key,
        "Name": queue.name,
        "Description": queue.description,
        "MaxNumberOfRetries": queue.max_retries,
        "AcceptAutomaticallyRetry": queue.retry_failed,
        "RetryAbandonedItems": queue.retry_abandoned,
        "EnforceUniqueReference": queue.unique_references,
        "SlaInMinutes": queue.sla_minutes,
        "RiskSlaInMinutes": queue.risk_sla_minutes,
        "Tags": queue.tags.0,
    })
}

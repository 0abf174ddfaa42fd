//! What the form of a queue holds: filled from a queue or from what was posted, and turned into a queue's input.

use access::tags;
use context::{Error, Wrong};
use serde_json::Value;
use web::page::{field, fields};

use crate::definitions::input::QueueInput;
use crate::definitions::model::RetentionAction;
use crate::definitions::retention::{FINISHED_DAYS, STALE_DAYS};

/// Members of the input, their control, and the name that people see.
pub const CONTROLS: [(&str, &str, &str); 13] = [
    ("MaxNumberOfRetries", "max_retries", "Max # of retries"),
    ("SpecificDataJsonSchema", "specific", "Specific data"),
    ("OutputDataJsonSchema", "output", "Output data"),
    ("AnalyticsDataJsonSchema", "analytics", "Analytics data"),
    ("RiskSlaInMinutes", "risk", "Risk SLA"),
    ("SlaInMinutes", "sla", "SLA"),
    ("StaleRetentionPeriod", "stale_period", "Days that new items wait"),
    ("StaleRetention", "stale_action", "New items"),
    ("RetentionPeriod", "final_period", "Days that finished items are kept"),
    ("RetentionAction", "final_action", "Finished items"),
    ("Description", "description", "Description"),
    ("Name", "name", "Name"),
    ("Tags", "tags", "Tags"),
];

/// The whole form.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub name: String,
    pub description: String,
    pub retry_failed: bool,
    pub retry_abandoned: bool,
    pub max_retries: String,
    pub unique: bool,
    pub encrypted: bool,
    pub specific: String,
    pub output: String,
    pub analytics: String,
    pub sla: String,
    pub risk: String,
    pub tags: Vec<String>,
    pub final_action: String,
    pub final_period: String,
    pub stale_action: String,
    pub stale_period: String,
    /// The id of the process; it is not chosen here.
    pub release: String,
}

impl Entry {
    /// The form of a new queue.
    pub fn empty() -> Self {
        Self {
            max_retries: "1".to_owned(),
            final_action: "Delete".to_owned(),
            final_period: FINISHED_DAYS.to_string(),
            stale_action: "Delete".to_owned(),
            stale_period: STALE_DAYS.to_string(),
            ..Self::default()
        }
    }

    /// The form of a queue, read with its schemas.
    pub fn of_queue(queue: &Value) -> Self {
        let text = |member: &str| queue[member].as_str().unwrap_or_default().to_owned();
        let is = |member: &str| queue[member].as_bool().unwrap_or(false);
        let number = |member: &str| queue[member].as_i64().unwrap_or_default();
        // No SLA is an empty control.
        let minutes = |member: &str| match number(member) {
            0 => String::new(),
            minutes => minutes.to_string(),
        };
        let given = queue["Tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let retries = number("MaxNumberOfRetries");
        let retrying = is("AcceptAutomaticallyRetry") || is("RetryAbandonedItems");
        Self {
            name: text("Name"),
            description: text("Description"),
            retry_failed: is("AcceptAutomaticallyRetry"),
            retry_abandoned: is("RetryAbandonedItems"),
            max_retries: if retrying { retries.to_string() } else { "1".to_owned() },
            unique: is("EnforceUniqueReference"),
            encrypted: is("Encrypted"),
            specific: text("SpecificDataJsonSchema"),
            output: text("OutputDataJsonSchema"),
            analytics: text("AnalyticsDataJsonSchema"),
            sla: minutes("SlaInMinutes"),
            risk: minutes("RiskSlaInMinutes"),
            tags: given.iter().map(tags::text_of).collect(),
            final_action: text("RetentionAction"),
            final_period: number("RetentionPeriod").to_string(),
            stale_action: text("StaleRetentionAction"),
            stale_period: number("StaleRetentionPeriod").to_string(),
            release: queue["ReleaseId"]
                .as_i64()
                .map_or_else(String::new, |id| id.to_string()),
        }
    }

    /// The form as it was posted.
    pub fn posted(form: &[(String, String)]) -> Self {
        let text = |name: &str| field(form, name).to_owned();
        let is = |name: &str| field(form, name) == "true";
        // Browsers end the lines of text areas with CR LF, whatever was there before.
        let schema = |name: &str| field(form, name).replace("\r\n", "\n");
        let tags = fields(form, "tags").into_iter().map(str::trim);
        Self {
            name: text("name"),
            description: text("description"),
            retry_failed: is("retry_failed"),
            retry_abandoned: is("retry_abandoned"),
            max_retries: text("max_retries"),
            unique: is("unique"),
            encrypted: is("encrypted"),
            specific: schema("specific"),
            output: schema("output"),
            analytics: schema("analytics"),
            sla: text("sla"),
            risk: text("risk"),
            tags: tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            final_action: text("final_action"),
            final_period: text("final_period"),
            stale_action: text("stale_action"),
            stale_period: text("stale_period"),
            release: text("release"),
        }
    }

    /// What the form asks for; of an existing queue it says nothing about what cannot change.
    ///
    /// # Errors
    /// 400 for numbers that are none.
    pub fn to_input(&self, is_new: bool) -> Result<QueueInput, Error> {
        let mut wrong = Wrong::default();
        let mut number = |member: &str, text: &str, needed: bool| match text.parse::<i32>() {
            Ok(number) if needed || !text.is_empty() => Some(number),
            Err(_) if needed || !text.is_empty() => {
                wrong.add(member, format!("{member} must be a whole number."));
                None
            }
            _ => None,
        };
        let retries = self.retry_failed || self.retry_abandoned;
        let input = QueueInput {
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            max_number_of_retries: number(
                "MaxNumberOfRetries",
                if retries { &self.max_retries } else { "0" },
                true,
            ),
            accept_automatically_retry: Some(self.retry_failed),
            retry_abandoned_items: Some(self.retry_abandoned),
            enforce_unique_reference: is_new.then_some(self.unique),
            encrypted: is_new.then_some(self.encrypted),
            specific_data_json_schema: Some(self.specific.clone()),
            output_data_json_schema: Some(self.output.clone()),
            analytics_data_json_schema: Some(self.analytics.clone()),
            sla_in_minutes: number("SlaInMinutes", &self.sla, false),
            risk_sla_in_minutes: number("RiskSlaInMinutes", &self.risk, false),
            release_id: self.release.parse().ok(),
            tags: Some(self.tags.iter().map(|text| tags::of_text(text)).collect()),
            retention_action: Some(action("RetentionAction", &self.final_action)?),
            retention_period: number("RetentionPeriod", &self.final_period, self.final_action == "Delete"),
            stale_retention_action: Some(action("StaleRetentionAction", &self.stale_action)?),
            stale_retention_period: number(
                "StaleRetentionPeriod",
                &self.stale_period,
                self.stale_action == "Delete",
            ),
            ..QueueInput::default()
        };
        wrong.finish()?;
        Ok(input)
    }
}

fn action(member: &'static str, text: &str) -> Result<RetentionAction, Error> {
    let action = text.parse().ok();
    action.ok_or_else(|| Error::field(member, "Choose what happens to items whose time is over."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_queue_survives_the_way_through_the_form() {
        let queue = json!({
            "Name": "a", "AcceptAutomaticallyRetry": true, "MaxNumberOfRetries": 3, "SlaInMinutes": 90, "RiskSlaInMinutes": 0,
            "RetentionAction": "None", "RetentionPeriod": 30, "StaleRetentionAction": "Delete", "StaleRetentionPeriod": 7,
            "Tags": [{"Name": "env", "Value": "prod"}], "SpecificDataJsonSchema": "{}", "Encrypted": true,
        });
        let input = Entry::of_queue(&queue).to_input(false).unwrap();
        assert_eq!(
            (
                input.max_number_of_retries,
                input.sla_in_minutes,
                input.risk_sla_in_minutes
            ),
            (Some(3), Some(90), None)
        );
        assert_eq!(
            (input.encrypted, input.retention_action),
            (None, Some(RetentionAction::None))
        );
        assert_eq!(input.tags.unwrap()[0].value.as_deref(), Some("prod"));
        assert_eq!(
            (
                input.specific_data_json_schema.as_deref(),
                input.output_data_json_schema.as_deref()
            ),
            (Some("{}"), Some(""))
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused_and_empty_ones_are_left_out() {
        let entry = Entry {
            sla: "soon".to_owned(),
            ..Entry::empty()
        };
        assert_eq!(entry.to_input(true).unwrap_err().fields[0].name, "SlaInMinutes");
        let empty = Entry::empty().to_input(true).unwrap();
        assert_eq!((empty.sla_in_minutes, empty.max_number_of_retries), (None, Some(0)));
    }
}

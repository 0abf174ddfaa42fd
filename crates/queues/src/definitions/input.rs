//! What a request says about a queue, and the checks that need no database.

use access::retention;
use access::tags::{self, Tag};
use context::{Error, Wrong, has_hidden};
use serde::Deserialize;
use serde_json::Value;

use super::model::{RetentionAction, RetentionType};
use super::schemas::{self, Of};

/// Characters (reference: queues 3.1).
pub const LONGEST_NAME: usize = 50;
pub const LONGEST_DESCRIPTION: usize = 250;
/// Times that an item is tried again.
pub const MOST_RETRIES: i32 = 50;
/// The longest time that an item may take: 90 days.
pub const LONGEST_SLA_MINUTES: i32 = 129_600;

/// Contract schema `QueueDefinitionDto`, as far as callers may set it, with the retention members of newer clients. Members that are
/// left out are `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QueueInput {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub max_number_of_retries: Option<i32>,
    pub accept_automatically_retry: Option<bool>,
    pub retry_abandoned_items: Option<bool>,
    pub enforce_unique_reference: Option<bool>,
    pub encrypted: Option<bool>,
    pub specific_data_json_schema: Option<String>,
    pub output_data_json_schema: Option<String>,
    pub analytics_data_json_schema: Option<String>,
    pub sla_in_minutes: Option<i32>,
    pub risk_sla_in_minutes: Option<i32>,
    pub release_id: Option<i64>,
    pub tags: Option<Vec<Tag>>,
    pub retention_action: Option<RetentionAction>,
    pub retention_period: Option<i32>,
    pub retention_bucket_id: Option<i64>,
    pub stale_retention_action: Option<RetentionAction>,
    pub stale_retention_period: Option<i32>,
    pub stale_retention_bucket_id: Option<i64>,
}

/// Contract schema `QueueRetentionSettingDto`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RetentionInput {
    pub queue_definition_id: Option<i64>,
    pub action: Option<RetentionAction>,
    pub period: Option<i32>,
    pub bucket_id: Option<i64>,
    #[serde(rename = "Type")]
    pub of: Option<RetentionType>,
}

/// A queue that is right as far as can be told without the database. What is `None` stays what it is, or is the default of a new
/// queue.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub max_retries: i32,
    pub retry_failed: bool,
    pub retry_abandoned: Option<bool>,
    pub unique_references: Option<bool>,
    pub encrypted: Option<bool>,
    pub schemas: Vec<SchemaDraft>,
    pub sla_minutes: i32,
    pub risk_sla_minutes: i32,
    /// The process whose robots work on the items.
    pub release: Option<i64>,
    pub tags: Option<Vec<Tag>>,
    pub finished: RetentionDraft,
    pub stale: RetentionDraft,
}

/// A schema that a request sets, or takes away.
#[derive(Debug, Clone)]
pub struct SchemaDraft {
    pub of: Of,
    pub text: Option<String>,
}

/// What a request says about how long items are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionDraft {
    pub action: Option<RetentionAction>,
    /// Days.
    pub period: Option<i32>,
}

impl QueueInput {
    /// Reads a body. A schema that is null is taken away, one that is left out stays; elsewhere the two mean the same.
    ///
    /// # Errors
    /// 400 naming the member that has the wrong form.
    pub fn read(mut body: Value) -> Result<Self, Error> {
        for (name, member) in body.as_object_mut().into_iter().flatten() {
            if member.is_null() && Of::ALL.iter().any(|of| of.member().eq_ignore_ascii_case(name)) {
                *member = Value::from("");
            }
        }
        web::bind(body)
    }

    /// Checks the queue. It reads JSON schemas, which takes its time: do it outside of units of work.
    ///
    /// # Errors
    /// 400 with every member that is wrong; with code 1857 for a text that is no JSON schema.
    pub fn check(mut self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let name = self.name.take().unwrap_or_default().trim().to_owned();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
        } else if has_hidden(&name) {
            wrong.add("Name", "Name must not contain hidden characters.");
        }
        let description = self.description.take().filter(|text| !text.is_empty());
        wrong.text("Description", description.as_deref(), LONGEST_DESCRIPTION);
        let max_retries = self.max_number_of_retries.unwrap_or(0);
        wrong.within("MaxNumberOfRetries", max_retries, 0, MOST_RETRIES);
        let sla_minutes = self.sla_in_minutes.unwrap_or(0);
        wrong.within("SlaInMinutes", sla_minutes, 0, LONGEST_SLA_MINUTES);
        let risk_sla_minutes = self.risk_sla_in_minutes.unwrap_or(0);
        wrong.within("RiskSlaInMinutes", risk_sla_minutes, 0, LONGEST_SLA_MINUTES);
        if risk_sla_minutes > sla_minutes {
            wrong.add(
                "RiskSlaInMinutes",
                "RiskSlaInMinutes must not be more than SlaInMinutes.",
            );
        }
        let tags = self.tags.take().map(|tags| tags::check(tags, &mut wrong));
        let finished = RetentionDraft::check(
            "Retention",
            [self.retention_period.map(i64::from), self.retention_bucket_id],
            self.retention_action,
            &mut wrong,
        );
        let stale = RetentionDraft::check(
            "StaleRetention",
            [
                self.stale_retention_period.map(i64::from),
                self.stale_retention_bucket_id,
            ],
            self.stale_retention_action,
            &mut wrong,
        );
        wrong.finish()?;
        let texts = [
            (Of::Specific, self.specific_data_json_schema.take()),
            (Of::Output, self.output_data_json_schema.take()),
            (Of::Analytics, self.analytics_data_json_schema.take()),
        ];
        let mut given = Vec::new();
        for (of, text) in texts {
            let Some(text) = text else { continue };
            let text = Some(text).filter(|text| !text.trim().is_empty());
            if let Some(text) = &text {
                schemas::compile(of.member(), text)?;
            }
            given.push(SchemaDraft { of, text });
        }
        Ok(Draft {
            id: self.id.filter(|id| *id != 0),
            name,
            description,
            max_retries,
            retry_failed: self.accept_automatically_retry.unwrap_or(false),
            retry_abandoned: self.retry_abandoned_items,
            unique_references: self.enforce_unique_reference,
            encrypted: self.encrypted,
            schemas: given,
            sla_minutes,
            risk_sla_minutes,
            release: self.release_id.filter(|id| *id != 0),
            tags,
            finished,
            stale,
        })
    }
}

impl RetentionInput {
    /// Checks the setting; `queue` is the id in the address.
    ///
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(self, queue: i64) -> Result<(RetentionType, RetentionDraft), Error> {
        let mut wrong = Wrong::default();
        if self.queue_definition_id.is_some_and(|id| id != 0 && id != queue) {
            wrong.add(
                "QueueDefinitionId",
                "The QueueDefinitionId in the body is not the id of the address.",
            );
        }
        if self.action.is_none() {
            wrong.add("Action", "Action is required.");
        }
        if self.period.is_none() && self.action != Some(RetentionAction::None) {
            wrong.add("Period", "Invalid argument 'Period'.");
        }
        let draft = RetentionDraft::check(
            "",
            [self.period.map(i64::from), self.bucket_id],
            self.action,
            &mut wrong,
        );
        wrong.finish()?;
        Ok((self.of.unwrap_or(RetentionType::Final), draft))
    }
}

impl RetentionDraft {
    fn check(prefix: &str, members: [Option<i64>; 2], action: Option<RetentionAction>, wrong: &mut Wrong) -> Self {
        let archives = action == Some(RetentionAction::Archive);
        Self {
            action,
            period: retention::check(wrong, prefix, members, archives, "items"),
        }
    }
}

#[cfg(test)]
mod tests {
    use context::codes;
    use serde_json::json;

    use super::*;

    fn check(body: Value) -> Result<Draft, Error> {
        QueueInput::read(body)?.check()
    }

    #[track_caller]
    fn refused(body: Value, member: &str) {
        let error = check(body).unwrap_err();
        assert_eq!(error.code, codes::INVALID_ARGUMENT);
        assert!(
            error.fields.iter().any(|field| field.name == member),
            "{:?}",
            error.fields
        );
    }

    #[test]
    fn a_name_is_all_it_needs() {
        let draft = check(json!({"Name": " a "})).unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.max_retries, draft.retry_failed),
            ("a", 0, false)
        );
        assert!(draft.schemas.is_empty() && draft.tags.is_none());
        refused(json!({}), "Name");
        refused(json!({"Name": "ä".repeat(51)}), "Name");
        refused(json!({"Name": "a\u{202e}"}), "Name");
        assert!(check(json!({"Name": "ä".repeat(50), "Description": "ä".repeat(250)})).is_ok());
    }

    #[test]
    fn numbers_have_bounds() {
        for (member, most) in [
            ("MaxNumberOfRetries", 50),
            ("SlaInMinutes", 129_600),
            ("RetentionPeriod", 180),
            ("StaleRetentionPeriod", 180),
        ] {
            assert!(check(json!({"Name": "a", member: most})).is_ok(), "{member}");
            refused(json!({"Name": "a", member: most + 1}), member);
            refused(json!({"Name": "a", member: -1}), member);
        }
        refused(json!({"Name": "a", "RetentionPeriod": 0}), "RetentionPeriod");
        refused(
            json!({"Name": "a", "SlaInMinutes": 10, "RiskSlaInMinutes": 11}),
            "RiskSlaInMinutes",
        );
        refused(json!({"Name": "a", "RiskSlaInMinutes": 1}), "RiskSlaInMinutes");
        assert!(check(json!({"Name": "a", "SlaInMinutes": 10, "RiskSlaInMinutes": 10})).is_ok());
    }

    #[test]
    fn a_schema_that_is_null_is_taken_away_and_one_left_out_stays() {
        let draft = check(json!({"Name": "a", "OutputDataJsonSchema": null, "SpecificDataJsonSchema": "{}"})).unwrap();
        let given: Vec<(Of, Option<&str>)> = draft
            .schemas
            .iter()
            .map(|schema| (schema.of, schema.text.as_deref()))
            .collect();
        assert_eq!(given, [(Of::Specific, Some("{}")), (Of::Output, None)]);
    }

    #[test]
    fn what_does_not_exist_yet_is_refused() {
        refused(
            json!({"Name": "a", "RetentionAction": "Archive", "RetentionBucketId": 3}),
            "RetentionBucketId",
        );
        refused(
            json!({"Name": "a", "StaleRetentionAction": "Archive"}),
            "StaleRetentionBucketId",
        );
    }
}

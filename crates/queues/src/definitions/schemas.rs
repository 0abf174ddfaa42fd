//! JSON schemas that the content of items must meet (reference: queues 3.2).

use context::{Error, codes};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::effort;
use super::model::QueueSchemas;

/// Most bytes of a schema.
pub const LONGEST_SCHEMA: usize = 256 << 10;
/// Violations that a message lists.
const MOST_TOLD: usize = 5;
/// Most bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

/// What a schema is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Specific = 1,
    Output = 2,
    Analytics = 4,
}

impl Of {
    pub const ALL: [Self; 3] = [Self::Specific, Self::Output, Self::Analytics];

    /// The kind that a path names: `SpecificData`, `OutputData`, `AnalyticsData`.
    ///
    /// # Errors
    /// 400 for another word.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.to_ascii_lowercase().trim_end_matches("jsonschema") {
            "specificdata" | "specific" => Ok(Self::Specific),
            "outputdata" | "output" => Ok(Self::Output),
            "analyticsdata" | "analytics" => Ok(Self::Analytics),
            _ => Err(Error::invalid(
                codes::INVALID_QUEUE_SCHEMA_TYPE,
                "The type of the schema must be SpecificData, OutputData or AnalyticsData.",
            )),
        }
    }

    /// The member of the queue that holds the text.
    pub fn member(self) -> &'static str {
        match self {
            Self::Specific => "SpecificDataJsonSchema",
            Self::Output => "OutputDataJsonSchema",
            Self::Analytics => "AnalyticsDataJsonSchema",
        }
    }

    /// Whether a queue has this schema, by its column `schemas`.
    pub fn is_in(self, schemas: i64) -> bool {
        schemas & self as i64 != 0
    }

    /// The text of this schema.
    pub fn text(self, schemas: &QueueSchemas) -> Option<&str> {
        match self {
            Self::Specific => schemas.specific.as_deref(),
            Self::Output => schemas.output.as_deref(),
            Self::Analytics => schemas.analytics.as_deref(),
        }
    }
}

/// Reads a schema. References to other documents are not followed, and patterns run in linear time.
///
/// # Errors
/// 400 with what is wrong.
pub fn compile(member: &str, text: &str) -> Result<Validator, Error> {
    let wrong = |reason: String| {
        Error::invalid(
            codes::INVALID_QUEUE_SCHEMA_DEFINITION,
            format!("{member} is not a valid JSON schema: {reason}"),
        )
    };
    if text.len() > LONGEST_SCHEMA {
        return Err(wrong(format!("it has more than {LONGEST_SCHEMA} bytes.")));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| wrong(format!("{error}.")))?;
    if !schema.is_object() {
        return Err(wrong("it must be a JSON object.".to_owned()));
    }
    effort::check(&schema).map_err(wrong)?;
    jsonschema::options()
        .offline()
        .with_pattern_options(
            PatternOptions::regex()
                .size_limit(PATTERN_SIZE)
                .dfa_size_limit(PATTERN_SIZE),
        )
        .build(&schema)
        .map_err(|error| wrong(told(&error.to_string())))
}

/// What about a value is against the schema; `None` if nothing is.
pub fn violations(schema: &Validator, value: &Value) -> Option<String> {
    if schema.is_valid(value) {
        return None;
    }
    let told: Vec<String> = schema
        .iter_errors(value)
        .take(MOST_TOLD)
        .map(|error| {
            let place = error.instance_path().to_string();
            let text = told(&error.to_string());
            if place.is_empty() {
                text
            } else {
                format!("{place}: {text}")
            }
        })
        .collect();
    Some(told.join("; "))
}

/// Messages quote the value, which may be long.
fn told(message: &str) -> String {
    context::shortened(message, 300)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn violations_say_where() {
        let schema = compile(
            "S",
            r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string","pattern":"^x"}}}"#,
        );
        let schema = schema.unwrap();
        assert_eq!(violations(&schema, &json!({"a": "xy"})), None);
        assert!(violations(&schema, &json!({"a": 7})).unwrap().starts_with("/a: "));
        assert!(violations(&schema, &json!({})).unwrap().contains("required"));
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for text in [
            "",
            "7",
            "{",
            r#"{"type": 7}"#,
            r#"{"$ref": "http://127.0.0.1/x"}"#,
            r#"{"pattern": "("}"#,
        ] {
            assert_eq!(
                compile("S", text).unwrap_err().code,
                codes::INVALID_QUEUE_SCHEMA_DEFINITION,
                "{text}"
            );
        }
        assert!(compile("S", &format!("{{\"title\": \"{}\"}}", "x".repeat(LONGEST_SCHEMA))).is_err());
    }
}

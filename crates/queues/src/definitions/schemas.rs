//! JSON schemas that the content of items must meet (reference: queues 3.2).

pub use access::schemas::{Validator, violations};
use context::{Error, codes};

use super::model::QueueSchemas;

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
    access::schemas::compile(text).map_err(|reason| {
        Error::invalid(
            codes::INVALID_QUEUE_SCHEMA_DEFINITION,
            format!("{member} is not a valid JSON schema: {reason}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_schema_is_refused_with_its_code() {
        for text in ["", "7", r#"{"type": 7}"#] {
            assert_eq!(
                compile("S", text).unwrap_err().code,
                codes::INVALID_QUEUE_SCHEMA_DEFINITION,
                "{text}"
            );
        }
        assert!(compile("S", "{}").is_ok());
    }
}

//! JSON schemas that callers bring along: read within bounds, so that a schema can neither fetch something, nor take long to check a value.

mod effort;

use jsonschema::PatternOptions;
pub use jsonschema::Validator;
use serde_json::Value;

/// Most bytes of a schema.
pub const LONGEST_SCHEMA: usize = 256 << 10;
/// Violations that a message lists.
const MOST_TOLD: usize = 5;
/// Most bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

/// Reads the text of a schema. References to other documents are not followed, and patterns run in linear time.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn compile(text: &str) -> Result<Validator, String> {
    if text.len() > LONGEST_SCHEMA {
        return Err(format!("it has more than {LONGEST_SCHEMA} bytes."));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| format!("{error}."))?;
    compile_value(&schema)
}

/// [`compile`] for a schema that was read already. Its length is the caller's duty.
pub fn compile_value(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() {
        return Err("it must be a JSON object.".to_owned());
    }
    effort::check(schema)?;
    jsonschema::options()
        .offline()
        .with_pattern_options(
            PatternOptions::regex()
                .size_limit(PATTERN_SIZE)
                .dfa_size_limit(PATTERN_SIZE),
        )
        .build(schema)
        .map_err(|error| told(&error.to_string()))
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
        let schema =
            compile(r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string","pattern":"^x"}}}"#);
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
            assert!(compile(text).is_err(), "{text}");
        }
        assert!(compile(&format!("{{\"title\": \"{}\"}}", "x".repeat(LONGEST_SCHEMA))).is_err());
    }
}

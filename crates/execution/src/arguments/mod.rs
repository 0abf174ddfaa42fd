//! Arguments of entry points: what they are called, of which kind they are, and whether given ones fit (reference: execution 3.7, 5.8).
//!
//! A package says what an entry point takes as text, in one of two forms: a JSON schema, or the classic list of .NET arguments.
//! [`Signature`] reads both, [`check`] tells whether an object fits, and [`form`] makes fields of them and reads them again.

pub mod check;
pub mod form;
mod signature;

pub use check::{Whole, checker};
pub use signature::{Argument, Kind, Signature};

use context::Error;
use serde_json::{Map, Value};

/// Most characters of the arguments that a process or a request gives as text (reference: execution 4.2).
pub const LONGEST: usize = 10_000;

/// Reads the text of arguments: a JSON object. Nothing and white space mean that there are none.
///
/// # Errors
/// 400 naming `member` for a text that is too long, no JSON, or no object.
pub fn parse(member: &'static str, text: Option<&str>) -> Result<Option<Map<String, Value>>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.len() > LONGEST && text.chars().count() > LONGEST {
        return Err(Error::field(
            member,
            format!("{member} can have at most {LONGEST} characters."),
        ));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(Value::Null) => Ok(None),
        Ok(_) => Err(Error::field(member, format!("{member} must be a JSON object."))),
        Err(error) => Err(Error::field(member, format!("{member} is not valid JSON: {error}."))),
    }
}

/// Defaults with what is given put over them: the arguments that a job starts with.
pub fn merged(defaults: Option<Map<String, Value>>, given: Option<Map<String, Value>>) -> Map<String, Value> {
    let mut all = defaults.unwrap_or_default();
    all.extend(given.unwrap_or_default());
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_an_object_of_bounded_length() {
        assert_eq!(parse("A", None).unwrap(), None);
        assert_eq!(parse("A", Some("  ")).unwrap(), None);
        assert_eq!(parse("A", Some("null")).unwrap(), None);
        assert_eq!(
            parse("A", Some("{\"a\":1}")).unwrap().map(Value::from),
            Some(json!({"a": 1}))
        );
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST));
        for text in ["[1]", "7", "{a:1}", "{", long.as_str()] {
            assert_eq!(parse("A", Some(text)).unwrap_err().fields[0].name, "A", "{text:.20}");
        }
    }

    #[test]
    fn what_is_given_goes_over_the_defaults() {
        let object = |value: Value| value.as_object().cloned();
        let all = merged(
            object(json!({"a": 1, "b": {"x": 1}})),
            object(json!({"b": 2, "c": null})),
        );
        assert_eq!(Value::from(all), json!({"a": 1, "b": 2, "c": null}));
    }
}

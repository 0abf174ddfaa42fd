//! What an item carries: checks of the open objects in requests, their stored text, and their form on the wire (reference: queues
//! 4.3; resources, "Lengths and sizes").

use access::sealing::Sealer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use context::{Error, codes};
use serde_json::{Map, Value};
use uuid::Uuid;
use vault::Secret;

/// Most bytes of the JSON text of specific content, of output and of analytics, each.
pub const LONGEST_CONTENT: usize = 1 << 20;
/// Most characters of the reason and of the details of an exception, each.
pub const LONGEST_EXCEPTION: usize = 102_400;
/// Most characters of a progress text.
pub const LONGEST_PROGRESS: usize = 104_857;
/// Most characters of a progress text that history tells.
const LONGEST_TOLD: usize = 1_000;
/// How deep the values of an open object may be nested: events wrap them once more, and still have to be read again.
const DEEPEST: usize = 64;
/// Most characters of a reference, and of an operation's id.
pub const LONGEST_REFERENCE: usize = 128;

/// The parts of what an item carries, each sealed for its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Specific,
    Output,
    Analytics,
    Exception,
    Progress,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Specific => "specific",
            Self::Output => "output",
            Self::Analytics => "analytics",
            Self::Exception => "exception",
            Self::Progress => "progress",
        }
    }
}

/// An open object of a request as JSON text. Annotations (`x@odata.type`) are dropped.
///
/// # Errors
/// 400: a name with one of `: . , @ "`, or more than [`LONGEST_CONTENT`] bytes.
pub fn text_of(part: Part, member: &'static str, mut object: Map<String, Value>) -> Result<String, Error> {
    object.retain(|name, _| !name.contains("@odata."));
    if let Some(name) = object.keys().find(|name| name.contains([':', '.', ',', '@', '"'])) {
        let shown: String = name.chars().take(100).collect();
        return Err(Error::field(
            member,
            format!("The name '{shown}' in {member} must not contain any of : . , @ \"."),
        ));
    }
    if object.values().map(depth).max().unwrap_or(0) > DEEPEST {
        return Err(Error::field(
            member,
            format!("The values in {member} are nested more than {DEEPEST} levels deep."),
        ));
    }
    let text = serde_json::to_string(&object).map_err(Error::internal)?;
    if text.len() > LONGEST_CONTENT {
        let code = match part {
            Part::Output => codes::QUEUE_ITEM_OUTPUT_SIZE_EXCEEDED,
            Part::Analytics => codes::QUEUE_ITEM_ANALYTICS_SIZE_EXCEEDED,
            _ => codes::QUEUE_ITEM_CONTENT_SIZE_EXCEEDED,
        };
        return Err(Error::invalid(
            code,
            format!(
                "{member} has {} bytes; at most {LONGEST_CONTENT} are allowed.",
                text.len()
            ),
        ));
    }
    // PostgreSQL keeps text without U+0000, also where JSON escapes it.
    if text.contains("\\u0000") || text.contains('\0') {
        return Err(Error::field(
            member,
            format!("{member} must not contain the character U+0000."),
        ));
    }
    Ok(text)
}

/// Checks a progress text.
///
/// # Errors
/// 400 when it is too long.
pub fn check_progress(progress: &str) -> Result<(), Error> {
    if progress.len() > LONGEST_PROGRESS && progress.chars().count() > LONGEST_PROGRESS {
        return Err(Error::invalid(
            codes::QUEUE_ITEM_PROGRESS_SIZE_EXCEEDED,
            format!("Progress can have at most {LONGEST_PROGRESS} characters."),
        ));
    }
    Ok(())
}

/// The beginning of a progress text, for history: a line of it is read with hundreds of others.
pub fn told(progress: &str) -> String {
    context::shortened(progress, LONGEST_TOLD)
}

/// How deep objects and arrays lie in each other, at most.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The place a part is sealed for; it is the same for all attempts, which carry the same content.
fn place(key: Uuid, part: Part) -> String {
    format!("queue-items/{key}/{}", part.name())
}

/// The text as it is stored: sealed where the item is encrypted.
pub fn seal(sealer: Option<&Sealer>, key: Uuid, part: Part, text: String) -> Result<String, Error> {
    match sealer {
        Some(sealer) => Ok(STANDARD.encode(sealer.seal(&place(key, part), &Secret::from(text))?)),
        None => Ok(text),
    }
}

/// The text that was stored.
pub fn open(sealer: Option<&Sealer>, key: Uuid, part: Part, stored: String) -> Result<String, Error> {
    let Some(sealer) = sealer else { return Ok(stored) };
    let sealed = STANDARD.decode(stored).map_err(Error::internal)?;
    let opened = sealer.unseal(&place(key, part), &sealed)?;
    Ok(opened.expose_str().map_err(Error::internal)?.to_owned())
}

/// Adds `<object>` and `<data>` to an item's wire form: the object itself, and as text the way it has been given since before there
/// were open types.
pub fn show(members: &mut Map<String, Value>, object: &str, data: &str, text: Option<&str>) {
    let (parsed, wrapped) = match text {
        Some(text) => (
            serde_json::from_str(text).unwrap_or(Value::Null),
            Value::String(format!("{{\"DynamicProperties\":{text}}}")),
        ),
        None => (Value::Null, Value::Null),
    };
    members.insert(object.to_owned(), parsed);
    members.insert(data.to_owned(), wrapped);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(object: Value) -> Result<String, Error> {
        let Value::Object(object) = object else {
            panic!("an object")
        };
        text_of(Part::Specific, "SpecificContent", object)
    }

    #[test]
    fn types_and_order_stay_and_annotations_go() {
        let stored = text(json!({"n@odata.type": "#Int64", "n": 7, "b": true, "s": "x", "o": {"a": [1]}, "z": null}));
        assert_eq!(stored.unwrap(), r#"{"n":7,"b":true,"s":"x","o":{"a":[1]},"z":null}"#);
    }

    #[test]
    fn names_that_clients_cannot_address_are_refused() {
        for name in ["a:b", "a.b", "a,b", "a@b", "a\"b"] {
            assert!(text(json!({ name: 1 })).is_err(), "{name}");
        }
        assert!(text(json!({"x": "\0"})).is_err());
    }

    #[test]
    fn values_that_are_nested_too_deep_are_refused() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(text(json!({ "a": nested(DEEPEST) })).is_ok());
        assert!(text(json!({ "a": nested(DEEPEST + 1) })).is_err());
    }

    #[test]
    fn history_tells_the_beginning_of_a_long_progress() {
        assert_eq!(told("half way"), "half way");
        let long = told(&"é".repeat(LONGEST_TOLD + 1));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST_TOLD + 1, true));
    }

    #[test]
    fn the_size_is_that_of_the_text() {
        let room = LONGEST_CONTENT - r#"{"a":""}"#.len();
        assert!(text(json!({"a": "x".repeat(room)})).is_ok());
        let error = text(json!({"a": "x".repeat(room + 1)})).unwrap_err();
        assert_eq!(error.code, codes::QUEUE_ITEM_CONTENT_SIZE_EXCEEDED);
    }
}

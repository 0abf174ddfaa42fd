//! The arguments of a call: from the query, or from a JSON body.

use std::collections::HashSet;

use context::Error;
use http::Method;
use serde_json::{Map, Value};
use web::Request;

use crate::codes;

/// What the caller gives: of GET and DELETE the query, each value a text; of POST and PUT the body.
///
/// # Errors
/// 400 with code 4804 for a body that is no JSON object.
pub fn given(request: &Request) -> Result<Map<String, Value>, Error> {
    if matches!(request.parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(request
            .query
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect());
    }
    let bad = || Error::invalid(codes::TRIGGER_BAD_REQUEST, "Could not parse body as json.");
    match request.value().map_err(|_| bad())? {
        Value::Object(members) => Ok(members),
        _ => Err(bad()),
    }
}

/// The names that an entry point declares; `None` where it declares nothing that is understood. `text` is a JSON schema, or the classic
/// list of arguments (reference: execution 3.7).
pub fn declared(text: Option<&str>) -> Option<HashSet<String>> {
    let schema: Value = serde_json::from_str(text?).ok()?;
    match &schema {
        Value::Object(members) => {
            let properties = members.get("properties")?.as_object()?;
            Some(properties.keys().cloned().collect())
        }
        Value::Array(list) => {
            let name = |entry: &Value| {
                entry
                    .get("name")
                    .or_else(|| entry.get("Name"))?
                    .as_str()
                    .map(str::to_owned)
            };
            list.iter().map(name).collect()
        }
        _ => None,
    }
}

/// The arguments of the job: those of the trigger, each replaced by what the caller gives. What the process does not declare is dropped.
pub fn merge(trigger: Option<&str>, given: Map<String, Value>, declared: Option<&HashSet<String>>) -> Option<String> {
    let mut merged = trigger
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .unwrap_or_default();
    let wanted = given
        .into_iter()
        .filter(|(name, _)| declared.is_none_or(|declared| declared.contains(name)));
    merged.extend(wanted);
    (!merged.is_empty()).then(|| Value::Object(merged).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_declared_arguments_reach_the_job() {
        let schema = r#"{"type":"object","properties":{"a":{"type":"integer"},"b":{}}}"#;
        let list = r#"[{"name":"a","type":"System.Int32"},{"name":"b"}]"#;
        for text in [schema, list] {
            let names = declared(Some(text)).unwrap();
            let given = json!({ "a": 1, "x": 2 }).as_object().unwrap().clone();
            assert_eq!(
                merge(Some(r#"{"b":3}"#), given, Some(&names)).as_deref(),
                Some(r#"{"b":3,"a":1}"#)
            );
        }
        assert_eq!(declared(Some("{}")), None);
        assert_eq!(declared(Some("null")), None);
        assert_eq!(declared(None), None);
        let given = json!({ "x": "1" }).as_object().unwrap().clone();
        assert_eq!(merge(None, given, None).as_deref(), Some(r#"{"x":"1"}"#));
        assert_eq!(merge(None, Map::new(), None), None);
    }
}

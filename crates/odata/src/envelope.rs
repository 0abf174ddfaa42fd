//! The JSON around results: `@odata.context`, `@odata.count`, `value`.
//!
//! No envelope has a member named `errorCode`: some clients take any answer that has one for a failure.

use serde_json::{Map, Value, json};

/// The context URL of an answer: `<root>/odata/$metadata#<fragment>`, with `Assets` for a collection,
/// `Assets/$entity` for an entity and `Edm.String` for a value. `root` is the URL above `/odata`.
pub fn context(root: &str, fragment: &str) -> String {
    format!("{}/odata/$metadata#{fragment}", root.trim_end_matches('/'))
}

/// A collection, with the number of all rows that match where it was asked for.
pub fn collection(context: &str, count: Option<u64>, values: Vec<Value>) -> Value {
    let mut members = Map::new();
    members.insert("@odata.context".to_owned(), json!(context));
    if let Some(count) = count {
        members.insert("@odata.count".to_owned(), json!(count));
    }
    members.insert("value".to_owned(), Value::Array(values));
    Value::Object(members)
}

/// An entity: the context and the members of `object`. Anything but an object is wrapped as a value.
pub fn entity(context: &str, object: Value) -> Value {
    match object {
        Value::Object(members) => {
            let mut all = Map::with_capacity(members.len() + 1);
            all.insert("@odata.context".to_owned(), json!(context));
            all.extend(
                members
                    .into_iter()
                    .filter(|(name, _)| name != "errorCode" && name != "@odata.context"),
            );
            Value::Object(all)
        }
        other => value(context, other),
    }
}

/// A single value, as functions and actions return it.
pub fn value(context: &str, value: Value) -> Value {
    json!({"@odata.context": context, "value": value})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_begin_with_their_context() {
        let assets = context("https://host/org/tenant/orchestrator_/", "Assets");
        assert_eq!(
            collection(&assets, Some(1), vec![json!({"Id": 1})]).to_string(),
            r#"{"@odata.context":"https://host/org/tenant/orchestrator_/odata/$metadata#Assets","@odata.count":1,"value":[{"Id":1}]}"#
        );
        assert_eq!(
            entity("c", json!({"errorCode": 0, "Id": 1})).to_string(),
            r#"{"@odata.context":"c","Id":1}"#
        );
        assert_eq!(
            value("c", json!("x")).to_string(),
            r#"{"@odata.context":"c","value":"x"}"#
        );
    }
}

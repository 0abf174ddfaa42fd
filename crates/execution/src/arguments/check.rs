//! Whether arguments fit what an entry point takes. Names that it does not know are no fault: clients send more than is asked for.

use std::sync::{Arc, LazyLock};

use access::schemas::{Validator, compile_value, violations};
use moka::sync::Cache;
use serde_json::{Map, Value};

use super::signature::{self, Argument, Kind, Signature};

/// Bytes of texts whose checkers are kept at most. A checker takes some ten times as much.
const MOST_KEPT: u64 = 4 << 20;
/// Members of a schema's top level that are about arguments which are not there, or not known.
const ABOUT_THE_WHOLE: [&str; 6] = [
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "dependentRequired",
];

/// Whether all arguments must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// Those of a job: what is required must be given.
    Yes,
    /// Defaults of a process: a job may give the others.
    No,
}

/// What arguments are checked against.
pub struct Checker {
    pub signature: Signature,
    /// Of the whole, without the demand for arguments that are not there. `None`: not a JSON schema, or none that can be used.
    schema: Option<Validator>,
}

impl Checker {
    /// Reads what a package says. A schema that cannot be used is as good as none: the robot will tell what it does not like.
    pub fn new(text: Option<&str>) -> Self {
        let signature = Signature::read(text);
        let schema = match &signature {
            Signature::Schema { schema, .. } => {
                let mut open = schema.clone();
                if let Value::Object(members) = &mut open {
                    for member in ABOUT_THE_WHOLE {
                        members.shift_remove(member);
                    }
                }
                compile_value(&open).ok()
            }
            Signature::Unknown | Signature::Classic(_) => None,
        };
        Self { signature, schema }
    }

    /// What does not fit, in words; `None` if everything does.
    pub fn faults(&self, given: &Map<String, Value>, whole: Whole) -> Option<String> {
        if whole == Whole::Yes {
            let missing = self.signature.arguments().iter();
            let mut missing = missing.filter(|argument| argument.required && !given.contains_key(&argument.name));
            if let Some(argument) = missing.next() {
                return Some(format!("the argument {} is missing", argument.name));
            }
        }
        match &self.signature {
            Signature::Unknown => None,
            Signature::Schema { .. } => {
                let schema = self.schema.as_ref()?;
                violations(schema, &Value::Object(given.clone()))
            }
            Signature::Classic(arguments) => arguments.iter().find_map(|argument| {
                let value = given.get(&argument.name)?;
                fault(argument, value)
            }),
        }
    }

    /// Defaults that were given for another entry point, as far as they fit this one: what went away, or has another type now, is
    /// dropped.
    pub fn carried(&self, given: Map<String, Value>, before: &Signature) -> Map<String, Value> {
        let kept = signature::kept(given, before, &self.signature);
        if self.faults(&kept, Whole::No).is_none() {
            return kept;
        }
        let fits = |name: &String, value: &Value| {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            self.faults(&alone, Whole::No).is_none()
        };
        kept.into_iter().filter(|(name, value)| fits(name, value)).collect()
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker")
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}

fn fault(argument: &Argument, value: &Value) -> Option<String> {
    let fits = match argument.kind {
        _ if value.is_null() => true,
        Kind::Text | Kind::Moment => value.is_string(),
        Kind::Whole => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::List => value.is_array(),
        Kind::Object => value.is_object(),
        Kind::Choice(_) | Kind::Any => true,
    };
    let expected = match argument.kind {
        Kind::Text => "a text",
        Kind::Moment => "a date as text",
        Kind::Whole => "a whole number",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::List => "a list",
        _ => "an object",
    };
    (!fits).then(|| format!("/{}: it must be {expected}", argument.name))
}

/// What arguments for an entry point are checked against. `text` is its `InputArguments`.
pub fn checker(text: Option<&str>) -> Arc<Checker> {
    static KNOWN: LazyLock<Checkers> = LazyLock::new(Checkers::default);
    KNOWN.of(text)
}

/// Checkers kept in memory, by the text of the package: reading a schema takes longer than using it.
struct Checkers(Cache<Arc<str>, Arc<Checker>>);

impl Default for Checkers {
    fn default() -> Self {
        let weigh = |text: &Arc<str>, _: &Arc<Checker>| u32::try_from(text.len()).unwrap_or(u32::MAX).max(256);
        Self(Cache::builder().max_capacity(MOST_KEPT).weigher(weigh).build())
    }
}

impl Checkers {
    fn of(&self, text: Option<&str>) -> Arc<Checker> {
        let text = text.unwrap_or_default();
        if let Some(found) = self.0.get(text) {
            return found;
        }
        let made = Arc::new(Checker::new(Some(text)));
        self.0.insert(Arc::from(text), made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_schema_decides_on_types_and_a_job_needs_everything() {
        let text = r#"{"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":"integer"},"b":{"enum":["x"]}}}"#;
        let checker = Checker::new(Some(text));
        let faults = |given: Value, whole| checker.faults(&object(given), whole);
        assert_eq!(faults(json!({"a": 1, "unknown": 2}), Whole::Yes), None);
        assert_eq!(faults(json!({"b": "x"}), Whole::No), None);
        assert!(
            faults(json!({"b": "x"}), Whole::Yes)
                .unwrap()
                .contains("argument a is missing")
        );
        assert!(faults(json!({"a": "1"}), Whole::No).unwrap().starts_with("/a: "));
        assert!(faults(json!({"b": "y"}), Whole::No).is_some());
    }

    #[test]
    fn a_classic_list_decides_on_types() {
        let text = r#"[{"name":"n","type":"System.Int32, mscorlib","required":true},{"name":"t","type":"System.DateTime, mscorlib"}]"#;
        let checker = Checker::new(Some(text));
        let faults = |given: Value, whole| checker.faults(&object(given), whole);
        assert_eq!(
            faults(json!({"n": 1, "t": "2026-01-01T00:00:00Z", "x": []}), Whole::Yes),
            None
        );
        assert_eq!(faults(json!({"n": null}), Whole::Yes), None);
        assert_eq!(
            faults(json!({"n": 1.5}), Whole::No).unwrap(),
            "/n: it must be a whole number"
        );
        assert!(faults(json!({"t": 5}), Whole::No).is_some());
        assert!(faults(json!({}), Whole::Yes).is_some());
    }

    #[test]
    fn what_nobody_can_read_allows_everything() {
        for text in [
            None,
            Some("{"),
            Some(r#"{"properties":{"a":{"$ref":"http://127.0.0.1/x"}}}"#),
        ] {
            let checker = Checker::new(text);
            assert_eq!(checker.faults(&object(json!({"a": 1})), Whole::Yes), None, "{text:?}");
        }
    }

    #[test]
    fn defaults_that_no_longer_fit_are_dropped_when_the_entry_point_changes() {
        let before = Signature::read(Some(r#"{"properties":{"a":{},"b":{},"c":{}}}"#));
        let checker = Checker::new(Some(r#"{"properties":{"b":{"type":"string"},"c":{"type":"integer"}}}"#));
        let given = object(json!({"a": 1, "b": 2, "c": 3, "more": 4}));
        assert_eq!(Value::from(checker.carried(given, &before)), json!({"c": 3, "more": 4}));
    }

    #[test]
    fn a_checker_is_made_once() {
        let checkers = Checkers::default();
        let text = Some(r#"{"type":"object"}"#);
        assert!(Arc::ptr_eq(&checkers.of(text), &checkers.of(text)));
    }
}

//! What an entry point takes, read from the text of its package.

use access::schemas::LONGEST_SCHEMA;
use serde_json::{Map, Value};

/// Arguments of one entry point that are looked at.
const MOST_ARGUMENTS: usize = 200;
/// Steps that a reference within a schema is followed.
const MOST_STEPS: usize = 8;

/// What kind of value an argument takes, as far as forms tell kinds apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Text,
    Whole,
    Number,
    Boolean,
    /// A moment, as ISO 8601 text.
    Moment,
    /// One of these.
    Choice(Vec<Value>),
    List,
    Object,
    /// Whatever JSON can say.
    Any,
}

/// An argument that an entry point takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub kind: Kind,
    /// A job needs it.
    pub required: bool,
    /// What the package itself takes where nothing is given.
    pub default: Option<Value>,
}

/// What an entry point takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Signature {
    /// The package says nothing, or nothing that can be read.
    Unknown,
    /// A JSON schema.
    Schema { schema: Value, arguments: Vec<Argument> },
    /// The classic list of .NET arguments.
    Classic(Vec<Argument>),
}

impl Signature {
    /// Reads the text of a package: `Input` or `Output` of `ArgumentMetadata`.
    pub fn read(text: Option<&str>) -> Self {
        let Some(text) = text.filter(|text| text.len() <= LONGEST_SCHEMA) else {
            return Self::Unknown;
        };
        match serde_json::from_str(text) {
            Ok(Value::Array(list)) => {
                let arguments = list.iter().take(MOST_ARGUMENTS).filter_map(classic).collect();
                Self::Classic(arguments)
            }
            Ok(schema @ Value::Object(_)) => {
                let arguments = of_schema(&schema);
                Self::Schema { schema, arguments }
            }
            _ => Self::Unknown,
        }
    }

    /// The arguments it names; the first 200.
    pub fn arguments(&self) -> &[Argument] {
        match self {
            Self::Unknown => &[],
            Self::Schema { arguments, .. } | Self::Classic(arguments) => arguments,
        }
    }

    /// Whether it names an argument. What is known of nothing names everything.
    pub fn names(&self, name: &str) -> bool {
        match self {
            Self::Unknown => true,
            Self::Schema { .. } | Self::Classic(_) => self.arguments().iter().any(|argument| argument.name == name),
        }
    }
}

/// `{"name":"in_Count","type":"System.Int32, mscorlib, …","required":false,"hasDefault":true}`
fn classic(entry: &Value) -> Option<Argument> {
    let name = entry["name"].as_str().filter(|name| !name.is_empty())?;
    let has_default = entry["hasDefault"].as_bool().unwrap_or(false);
    Some(Argument {
        name: name.to_owned(),
        title: None,
        description: None,
        kind: of_type(entry["type"].as_str().unwrap_or_default()),
        required: entry["required"].as_bool().unwrap_or(false) && !has_default,
        default: None,
    })
}

/// The kind of a .NET type by its assembly-qualified name.
fn of_type(name: &str) -> Kind {
    // What stands in brackets belongs to the type's own arguments: `System.Collections.Generic.List`1[[System.String, …]], …`.
    let own = name.split(['[', ',']).next().unwrap_or_default().trim();
    let is_array = name
        .split(',')
        .next()
        .is_some_and(|head| head.trim_end().ends_with("[]"));
    if is_array
        || ["List`1", "IEnumerable`1", "IList`1", "ICollection`1"]
            .iter()
            .any(|end| own.ends_with(end))
    {
        return Kind::List;
    }
    match own {
        "System.String" | "System.Guid" | "System.Uri" | "System.TimeSpan" | "System.Char" => Kind::Text,
        "System.Byte" | "System.SByte" | "System.Int16" | "System.UInt16" | "System.Int32" | "System.UInt32"
        | "System.Int64" | "System.UInt64" => Kind::Whole,
        "System.Single" | "System.Double" | "System.Decimal" => Kind::Number,
        "System.Boolean" => Kind::Boolean,
        "System.DateTime" | "System.DateTimeOffset" => Kind::Moment,
        _ if own.ends_with("Dictionary`2") => Kind::Object,
        _ => Kind::Any,
    }
}

fn of_schema(schema: &Value) -> Vec<Argument> {
    let here = followed(schema, schema);
    let required: Vec<&str> = here["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = here["properties"].as_object();
    let argument = |(name, property): (&String, &Value)| {
        let text = |member: &str| {
            property[member]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let default = property.get("default").cloned();
        Argument {
            name: name.clone(),
            title: text("title"),
            description: text("description"),
            kind: kind(schema, followed(schema, property)),
            required: required.contains(&name.as_str()) && default.is_none(),
            default,
        }
    };
    properties
        .into_iter()
        .flatten()
        .take(MOST_ARGUMENTS)
        .map(argument)
        .collect()
}

/// A schema, or what it refers to within the same document.
fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut here = schema;
    for _ in 0..MOST_STEPS {
        let Some(reference) = here["$ref"].as_str() else { break };
        match reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
            Some(found) => here = found,
            None => break,
        }
    }
    here
}

fn kind(root: &Value, schema: &Value) -> Kind {
    if let Some(choices) = schema["enum"].as_array().filter(|choices| !choices.is_empty()) {
        return Kind::Choice(choices.clone());
    }
    match &schema["type"] {
        Value::String(name) => named(name, schema),
        // `["string", "null"]`
        Value::Array(names) => match own(names.iter().filter_map(Value::as_str)) {
            Some(name) => named(name, schema),
            None => Kind::Any,
        },
        // Python writes optional arguments as `anyOf` of something and null.
        _ => match schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
            Some(kinds) => {
                let mut kinds = kinds.iter().filter(|one| one["type"] != "null");
                match (kinds.next(), kinds.next()) {
                    (Some(only), None) => kind(&Value::Null, followed(root, only)),
                    _ => Kind::Any,
                }
            }
            None if schema.get("properties").is_some() => Kind::Object,
            None => Kind::Any,
        },
    }
}

/// The only name that is not `null`.
fn own<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut names = names.filter(|name| *name != "null");
    names.next().filter(|_| names.next().is_none())
}

fn named(name: &str, schema: &Value) -> Kind {
    match name {
        "string" if schema["format"] == "date-time" => Kind::Moment,
        "string" => Kind::Text,
        "integer" => Kind::Whole,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "array" => Kind::List,
        "object" => Kind::Object,
        _ => Kind::Any,
    }
}

/// The arguments that are left when an entry point changes: those that went away are dropped.
pub(super) fn kept(given: Map<String, Value>, before: &Signature, after: &Signature) -> Map<String, Value> {
    given
        .into_iter()
        .filter(|(name, _)| after.names(name) || *before == Signature::Unknown || !before.names(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(signature: &Signature) -> Vec<(&str, Kind, bool)> {
        let arguments = signature.arguments().iter();
        arguments
            .map(|argument| (argument.name.as_str(), argument.kind.clone(), argument.required))
            .collect()
    }

    #[test]
    fn classic_lists_name_dot_net_types() {
        let tail = "mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089";
        let list = json!([
            {"name": "a", "type": format!("System.Int32, {tail}"), "required": true, "hasDefault": false},
            {"name": "b", "type": format!("System.String, {tail}"), "required": true, "hasDefault": true},
            {"name": "c", "type": format!("System.String[], {tail}")},
            {"name": "d", "type": format!("System.Collections.Generic.List`1[[System.String, {tail}]], {tail}")},
            {"name": "e", "type": format!("System.Collections.Generic.Dictionary`2[[System.String, {tail}],[System.Object, {tail}]], {tail}")},
            {"name": "f", "type": "System.Data.DataTable, System.Data"}, {"name": ""}, 7,
        ]);
        let signature = Signature::read(Some(&list.to_string()));
        assert_eq!(
            kinds(&signature),
            [
                ("a", Kind::Whole, true),
                ("b", Kind::Text, false),
                ("c", Kind::List, false),
                ("d", Kind::List, false),
                ("e", Kind::Object, false),
                ("f", Kind::Any, false)
            ]
        );
    }

    #[test]
    fn schemas_are_read_through_references_and_optional_types() {
        let schema = json!({
            "type": "object", "required": ["a", "b"],
            "properties": {
                "a": {"type": "integer", "title": "A", "description": "first"}, "b": {"type": "string", "default": "x"},
                "c": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "d": {"type": ["boolean", "null"]},
                "e": {"$ref": "#/$defs/color"}, "f": {"type": "string", "format": "date-time"},
                "g": {"anyOf": [{"type": "number"}, {"type": "string"}]}, "h": {"$ref": "#/properties/h"},
            },
            "$defs": {"color": {"enum": ["red", "green"], "type": "string"}},
        });
        let signature = Signature::read(Some(&schema.to_string()));
        assert_eq!(
            kinds(&signature),
            [
                ("a", Kind::Whole, true),
                ("b", Kind::Text, false),
                ("c", Kind::Number, false),
                ("d", Kind::Boolean, false),
                ("e", Kind::Choice(vec![json!("red"), json!("green")]), false),
                ("f", Kind::Moment, false),
                ("g", Kind::Any, false),
                ("h", Kind::Any, false)
            ]
        );
        assert_eq!(signature.arguments()[0].description.as_deref(), Some("first"));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for text in [None, Some(""), Some("7"), Some("{")] {
            assert_eq!(Signature::read(text), Signature::Unknown);
        }
        assert_eq!(Signature::read(Some("{}")).arguments(), []);
    }

    #[test]
    fn arguments_that_went_away_are_dropped() {
        let read = |text: &str| Signature::read(Some(text));
        let before = read(r#"{"properties": {"a": {}, "b": {}}}"#);
        let after = read(r#"{"properties": {"b": {}}}"#);
        let given = json!({"a": 1, "b": 2, "extra": 3}).as_object().cloned().unwrap();
        assert_eq!(
            Value::from(kept(given.clone(), &before, &after)),
            json!({"b": 2, "extra": 3})
        );
        assert_eq!(kept(given.clone(), &Signature::Unknown, &after), given);
        assert_eq!(kept(given.clone(), &before, &Signature::Unknown), given);
    }
}

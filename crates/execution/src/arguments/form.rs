//! A form for arguments: a field for each argument that an entry point names, and one for all others as JSON.
//!
//! An empty field says nothing about its argument. The controls are called `arg.` and the name of the argument; names of two arguments
//! never meet, as the rest of the control's name is the argument's own.

use maud::{Markup, html};
use serde_json::{Map, Value};
use ui::field::{self, Choice};

use super::LONGEST;
use super::signature::{Argument, Kind, Signature};

/// What the controls of arguments begin with.
const PREFIX: &str = "arg.";
/// The control for arguments that the entry point does not name.
const OTHERS: &str = "arguments";

/// Messages by control.
pub type Errors = Vec<(String, String)>;

/// What the controls hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    values: Vec<(String, String)>,
    others: String,
}

impl Entry {
    /// The controls for arguments that are there already.
    pub fn of(signature: &Signature, given: &Map<String, Value>) -> Self {
        let named = signature.arguments();
        let values = named
            .iter()
            .filter_map(|argument| Some((argument.name.clone(), shown(argument, given.get(&argument.name)?))))
            .collect();
        let others: Map<String, Value> = given
            .iter()
            .filter(|(name, _)| !named.iter().any(|argument| argument.name == **name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let others = if others.is_empty() {
            String::new()
        } else {
            serde_json::to_string_pretty(&others).unwrap_or_default()
        };
        Self { values, others }
    }

    /// The controls as they were posted.
    pub fn posted(form: &[(String, String)]) -> Self {
        let named = form
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value.replace("\r\n", "\n"))));
        let others = form.iter().find(|(name, _)| name == OTHERS);
        Self {
            values: named.filter(|(_, value)| !value.is_empty()).collect(),
            others: others.map(|(_, value)| value.trim().to_owned()).unwrap_or_default(),
        }
    }

    /// The arguments that the controls say.
    ///
    /// # Errors
    /// The controls whose text is no value of its argument, each with a message.
    pub fn read(&self, signature: &Signature) -> Result<Map<String, Value>, Errors> {
        let mut errors = Errors::new();
        let mut given = Map::new();
        if !self.others.is_empty() {
            match serde_json::from_str(&self.others) {
                Ok(Value::Object(others)) => given.extend(others),
                Ok(_) => errors.push((OTHERS.to_owned(), "It must be a JSON object.".to_owned())),
                Err(error) => errors.push((OTHERS.to_owned(), format!("It is not valid JSON: {error}."))),
            }
        }
        for argument in signature.arguments() {
            let Some(text) = self.text(&argument.name) else {
                continue;
            };
            match value(&argument.kind, text) {
                Ok(value) => {
                    given.insert(argument.name.clone(), value);
                }
                Err(reason) => errors.push((control(&argument.name), reason)),
            }
        }
        if errors.is_empty() { Ok(given) } else { Err(errors) }
    }

    fn text(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The fields. `defaults` are what is taken where a field is empty: those of the process, when a job is started.
pub fn render(signature: &Signature, entry: &Entry, defaults: &Map<String, Value>, errors: &Errors) -> Markup {
    let label = if signature.arguments().is_empty() {
        "Arguments as JSON"
    } else {
        "Other arguments as JSON"
    };
    html! {
        @for argument in signature.arguments() {
            (control_of(argument, entry.text(&argument.name), defaults.get(&argument.name), errors))
        }
        (field::textarea(OTHERS, label, 4).value(&entry.others).max(LONGEST).wide()
            .placeholder("{\"name\": \"value\"}").error_in(errors))
    }
}

/// The name of the control of an argument.
fn control(name: &str) -> String {
    format!("{PREFIX}{name}")
}

fn control_of(argument: &Argument, text: Option<&str>, default: Option<&Value>, errors: &Errors) -> Markup {
    let name = control(&argument.name);
    let label = argument.title.as_deref().unwrap_or(&argument.name);
    let text = text.unwrap_or_default();
    let default = default.or(argument.default.as_ref());
    let nothing = match default {
        Some(value) => format!("Default: {}", context::shortened(&plain(value), 60)),
        None => "Not given".to_owned(),
    };
    let choose = |choices: Vec<(String, String)>| {
        let mut all = vec![Choice::new("", &nothing)];
        all.extend(choices.iter().map(|(value, label)| Choice::new(value, label)));
        field::select(&name, label, all)
    };
    let control = match &argument.kind {
        Kind::Boolean => choose(
            [("true", "True"), ("false", "False")]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .to_vec(),
        ),
        Kind::Choice(values) => choose(values.iter().map(|value| (value.to_string(), plain(value))).collect()),
        Kind::Text if text.contains('\n') => field::textarea(&name, label, 3).wide(),
        Kind::Whole => field::number(&name, label).placeholder(&nothing),
        Kind::Text | Kind::Number => field::text(&name, label).placeholder(&nothing),
        Kind::Moment => field::text(&name, label).placeholder("2026-01-31T12:00:00Z"),
        Kind::List => field::textarea(&name, label, 3).placeholder("[1, 2]").wide(),
        Kind::Object | Kind::Any => field::textarea(&name, label, 3).placeholder("JSON").wide(),
    };
    let mut hint = argument.description.clone().unwrap_or_default();
    if argument.required {
        let separator = match hint.chars().last() {
            None => "",
            Some('.' | '!' | '?') => " ",
            Some(_) => ". ",
        };
        hint = format!("{hint}{separator}Needed by every job.");
    }
    let control = control.value(text).error_in(errors);
    html! { @if hint.is_empty() { (control) } @else { (control.hint(&hint)) } }
}

/// A value as its control shows it.
fn shown(argument: &Argument, value: &Value) -> String {
    match (&argument.kind, value) {
        (Kind::Text | Kind::Moment, Value::String(text)) => text.clone(),
        (Kind::Object | Kind::List | Kind::Any, value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        (_, value) => value.to_string(),
    }
}

/// A value for people.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value that a text says for an argument of a kind.
fn value(kind: &Kind, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match kind {
        Kind::Text => Ok(Value::from(text)),
        Kind::Whole => match trimmed.parse::<i64>() {
            Ok(number) => Ok(Value::from(number)),
            Err(_) => Err("It must be a whole number.".to_owned()),
        },
        Kind::Number => match serde_json::from_str(trimmed) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => Err("It must be a number.".to_owned()),
        },
        Kind::Boolean => match trimmed {
            "true" => Ok(Value::from(true)),
            "false" => Ok(Value::from(false)),
            _ => Err("It must be true or false.".to_owned()),
        },
        Kind::Moment => {
            let is_moment =
                trimmed.parse::<jiff::Timestamp>().is_ok() || trimmed.parse::<jiff::civil::DateTime>().is_ok();
            if is_moment {
                Ok(Value::from(trimmed))
            } else {
                Err("It must be a moment such as 2026-01-31T12:00:00Z.".to_owned())
            }
        }
        Kind::Choice(values) => {
            // By its JSON: 7 and "7" are two values.
            let written = |value: &&Value| {
                let text = value.to_string();
                text == trimmed
            };
            let chosen = values.iter().find(written);
            chosen.cloned().ok_or_else(|| "Choose one of the values.".to_owned())
        }
        Kind::List | Kind::Object | Kind::Any => {
            let value: Value =
                serde_json::from_str(trimmed).map_err(|error| format!("It is not valid JSON: {error}."))?;
            match kind {
                Kind::List if !value.is_array() => Err("It must be a JSON list.".to_owned()),
                Kind::Object if !value.is_object() => Err("It must be a JSON object.".to_owned()),
                _ => Ok(value),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signature() -> Signature {
        let schema = json!({"required": ["text"], "properties": {
            "text": {"type": "string", "title": "A text"}, "whole": {"type": "integer"}, "number": {"type": "number"},
            "switch": {"type": "boolean"}, "list": {"type": "array"}, "color": {"enum": ["red", 7]},
            "when": {"type": "string", "format": "date-time"},
        }});
        Signature::read(Some(&schema.to_string()))
    }

    fn posted(fields: &[(&str, &str)]) -> Entry {
        let form: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Entry::posted(&form)
    }

    #[test]
    fn arguments_survive_the_way_through_the_form() {
        let given = json!({
            "text": "a\nb", "whole": 7, "number": 1.5, "switch": false, "list": [1], "color": 7,
            "when": "2026-01-31T12:00:00Z", "more": {"x": null},
        });
        let given = given.as_object().cloned().unwrap();
        let entry = Entry::of(&signature(), &given);
        let read = entry.read(&signature()).unwrap();
        assert_eq!(read.len(), given.len());
        for (name, value) in &given {
            assert_eq!(read.get(name), Some(value), "{name}");
        }
        let html = render(&signature(), &entry, &Map::new(), &Errors::new()).into_string();
        assert!(html.contains("A text") && html.contains("name=\"arg.whole\"") && html.contains("Needed by every job"));
    }

    #[test]
    fn empty_fields_say_nothing() {
        let entry = posted(&[("arg.text", ""), ("arg.whole", ""), ("arguments", " ")]);
        assert_eq!(entry.read(&signature()).unwrap(), Map::new());
        let none = Entry::of(&Signature::Unknown, &Map::new());
        assert_eq!(none, Entry::default());
    }

    #[test]
    fn texts_that_say_no_value_are_told_by_control() {
        let entry = posted(&[
            ("arg.whole", "1.5"),
            ("arg.number", "many"),
            ("arg.switch", "perhaps"),
            ("arg.list", "{}"),
            ("arg.color", "\"blue\""),
            ("arg.when", "soon"),
            ("arguments", "[]"),
        ]);
        let errors = entry.read(&signature()).unwrap_err();
        let controls: Vec<&str> = errors.iter().map(|(control, _)| control.as_str()).collect();
        assert_eq!(
            controls,
            [
                "arguments",
                "arg.whole",
                "arg.number",
                "arg.switch",
                "arg.list",
                "arg.color",
                "arg.when"
            ]
        );
        let html = render(&signature(), &entry, &Map::new(), &errors).into_string();
        assert!(html.contains("whole number") && html.contains("value=\"soon\""));
    }
}

//! What forms about items hold: content as rows or as JSON, dates and priority.

use context::{Error, codes};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use odata::Enumeration as _;
use serde_json::{Map, Value, json};
use ui::field::{self, Choice};
use web::page;

use crate::items::content::LONGEST_REFERENCE;
use crate::items::model::Priority;

/// Rows for further values that an opened form has.
const SPARE_ROWS: usize = 4;
/// Most rows that are read from a form.
const MOST_ROWS: usize = 500;

/// Members of the input, their control, and the name that people see.
pub const CONTROLS: [(&str, &str, &str); 6] = [
    ("SpecificContent", "json", "the content"),
    ("Reference", "reference", "Reference"),
    ("Priority", "priority", "Priority"),
    ("DueDate", "due", "Deadline"),
    ("DeferDate", "defer", "Postpone"),
    ("Progress", "progress", "Progress"),
];

/// The form of an item.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub reference: String,
    pub priority: String,
    pub due: String,
    pub defer: String,
    /// The exact moments behind `due` and `defer`, of which the controls show less.
    pub due_was: String,
    pub defer_was: String,
    pub progress: String,
    /// `rows` or `json`.
    pub mode: String,
    pub rows: Vec<(String, String)>,
    pub json: String,
}

impl Entry {
    /// The form of a new item.
    pub fn empty() -> Self {
        Self {
            priority: Priority::Normal.to_string(),
            mode: "rows".to_owned(),
            ..Self::default()
        }
    }

    /// The form of an item, read with its content.
    pub fn of_item(item: &Value) -> Self {
        let text = |member: &str| item[member].as_str().unwrap_or_default().to_owned();
        let content = item["SpecificContent"].as_object();
        // Only texts can be edited as rows without becoming something else.
        let rows: Option<Vec<(String, String)>> = content
            .into_iter()
            .flatten()
            .map(|(name, value)| value.as_str().map(|text| (name.clone(), text.to_owned())))
            .collect();
        let plain = rows
            .as_ref()
            .is_some_and(|rows| rows.iter().all(|(_, text)| !text.contains(['\n', '\r'])));
        Self {
            reference: text("Reference"),
            priority: text("Priority"),
            due: shown(&text("DueDate")),
            defer: shown(&text("DeferDate")),
            due_was: text("DueDate"),
            defer_was: text("DeferDate"),
            progress: text("Progress"),
            mode: if plain { "rows" } else { "json" }.to_owned(),
            rows: rows.filter(|_| plain).unwrap_or_default(),
            json: content.map(pretty).unwrap_or_default(),
        }
    }

    /// The form as it was posted.
    pub fn posted(form: &[(String, String)]) -> Self {
        let text = |name: &str| page::field(form, name).to_owned();
        let raw = |name: String| {
            let found = form.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| value.clone())
        };
        let rows = (0..MOST_ROWS)
            .map_while(|row| raw(format!("name-{row}")).zip(raw(format!("value-{row}"))))
            .map(|(name, value)| (name.trim().to_owned(), value))
            .filter(|(name, value)| !name.is_empty() || !value.is_empty());
        Self {
            reference: text("reference"),
            priority: text("priority"),
            due: text("due"),
            defer: text("defer"),
            due_was: text("due_was"),
            defer_was: text("defer_was"),
            progress: text("progress").replace("\r\n", "\n"),
            mode: text("mode"),
            rows: rows.collect(),
            json: text("json").replace("\r\n", "\n"),
        }
    }

    /// What the form asks for, as `QueueItemDataDto`.
    ///
    /// # Errors
    /// 400 for dates that are none, JSON that is none, and rows without a name.
    pub fn to_json(&self) -> Result<Value, Error> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(json!({
            "Reference": some(&self.reference),
            "Priority": some(&self.priority),
            "DueDate": instant("DueDate", &self.due, &self.due_was)?,
            "DeferDate": instant("DeferDate", &self.defer, &self.defer_was)?,
            "Progress": some(&self.progress),
            "SpecificContent": self.content()?,
        }))
    }

    fn content(&self) -> Result<Map<String, Value>, Error> {
        if self.mode == "json" {
            if self.json.is_empty() {
                return Ok(Map::new());
            }
            return match serde_json::from_str(&self.json) {
                Ok(Value::Object(members)) => Ok(members),
                Ok(_) => Err(Error::field("SpecificContent", "The content must be a JSON object.")),
                Err(error) => {
                    let message = format!("The content is not valid JSON: {error}.");
                    Err(Error::field("SpecificContent", message))
                }
            };
        }
        let mut members = Map::new();
        for (name, value) in &self.rows {
            if name.is_empty() {
                return Err(Error::field("SpecificContent", "A value needs a name."));
            }
            if members.insert(name.clone(), Value::String(value.clone())).is_some() {
                return Err(Error::field(
                    "SpecificContent",
                    format!("The name {name} is there more than once."),
                ));
            }
        }
        Ok(members)
    }

    /// The controls. A reference cannot change.
    pub fn fields(&self, is_new: bool, errors: &[(String, String)]) -> Markup {
        let priorities = Priority::ALL
            .iter()
            .map(|priority| Choice::new(&priority.to_string(), &priority.to_string()))
            .collect();
        html! {
            @if is_new {
                (field::text("reference", "Reference").value(&self.reference).max(LONGEST_REFERENCE).error_in(errors)
                    .hint("What the item is found by, for instance the number of an invoice."))
            }
            (field::select("priority", "Priority", priorities).value(&self.priority).error_in(errors))
            (field::moment("due", "Deadline").value(&self.due).error_in(errors)
                .hint("In UTC. Items with a deadline come before those without."))
            (field::hidden("due_was", &self.due_was))
            (field::moment("defer", "Postpone").value(&self.defer).error_in(errors).hint("In UTC. Not taken before that moment."))
            (field::hidden("defer_was", &self.defer_was))
            @if !is_new { (field::textarea("progress", "Progress", 2).value(&self.progress).error_in(errors)) }
            (self.content_fields(errors))
        }
    }

    fn content_fields(&self, errors: &[(String, String)]) -> Markup {
        let spare = std::iter::repeat_n((String::new(), String::new()), SPARE_ROWS);
        let modes = vec![
            Choice::new("rows", "Names and values").hint("Every value is a text."),
            Choice::new("json", "JSON").hint("An object, with values of any type."),
        ];
        let wrong = errors
            .iter()
            .find(|(control, _)| control == "json")
            .map(|(_, message)| message.as_str());
        html! {
            (field::radio("mode", "Content", modes).value(if self.mode == "json" { "json" } else { "rows" }).error(wrong))
            div.value-rows data-show-when="mode=rows" {
                @for (row, (name, value)) in self.rows.iter().cloned().chain(spare).enumerate() {
                    div.value-row {
                        (field::text(&format!("name-{row}"), &format!("Name {}", row + 1)).value(&name))
                        (field::text(&format!("value-{row}"), &format!("Value {}", row + 1)).value(&value))
                    }
                }
            }
            (field::textarea("json", "JSON object", 10).value(&self.json).wide().placeholder("{ \"Invoice\": 4711 }")
                .file(".json,application/json").show_when("mode", "json"))
        }
    }
}

/// JSON as people read it.
pub fn pretty(members: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(members).unwrap_or_default()
}

/// A moment as the control shows it.
fn shown(text: &str) -> String {
    let Ok(at) = text.parse::<Timestamp>() else {
        return String::new();
    };
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The moment that a control means: the exact one where it still shows what it showed.
fn instant(member: &'static str, text: &str, was: &str) -> Result<Option<String>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    if shown(was) == text {
        return Ok(Some(was.to_owned()));
    }
    let wrong = || {
        let mut error = Error::field(member, format!("{member} must be a day and a time."));
        error.code = codes::INVALID_ARGUMENT;
        error
    };
    let at: DateTime = text.parse().map_err(|_| wrong())?;
    let at = TimeZone::UTC.to_timestamp(at).map_err(|_| wrong())?;
    Ok(Some(at.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn rows_become_texts_and_rows_without_anything_do_not_count() {
        let entry = Entry::posted(&form(&[
            ("mode", "rows"),
            ("name-0", " a "),
            ("value-0", " 1 "),
            ("name-1", ""),
            ("value-1", ""),
            ("name-2", "b"),
            ("value-2", ""),
        ]));
        assert_eq!(
            entry.to_json().unwrap()["SpecificContent"],
            json!({"a": " 1 ", "b": ""})
        );
        for wrong in [
            [("name-0", ""), ("value-0", "x"), ("name-1", "a"), ("value-1", "")],
            [("name-0", "a"), ("value-0", "x"), ("name-1", "a"), ("value-1", "")],
        ] {
            let error = Entry::posted(&form(&wrong)).to_json().unwrap_err();
            assert_eq!(error.fields[0].name, "SpecificContent");
        }
    }

    #[test]
    fn json_keeps_its_types_and_must_be_an_object() {
        let entry = |text: &str| Entry::posted(&form(&[("mode", "json"), ("json", text)])).to_json();
        assert_eq!(entry("{\"n\": 1}").unwrap()["SpecificContent"], json!({"n": 1}));
        assert!(entry("[1]").is_err() && entry("{").is_err());
        assert_eq!(entry("").unwrap()["SpecificContent"], json!({}));
    }

    #[test]
    fn a_moment_that_was_not_touched_stays_exact() {
        let was = "2026-03-04T05:06:07.123456Z";
        assert_eq!(shown(was), "2026-03-04T05:06");
        assert_eq!(
            instant("DueDate", "2026-03-04T05:06", was).unwrap().as_deref(),
            Some(was)
        );
        let other = instant("DueDate", "2026-03-04T05:07", was).unwrap();
        assert_eq!(other.as_deref(), Some("2026-03-04T05:07:00Z"));
        assert!(instant("DueDate", "soon", "").is_err());
        assert_eq!(instant("DueDate", "", was).unwrap(), None);
    }

    #[test]
    fn content_with_other_types_is_edited_as_json() {
        let mode = |content: Value| Entry::of_item(&json!({ "SpecificContent": content })).mode;
        assert_eq!(
            (mode(json!({"a": "x"})), mode(json!({"a": 1}))),
            ("rows".into(), "json".into())
        );
        assert_eq!(mode(json!({"a": "x\ny"})), "json");
    }
}

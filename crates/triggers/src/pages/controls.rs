//! What a form of a trigger holds. Its controls are called as the members of the API, so that a form becomes the body of a request.

use access::console::Errors;
use access::tags;
use execution::arguments::{self, Signature};
use serde_json::{Map, Value, json};
use web::page::{field, fields};

/// Which members a form has.
pub struct Members {
    pub texts: &'static [&'static str],
    pub numbers: &'static [&'static str],
    pub switches: &'static [&'static str],
    /// Moments, to the minute and in UTC.
    pub moments: &'static [&'static str],
}

/// The controls of a target, which is one entry of `MachineRobots`.
const TARGET: [(&str, &str); 2] = [("account", "RobotId"), ("machine", "MachineId")];

/// What the controls hold.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    values: Map<String, Value>,
    tags: Vec<String>,
    pub arguments: arguments::form::Entry,
}

impl Entry {
    /// The controls for a trigger as the API shows it.
    pub fn of(members: &Members, body: &Value, signature: &Signature) -> Self {
        let mut values = Map::new();
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        for name in members.texts.iter().chain(members.numbers).chain(members.switches) {
            values.insert((*name).to_owned(), json!(text(&body[*name])));
        }
        for name in members.moments {
            let minute: String = text(&body[*name]).chars().take("2026-01-01T00:00".len()).collect();
            values.insert((*name).to_owned(), json!(minute));
        }
        if let Some([target]) = body["MachineRobots"].as_array().map(Vec::as_slice) {
            for (control, member) in TARGET {
                values.insert(control.to_owned(), json!(text(&target[member])));
            }
        }
        let given = body["InputArguments"].as_str().unwrap_or_default();
        let given: Map<String, Value> = serde_json::from_str(given).unwrap_or_default();
        Self {
            values,
            tags: body["Tags"]
                .as_array()
                .into_iter()
                .flatten()
                .map(tags::text_of)
                .collect(),
            arguments: arguments::form::Entry::of(signature, &given),
        }
    }

    /// The controls as they were posted.
    pub fn posted(members: &Members, form: &[(String, String)]) -> Self {
        let names = [members.texts, members.numbers, members.switches, members.moments].concat();
        let names = names.into_iter().chain(TARGET.map(|(control, _)| control));
        // A switch that is off is not sent; any other control that is not sent is not in the form.
        let is_there = |name: &str| members.switches.contains(&name) || form.iter().any(|(sent, _)| sent == name);
        let names = names.filter(|name| is_there(name));
        let tags = fields(form, "Tags").into_iter().map(str::trim);
        Self {
            values: names.map(|name| (name.to_owned(), json!(field(form, name)))).collect(),
            tags: tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            arguments: arguments::form::Entry::posted(form),
        }
    }

    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), json!(value));
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The body of a request that says the same. What the form does not show is taken from `body`.
    ///
    /// # Errors
    /// Controls whose text is not what it should be.
    pub fn over(&self, members: &Members, mut body: Value, signature: &Signature) -> Result<Value, Errors> {
        let mut errors = Errors::new();
        let filled = |name: &str| Some(self.text(name)).filter(|text| !text.is_empty());
        let of_form = |name: &&&str| self.values.contains_key(**name);
        for name in members.texts.iter().filter(of_form) {
            body[*name] = json!(filled(name));
        }
        for name in members.switches {
            body[*name] = json!(self.is_on(name));
        }
        for name in members.numbers.iter().filter(of_form) {
            body[*name] = match filled(name).map(str::parse::<i64>) {
                None => Value::Null,
                Some(Ok(number)) => json!(number),
                Some(Err(_)) => {
                    errors.push(((*name).to_owned(), "It must be a whole number.".to_owned()));
                    Value::Null
                }
            };
        }
        for name in members.moments.iter().filter(of_form) {
            body[*name] = json!(filled(name).map(|minute| format!("{minute}:00Z")));
        }
        // Several targets cannot be shown, and stay.
        let several = body["MachineRobots"]
            .as_array()
            .is_some_and(|targets| targets.len() > 1);
        if !several {
            let mut target = Map::new();
            for (control, member) in TARGET {
                if let Some(Ok(id)) = filled(control).map(str::parse::<i64>) {
                    target.insert(member.to_owned(), json!(id));
                }
            }
            body["MachineRobots"] = if target.is_empty() { json!([]) } else { json!([target]) };
        }
        body["Tags"] = json!(self.tags.iter().map(|tag| tags::of_text(tag)).collect::<Vec<_>>());
        match self.arguments.read(signature) {
            Ok(given) if given.is_empty() => body["InputArguments"] = Value::Null,
            Ok(given) => body["InputArguments"] = json!(Value::Object(given).to_string()),
            Err(wrong) => errors.extend(wrong),
        }
        if errors.is_empty() { Ok(body) } else { Err(errors) }
    }
}

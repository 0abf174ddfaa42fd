//! The fields of a process: filled from a process or from what was posted, and turned into what a request would say. Controls are called
//! like the members they are for.

use access::console::Errors;
use access::tags;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use ui::field::{self, Choice};
use web::page::{field as posted_field, fields};

use super::PRIORITIES;
use crate::arguments::{Signature, form as arguments};
use crate::processes::input::{LONGEST_DESCRIPTION, LONGEST_ENVIRONMENT, LONGEST_NAME, NORMAL};
use crate::processes::model::{ProcessSettings, Release, RemoteControlAccess};
use crate::processes::retention::{FINISHED_DAYS, STALE_DAYS};
use crate::processes::service;

/// Controls with a text.
const TEXTS: [&str; 12] = [
    "Name",
    "Description",
    "EnvironmentVariables",
    "SpecificPriorityValue",
    "RemoteControlAccess",
    "AutomationHubIdeaUrl",
    "RetentionAction",
    "RetentionPeriod",
    "StaleRetentionAction",
    "StaleRetentionPeriod",
    "ProcessSettings.Duration",
    "ProcessSettings.Frequency",
];
const SWITCHES: [&str; 5] = [
    "AutoUpdate",
    "HiddenForAttendedUser",
    "ProcessSettings.ErrorRecordingEnabled",
    "ProcessSettings.AutoStartProcess",
    "ProcessSettings.AlwaysRunning",
];

/// The whole form.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    texts: Map<String, Value>,
    switches: Vec<String>,
    tags: Vec<String>,
    pub arguments: arguments::Entry,
}

impl Entry {
    /// The form of a new process of a package.
    pub fn empty(name: &str, description: &str) -> Self {
        let settings = ProcessSettings::default();
        let texts = json!({
            "Name": name, "Description": context::shortened(description, LONGEST_DESCRIPTION - 1),
            "SpecificPriorityValue": NORMAL.to_string(), "RemoteControlAccess": "None",
            "RetentionAction": "Delete", "RetentionPeriod": FINISHED_DAYS.to_string(),
            "StaleRetentionAction": "Delete", "StaleRetentionPeriod": STALE_DAYS.to_string(),
            "ProcessSettings.Duration": settings.duration.to_string(),
            "ProcessSettings.Frequency": settings.frequency.to_string(),
        });
        Self {
            texts: texts.as_object().cloned().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The form of a process.
    pub fn of(release: &Release, signature: &Signature) -> Self {
        let settings = &release.settings.0;
        let texts = json!({
            "Name": release.name, "Description": release.description, "EnvironmentVariables": release.environment,
            "SpecificPriorityValue": release.priority.to_string(),
            "RemoteControlAccess": release.remote_control.to_string(), "AutomationHubIdeaUrl": release.idea_url,
            "RetentionAction": release.final_action.to_string(), "RetentionPeriod": release.final_period.to_string(),
            "StaleRetentionAction": release.stale_action.to_string(),
            "StaleRetentionPeriod": release.stale_period.to_string(),
            "ProcessSettings.Duration": settings.duration.to_string(),
            "ProcessSettings.Frequency": settings.frequency.to_string(),
        });
        let switches = [
            release.auto_update,
            release.hidden_for_attended,
            settings.error_recording_enabled,
            settings.auto_start_process,
            settings.always_running,
        ];
        let on = SWITCHES.iter().zip(switches).filter(|(_, on)| *on);
        Self {
            texts: texts.as_object().cloned().unwrap_or_default(),
            switches: on.map(|(name, _)| (*name).to_owned()).collect(),
            tags: release.tags.0.iter().map(|tag| tags::text_of(&json!(tag))).collect(),
            arguments: arguments::Entry::of(signature, &service::given(release)),
        }
    }

    /// The form as it was posted.
    pub fn posted(form: &[(String, String)]) -> Self {
        let text = |name: &str| Value::from(posted_field(form, name).replace("\r\n", "\n"));
        let tags = fields(form, "Tags").into_iter().map(str::trim);
        Self {
            texts: TEXTS.iter().map(|name| ((*name).to_owned(), text(name))).collect(),
            switches: SWITCHES
                .iter()
                .filter(|name| posted_field(form, name) == "true")
                .map(|name| (*name).to_owned())
                .collect(),
            tags: tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            arguments: arguments::Entry::posted(form),
        }
    }

    pub fn name(&self) -> &str {
        self.text("Name")
    }

    fn text(&self, name: &str) -> &str {
        self.texts.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_on(&self, name: &str) -> bool {
        self.switches.iter().any(|on| on == name)
    }

    /// What the form says, as a request would. `settings` are those that the form does not show.
    ///
    /// # Errors
    /// Controls of arguments whose text is no value.
    pub fn to_body(&self, signature: &Signature, settings: &ProcessSettings) -> Result<Value, Errors> {
        let given = self.arguments.read(signature)?;
        let mut settings = json!(settings);
        let mut body = Map::new();
        let texts = self.texts.iter().map(|(name, value)| {
            let value = Some(value.clone()).filter(|value| value != "").unwrap_or_default();
            (name.as_str(), value)
        });
        let switches = SWITCHES.iter().map(|name| (*name, Value::from(self.is_on(name))));
        for (name, value) in texts.chain(switches) {
            match name.split_once('.') {
                Some((_, member)) if value.is_null() => settings[member] = json!(0),
                Some((_, member)) => settings[member] = value,
                None => {
                    body.insert(name.to_owned(), value);
                }
            }
        }
        let tags: Vec<Value> = self.tags.iter().map(|text| json!(tags::of_text(text))).collect();
        body.insert("ProcessSettings".to_owned(), settings);
        body.insert("Tags".to_owned(), json!(tags));
        body.insert("InputArguments".to_owned(), json!(service::text_of(&given)));
        Ok(Value::Object(body))
    }
}

/// The fields below those that say which package it is.
pub fn render(entry: &Entry, signature: &Signature, errors: &Errors) -> Markup {
    let text = |name: &str| entry.text(name).to_owned();
    let toggle = |name: &str, label: &str, hint: &str| field::toggle(name, label).on(entry.is_on(name)).hint(hint);
    html! {
        (field::text("Name", "Display name").value(&text("Name")).required().max(LONGEST_NAME).error_in(errors))
        (field::textarea("Description", "Description", 2).value(&text("Description")).max(LONGEST_DESCRIPTION).error_in(errors))
        (ui::card("Arguments", html! {}, html! {
            p.hint { "What jobs take where their start says nothing else. An empty field gives nothing." }
            (arguments::render(signature, &entry.arguments, &Map::new(), errors))
        }))
        (ui::card("Running", html! {}, html! {
            (field::select("SpecificPriorityValue", "Job priority", priorities(&text("SpecificPriorityValue")))
                .value(&text("SpecificPriorityValue")).error_in(errors))
            (toggle("AutoUpdate", "Follow the package", "Every new latest version of the package is taken at once."))
            (field::textarea("EnvironmentVariables", "Environment variables", 3).value(&text("EnvironmentVariables"))
                .hint("One NAME=value in each line.").max(LONGEST_ENVIRONMENT).wide().error_in(errors))
            (field::select("RemoteControlAccess", "Live streaming", [
                (RemoteControlAccess::None, "None"), (RemoteControlAccess::ReadOnly, "Read only"), (RemoteControlAccess::Full, "Full"),
            ].iter().map(|(value, label)| Choice::new(&value.to_string(), label)).collect())
                .value(&text("RemoteControlAccess")).error_in(errors))
            (toggle("ProcessSettings.AutoStartProcess", "Start with the assistant", "Attended robots start it when they open."))
            (toggle("ProcessSettings.AlwaysRunning", "Always running", "Attended robots start it again when it ends."))
            (toggle("HiddenForAttendedUser", "Hide from attended users", "The assistant does not list it."))
        }))
        (ui::card("Recording", html! {}, html! {
            (toggle("ProcessSettings.ErrorRecordingEnabled", "Record errors", "Screenshots of the time before a fault are kept."))
            (field::number("ProcessSettings.Duration", "Seconds that are kept").value(&text("ProcessSettings.Duration"))
                .range(1, 600).error_in(errors))
            (field::number("ProcessSettings.Frequency", "Milliseconds between two pictures")
                .value(&text("ProcessSettings.Frequency")).range(50, 60_000).error_in(errors))
        }))
        (retention(entry, errors))
        (field::url("AutomationHubIdeaUrl", "Link to the idea").value(&text("AutomationHubIdeaUrl")).error_in(errors))
        (field::tokens("Tags", "Tags").values(&entry.tags).hint("A label, or a property written as name=value.").max(513).error_in(errors))
    }
}

fn retention(entry: &Entry, errors: &Errors) -> Markup {
    let choices = || vec![Choice::new("Delete", "Delete"), Choice::new("None", "Keep")];
    let most = i64::from(access::retention::LONGEST_PERIOD);
    ui::card(
        "Retention",
        html! {},
        html! {
            (field::select("RetentionAction", "Finished jobs", choices()).value(entry.text("RetentionAction")).error_in(errors))
            (field::number("RetentionPeriod", "Delete after days").value(entry.text("RetentionPeriod")).range(1, most)
                .show_when("RetentionAction", "Delete").error_in(errors))
            (field::select("StaleRetentionAction", "Jobs that never end", choices()).value(entry.text("StaleRetentionAction")).error_in(errors))
            (field::number("StaleRetentionPeriod", "Delete after days").value(entry.text("StaleRetentionPeriod")).range(1, most)
                .show_when("StaleRetentionAction", "Delete").error_in(errors))
        },
    )
}

/// Priorities by name, and the current one if it is none of them.
fn priorities(current: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = PRIORITIES
        .iter()
        .map(|(value, label)| Choice::new(&value.to_string(), &format!("{label} ({value})")))
        .collect();
    if !current.is_empty() && choices.iter().all(|choice| choice.value != current) {
        choices.push(Choice::new(current, current));
    }
    choices
}

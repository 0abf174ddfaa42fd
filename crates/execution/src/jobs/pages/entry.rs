//! What the form that starts jobs holds, and the start it means.

use context::Error;
use serde_json::Value;
use web::page;

use crate::arguments::Signature;
use crate::arguments::form::{self, Errors};
use crate::jobs::model::StopStrategy;
use crate::jobs::start::{MOST_JOBS, Source, Start, Target};

/// Units of the lengths of time in the form: name, label, seconds.
pub const UNITS: [(&str, &str, i64); 4] = [
    ("seconds", "seconds", 1),
    ("minutes", "minutes", 60),
    ("hours", "hours", 3_600),
    ("days", "days", 86_400),
];
/// Longest length of time, in seconds.
const LONGEST_SECONDS: i64 = 1_000_000_000;
/// Characters.
pub const LONGEST_REFERENCE: usize = 128;
pub const LONGEST_ENVIRONMENT: usize = 4_000;
/// The choice of a priority that has no name.
pub const CUSTOM: &str = "custom";

/// A number of units; nothing where the number is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    pub number: String,
    pub unit: String,
}

impl Default for Length {
    fn default() -> Self {
        Self {
            number: String::new(),
            unit: "minutes".to_owned(),
        }
    }
}

impl Length {
    fn posted(form: &[(String, String)], name: &str) -> Self {
        let unit = page::field(form, &format!("{name}_unit"));
        Self {
            number: page::field(form, name).to_owned(),
            unit: if unit.is_empty() { "minutes" } else { unit }.to_owned(),
        }
    }

    fn seconds(&self, name: &str, errors: &mut Errors) -> Option<i64> {
        if self.number.is_empty() {
            return None;
        }
        let unit = UNITS
            .iter()
            .find(|(unit, ..)| *unit == self.unit)
            .map(|(.., seconds)| *seconds);
        let seconds = self
            .number
            .parse::<i64>()
            .ok()
            .zip(unit)
            .and_then(|(number, unit)| number.checked_mul(unit));
        match seconds {
            Some(seconds) if (1..=LONGEST_SECONDS).contains(&seconds) => Some(seconds),
            _ => {
                errors.push((name.to_owned(), "It must be a whole number of at least 1.".to_owned()));
                None
            }
        }
    }
}

/// The controls of the form, as they are shown and posted.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub count: String,
    /// Empty: that of the process. A number, or [`CUSTOM`].
    pub priority: String,
    pub custom_priority: String,
    pub runtime: String,
    /// Ids of a robot, a machine and a session; empty: any.
    pub account: String,
    pub machine: String,
    pub host: String,
    pub run_as_me: bool,
    pub arguments: form::Entry,
    pub environment: String,
    pub reference: String,
    pub stop_after: Length,
    pub stop_by: String,
    pub kill_after: Length,
    pub alert_pending: Length,
    pub alert_running: Length,
    pub same_context: bool,
}

impl Entry {
    /// The form before anybody filled it in.
    pub fn empty() -> Self {
        Self {
            count: "1".to_owned(),
            ..Self::default()
        }
    }

    pub fn posted(form: &[(String, String)]) -> Self {
        let text = |name: &str| page::field(form, name).to_owned();
        Self {
            count: text("count"),
            priority: text("priority"),
            custom_priority: text("custom_priority"),
            runtime: text("runtime"),
            account: text("account"),
            machine: text("machine"),
            host: text("host"),
            run_as_me: text("run_as_me") == "true",
            arguments: form::Entry::posted(form),
            environment: text("environment").replace("\r\n", "\n"),
            reference: text("reference"),
            stop_after: Length::posted(form, "stop_after"),
            stop_by: text("stop_by"),
            kill_after: Length::posted(form, "kill_after"),
            alert_pending: Length::posted(form, "alert_pending"),
            alert_running: Length::posted(form, "alert_running"),
            same_context: text("same_context") == "true",
        }
    }

    /// Whether something below "Advanced" is filled in.
    pub fn is_advanced(&self) -> bool {
        let lengths = [
            &self.stop_after,
            &self.kill_after,
            &self.alert_pending,
            &self.alert_running,
        ];
        lengths.iter().any(|length| !length.number.is_empty())
            || self.same_context
            || !self.environment.is_empty()
            || !self.reference.is_empty()
    }

    /// The start that the form means, with the arguments of an entry point. `user` is the visitor.
    ///
    /// # Errors
    /// What is wrong, by control.
    pub fn read(&self, release: i64, signature: &Signature, user: Option<i64>) -> Result<Start, Errors> {
        let mut errors = Errors::new();
        let mut start = Start::of(release, Source::manual());
        match self.count.parse::<i64>() {
            Ok(count) if (1..=MOST_JOBS).contains(&count) => start.count = count,
            _ => errors.push((
                "count".to_owned(),
                format!("The number of jobs must be from 1 to {MOST_JOBS}."),
            )),
        }
        start.priority = self.read_priority(&mut errors);
        start.runtime_type = member(&self.runtime, "runtime", &mut errors);
        let target = Target {
            machine: member(&self.machine, "machine", &mut errors),
            robot: member(&self.account, "account", &mut errors),
        };
        if target != Target::default() {
            start.targets = vec![target];
        }
        start.sessions.extend(member::<i64>(&self.host, "host", &mut errors));
        if self.run_as_me {
            match user {
                Some(user) => start.run_as = Some(user),
                None => errors.push(("run_as_me".to_owned(), "You have no account in this tenant.".to_owned())),
            }
        }
        match self.arguments.read(signature) {
            Ok(given) => {
                start.input = (!given.is_empty()).then(|| Value::Object(given).to_string());
            }
            Err(wrong) => errors.extend(wrong),
        }
        for (name, text, most) in [
            ("reference", &self.reference, LONGEST_REFERENCE),
            ("environment", &self.environment, LONGEST_ENVIRONMENT),
        ] {
            if text.chars().count() > most {
                errors.push((name.to_owned(), format!("It can have {most} characters at most.")));
            }
        }
        start.reference.clone_from(&self.reference);
        start.environment = Some(self.environment.clone()).filter(|text| !text.is_empty());
        start.stop_after = self.stop_after.seconds("stop_after", &mut errors);
        start.kill_after = self.kill_after.seconds("kill_after", &mut errors);
        start.stop_by = member(&self.stop_by, "stop_by", &mut errors).unwrap_or(StopStrategy::SoftStop);
        start.alert_pending_after = self.alert_pending.seconds("alert_pending", &mut errors);
        start.alert_running_after = self.alert_running.seconds("alert_running", &mut errors);
        start.same_context = self.same_context;
        if errors.is_empty() { Ok(start) } else { Err(errors) }
    }

    fn read_priority(&self, errors: &mut Errors) -> Option<i32> {
        let (control, text) = match self.priority.as_str() {
            "" => return None,
            CUSTOM => ("custom_priority", &self.custom_priority),
            _ => ("priority", &self.priority),
        };
        let priority = text.parse().ok().filter(|priority| (1..=100).contains(priority));
        if priority.is_none() {
            errors.push((
                control.to_owned(),
                "The priority must be a whole number from 1 to 100.".to_owned(),
            ));
        }
        priority
    }
}

fn member<T: std::str::FromStr>(text: &str, name: &str, errors: &mut Errors) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let parsed = text.parse().ok();
    if parsed.is_none() {
        errors.push((name.to_owned(), "Choose one of the values.".to_owned()));
    }
    parsed
}

/// An error of the start, by control.
pub fn by_control(error: Error) -> Result<Errors, Error> {
    let controls = [
        ("JobsCount", "count", "The number of jobs"),
        ("EntryPointPath", "", "The entry point"),
        ("InputArguments", "", "The arguments"),
    ];
    let mended = access::console::mendable(error)?;
    let told = mended.into_iter().map(|(member, message)| {
        let known = controls.iter().find(|(known, ..)| member == *known);
        let control = known.map_or("", |(_, control, _)| control);
        let message = known.map_or(message.clone(), |(member, _, name)| message.replace(member, name));
        (control.to_owned(), message)
    });
    Ok(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str =
        r#"{"type":"object","required":["who"],"properties":{"who":{"type":"string"},"times":{"type":"integer"}}}"#;

    fn read(fields: &[(&str, &str)]) -> Result<Start, Errors> {
        let form: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Entry::posted(&form).read(7, &Signature::read(Some(SCHEMA)), None)
    }

    #[test]
    fn a_filled_form_becomes_a_start() {
        let start = read(&[
            ("count", "3"),
            ("priority", "custom"),
            ("custom_priority", "46"),
            ("runtime", "Headless"),
            ("account", "5"),
            ("host", "9"),
            ("arg.who", "Ada"),
            ("arg.times", "2"),
            ("stop_after", "2"),
            ("stop_after_unit", "hours"),
            ("stop_by", "Kill"),
            ("same_context", "true"),
        ])
        .unwrap();
        assert_eq!((start.release, start.count, start.priority), (7, 3, Some(46)));
        assert_eq!(start.input.as_deref(), Some(r#"{"who":"Ada","times":2}"#));
        assert_eq!(
            (start.stop_after, start.stop_by, start.kill_after),
            (Some(7_200), StopStrategy::Kill, None)
        );
        assert_eq!(
            start.targets,
            [Target {
                machine: None,
                robot: Some(5)
            }]
        );
        assert!(start.sessions == [9] && start.same_context);
    }

    #[test]
    fn what_is_left_out_is_left_to_the_process() {
        let start = read(&[("count", "1")]).unwrap();
        assert_eq!((start.input, start.priority, start.targets.len()), (None, None, 0));
    }

    #[test]
    fn everything_wrong_is_told_by_control() {
        let errors = read(&[
            ("count", "10001"),
            ("priority", "custom"),
            ("runtime", "Abacus"),
            ("machine", "x"),
            ("run_as_me", "true"),
            ("arg.times", "many"),
            ("stop_after", "0"),
            ("kill_after", "9223372036854775807"),
            ("kill_after_unit", "days"),
            ("alert_running", "1"),
            ("alert_running_unit", "fortnights"),
        ])
        .unwrap_err();
        let controls: Vec<&str> = errors.iter().map(|(control, _)| control.as_str()).collect();
        assert_eq!(
            controls,
            [
                "count",
                "custom_priority",
                "runtime",
                "machine",
                "run_as_me",
                "arg.times",
                "stop_after",
                "kill_after",
                "alert_running"
            ]
        );
    }

    #[test]
    fn errors_of_the_start_speak_of_what_people_see() {
        let error = Error::field(
            "InputArguments",
            "InputArguments do not fit: the argument who is missing.",
        );
        let expected = (
            String::new(),
            "The arguments do not fit: the argument who is missing.".to_owned(),
        );
        assert_eq!(by_control(error).unwrap(), [expected]);
        assert!(by_control(Error::not_found("Process", 7)).is_err());
    }
}

//! Checks that triggers of all kinds share.

use context::{Wrong, has_hidden};
use serde_json::Value;

use crate::launch::Target;
use crate::schedules::input::{LONGEST_DESCRIPTION, LONGEST_GRACE_HOURS, LONGEST_NAME, MOST_FAILURES};
use crate::schedules::model::JobPriority;

/// Characters of input arguments.
pub const LONGEST_ARGUMENTS: usize = 10_240;
/// Ten years.
pub const MOST_SECONDS: i64 = 315_360_000;

/// A text that says something.
pub fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The members that every trigger begins with: its name, its description, its entry point.
pub fn head(
    wrong: &mut Wrong,
    name: Option<String>,
    description: Option<String>,
    entry_point: Option<String>,
) -> (String, Option<String>, Option<String>) {
    let name = name.unwrap_or_default().trim().to_owned();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME {
        wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
    } else if has_hidden(&name) {
        wrong.add("Name", "Name must not contain hidden characters.");
    }
    let description = filled(description);
    wrong.text("Description", description.as_deref(), LONGEST_DESCRIPTION);
    let entry_point = filled(entry_point);
    wrong.text("EntryPointPath", entry_point.as_deref(), LONGEST_DESCRIPTION);
    (name, description, entry_point)
}

/// The priority of a name and a number. Both may be given when they mean the same.
pub fn priority(wrong: &mut Wrong, named: Option<JobPriority>, value: Option<i32>) -> Option<i32> {
    if value.is_some_and(|value| !(1..=100).contains(&value)) {
        wrong.add(
            "SpecificPriorityValue",
            "SpecificPriorityValue must be between 1 and 100.",
        );
        return None;
    }
    let bucket = |value: i32| match value {
        61.. => JobPriority::High,
        ..=30 => JobPriority::Low,
        _ => JobPriority::Normal,
    };
    if let (Some(named), Some(value)) = (named, value)
        && bucket(value) != named
    {
        wrong.add(
            "SpecificPriorityValue",
            "Cannot set a specific priority value when a standard job priority setting is selected.",
        );
    }
    value.or(named.map(|named| match named {
        JobPriority::Low => 25,
        JobPriority::Normal => 45,
        JobPriority::High => 65,
    }))
}

/// The name of a priority.
pub fn priority_name(value: i32) -> &'static str {
    match value {
        61.. => "High",
        ..=30 => "Low",
        _ => "Normal",
    }
}

/// Targets that name something.
pub fn targets(given: Vec<Target>) -> Vec<Target> {
    let names = |target: &Target| {
        [target.machine_id, target.robot_id, target.session_id]
            .iter()
            .any(|id| id.is_some_and(|id| id != 0))
    };
    let some = |id: Option<i64>| id.filter(|id| *id != 0);
    given
        .into_iter()
        .filter(names)
        .map(|target| Target {
            machine_id: some(target.machine_id),
            robot_id: some(target.robot_id),
            session_id: some(target.session_id),
            ..target
        })
        .collect()
}

/// Seconds that are written as text (reference: execution 5.6).
pub fn seconds_text(wrong: &mut Wrong, member: &str, text: Option<String>) -> Option<String> {
    let text = filled(text)?.trim().to_owned();
    if seconds_of(&text).is_none() {
        wrong.add(member, format!("{member} takes a number of seconds."));
    }
    Some(text)
}

/// The number of a text of seconds.
fn seconds_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds| (0..=MOST_SECONDS).contains(seconds))
}

/// The number of a text of seconds; none and zero mean never.
pub fn seconds(text: Option<&String>) -> Option<i64> {
    text.and_then(|text| seconds_of(text)).filter(|seconds| *seconds > 0)
}

/// Seconds that are written as a number.
pub fn check_seconds(wrong: &mut Wrong, member: &str, seconds: Option<i64>) {
    if seconds.is_some_and(|seconds| !(0..=MOST_SECONDS).contains(&seconds)) {
        wrong.add(member, format!("{member} must be between 0 and {MOST_SECONDS}."));
    }
}

/// Arguments: the text of a JSON object. An empty object is none.
pub fn arguments(wrong: &mut Wrong, text: Option<String>) -> Option<String> {
    let text = filled(text)?;
    wrong.text("InputArguments", Some(&text), LONGEST_ARGUMENTS);
    if let Ok(Value::Object(members)) = serde_json::from_str::<Value>(&text) {
        (!members.is_empty()).then_some(text)
    } else {
        wrong.add("InputArguments", "InputArguments must be the text of a JSON object.");
        None
    }
}

/// After how many faulted jobs a trigger is switched off, and how long that waits.
pub fn failures(wrong: &mut Wrong, threshold: Option<i32>, grace_hours: Option<i32>) {
    for (member, number, most) in [
        ("ConsecutiveJobFailuresThreshold", threshold, MOST_FAILURES),
        ("JobFailuresGracePeriodInHours", grace_hours, LONGEST_GRACE_HOURS),
    ] {
        if number.is_some_and(|number| !(0..=most).contains(&number)) {
            wrong.add(member, format!("{member} must be between 0 and {most}."));
        }
    }
}

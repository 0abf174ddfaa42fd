//! What the console pages of queues share: addresses, rights, and how states, moments and durations are shown.

use access::console::folder_path;
pub use access::console::{csrf, moment, quoted, tenant_path};
use context::{Error, Kind, codes};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use odata::{EntityType, Query};
use ui::{Tone, chip, muted};
use web::Request;

use crate::items::model::{ExceptionType, Priority, ReviewStatus, Status};

/// Name of the navigation entry these pages belong to.
pub const ACTIVE: &str = "queues";

/// The address of the folder's list of queues.
pub fn list_path(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{ACTIVE}", folder_path(request, request.folder()?.id)?))
}

/// The address of the page of a queue.
pub fn queue_path(request: &Request, id: i64) -> Result<String, Error> {
    Ok(format!("{}/{id}", list_path(request)?))
}

/// An address with the query of the request, so that an action leads back to the list it was started from.
pub fn with_query(request: &Request, path: &str) -> String {
    match request.parts.uri.query() {
        Some(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// Whether the caller has permissions in the folder of the page.
pub fn may(request: &Request, permission: &str) -> Result<bool, Error> {
    access::console::may(request, permission, Some(request.folder()?.id))
}

/// What the visitor may do with items in the folder.
#[derive(Debug, Clone, Copy)]
pub struct ItemRights {
    pub view: bool,
    pub create: bool,
    /// Reviews and comments.
    pub edit: bool,
    /// Content, dates and priority.
    pub rewrite: bool,
    pub delete: bool,
}

impl ItemRights {
    pub fn of(request: &Request) -> Result<Self, Error> {
        Ok(Self {
            view: may(request, "Queues.View and Transactions.View")?,
            create: may(request, "Queues.View and Transactions.Create")?,
            edit: may(request, "Queues.View and Transactions.Edit")?,
            rewrite: may(request, "Queues.Edit and Transactions.Edit")?,
            delete: may(request, "Queues.View and Transactions.Delete")?,
        })
    }
}

/// The folder as API clients name it, for the hint below a list.
pub fn api_folder(request: &Request) -> Result<Markup, Error> {
    let header = format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id);
    Ok(html! { p.muted { "The call needs the header " code { (header) } "." } })
}

/// OData options as a page puts them together.
pub fn query(options: &[(&str, String)], model: &'static EntityType, now: Timestamp) -> Result<Query, Error> {
    let options: Vec<(String, String)> = options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Query::parse(&options, model, &odata::Limits::DEFAULT, now)
        .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))
}

/// The same options as the query of an API call.
pub fn call(options: &[(&str, String)]) -> String {
    let pairs: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Whether a form is to be shown again with this error, rather than an error page.
pub fn can_be_mended(error: &Error) -> bool {
    matches!(error.kind, Kind::Invalid | Kind::Conflict)
}

/// The status of a form that is shown again.
pub fn status_of(error: Option<&Error>) -> u16 {
    match error.map(|error| error.kind) {
        None => 200,
        Some(Kind::Conflict) => 409,
        Some(_) => 400,
    }
}

/// What is wrong with a form, by control. `controls` gives for a member of the input its control and the name that people see; longer
/// names come first.
pub fn errors(error: Option<&Error>, controls: &[(&str, &str, &str)]) -> Vec<(String, String)> {
    let Some(error) = error else { return Vec::new() };
    let said = |message: &str| {
        controls
            .iter()
            .fold(message.to_owned(), |text, (member, _, name)| text.replace(member, name))
    };
    if error.fields.is_empty() {
        let control = control_of_code(error, controls);
        return vec![(control, said(&error.message))];
    }
    let control = |name: &str| {
        let found = controls.iter().find(|(member, ..)| name.starts_with(member));
        found.map_or_else(String::new, |(_, control, _)| (*control).to_owned())
    };
    error
        .fields
        .iter()
        .map(|field| (control(&field.name), said(&field.message)))
        .collect()
}

/// The control that an error without fields is about.
fn control_of_code(error: &Error, controls: &[(&str, &str, &str)]) -> String {
    let member = match error.code {
        codes::NAME_ALREADY_USED => "Name",
        codes::TRANSACTION_REFERENCE_REQUIRED | codes::DUPLICATE_REFERENCE => "Reference",
        codes::QUEUE_ITEM_SCHEMA_VIOLATION | codes::QUEUE_ITEM_CONTENT_SIZE_EXCEEDED => "SpecificContent",
        codes::QUEUE_ITEM_PROGRESS_SIZE_EXCEEDED => "Progress",
        codes::INVALID_QUEUE_SCHEMA_DEFINITION => error.message.split(' ').next().unwrap_or_default(),
        _ => return String::new(),
    };
    let found = controls.iter().find(|(known, ..)| *known == member);
    found.map_or_else(String::new, |(_, control, _)| (*control).to_owned())
}

/// A state in words.
pub fn state_name(status: Status) -> &'static str {
    match status {
        Status::New => "New",
        Status::InProgress => "In progress",
        Status::Failed => "Failed",
        Status::Successful => "Successful",
        Status::Abandoned => "Abandoned",
        Status::Retried => "Retried",
        Status::Deleted => "Deleted",
    }
}

pub fn state_tone(status: Status) -> Tone {
    match status {
        Status::New | Status::Retried | Status::Deleted => Tone::Neutral,
        Status::InProgress => Tone::Info,
        Status::Failed => Tone::Danger,
        Status::Successful => Tone::Success,
        Status::Abandoned => Tone::Warning,
    }
}

pub fn state_chip(status: Status) -> Markup {
    chip(state_name(status), state_tone(status))
}

pub fn review_name(review: ReviewStatus) -> &'static str {
    match review {
        ReviewStatus::None => "Not reviewed",
        ReviewStatus::InReview => "In review",
        ReviewStatus::Verified => "Verified",
        ReviewStatus::Retried => "Retried",
    }
}

pub fn review_chip(review: ReviewStatus) -> Markup {
    match review {
        ReviewStatus::None => muted("–"),
        ReviewStatus::InReview => chip(review_name(review), Tone::Info),
        ReviewStatus::Verified => chip(review_name(review), Tone::Success),
        ReviewStatus::Retried => chip(review_name(review), Tone::Neutral),
    }
}

pub fn priority_chip(priority: Priority) -> Markup {
    match priority {
        Priority::High => chip("High", Tone::Warning),
        Priority::Normal => html! { "Normal" },
        Priority::Low => muted("Low"),
    }
}

pub fn exception_name(of: ExceptionType) -> &'static str {
    match of {
        ExceptionType::ApplicationException => "Application exception",
        ExceptionType::BusinessException => "Business exception",
    }
}

/// A length of time in words: `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(micros: i64) -> String {
    let length = SignedDuration::from_micros(micros.max(0));
    let seconds = length.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{:.1} s", length.as_secs_f64()),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A number of minutes in words.
pub fn minutes(number: i32) -> String {
    let (days, hours, minutes) = (number / 1_440, number / 60 % 24, number % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min")];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if told.is_empty() {
        "0 min".to_owned()
    } else {
        told.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_told_in_two_units_at_most() {
        let told = [850_000, 12_400_000, 200_000_000, 7_500_000_000, 273_600_000_000, -1].map(duration);
        assert_eq!(told, ["850 ms", "12.4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h", "0 ms"]);
        assert_eq!([0, 90, 1_500].map(minutes), ["0 min", "1 h 30 min", "1 d 1 h"]);
    }

    #[test]
    fn errors_find_their_control_and_speak_of_what_people_see() {
        let controls = [("RiskSlaInMinutes", "risk", "Risk SLA"), ("SlaInMinutes", "sla", "SLA")];
        let error = Error::field(
            "RiskSlaInMinutes",
            "RiskSlaInMinutes must not be more than SlaInMinutes.",
        );
        let expected = ("risk".to_owned(), "Risk SLA must not be more than SLA.".to_owned());
        assert_eq!(errors(Some(&error), &controls), [expected]);
    }
}

//! How pages show the numbers of queues. No item is looked at.

use maud::Markup;
use ui::{Tone, chip, muted};

use crate::items::model::Status;
use crate::statistics::forecast::{Forecast, Outlook};
use crate::statistics::numbers::Numbers;

/// The number of items in a state.
pub fn in_state(numbers: &Numbers, status: Status) -> i64 {
    let count = match status {
        Status::New => numbers.new,
        Status::InProgress => numbers.in_progress,
        Status::Failed => numbers.failed,
        Status::Successful => numbers.successful,
        Status::Abandoned => numbers.abandoned,
        Status::Retried => numbers.retried,
        Status::Deleted => numbers.deleted,
    };
    count.max(0)
}

/// Whether the items of a queue will be done in time.
pub fn outlook(forecast: Option<&Forecast>) -> Markup {
    let more = if forecast.is_some_and(|forecast| forecast.more) {
        "+"
    } else {
        ""
    };
    match forecast.map(|forecast| (forecast.outlook, forecast.at_risk, forecast.late)) {
        Some((Outlook::InTime, ..)) => chip("In time", Tone::Success),
        Some((Outlook::AtRisk, at_risk, _)) => chip(&format!("{at_risk}{more} at risk"), Tone::Warning),
        Some((Outlook::Late, _, late)) => chip(&format!("{late}{more} late"), Tone::Danger),
        Some((Outlook::Unknown, ..)) | None => muted("–"),
    }
}

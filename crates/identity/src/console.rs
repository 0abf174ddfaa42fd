//! What this crate's console pages share: addresses, form errors, expiry, the list of scopes to tick.

use context::Error;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ui::PickerItem;
use web::Request;

use crate::scopes::{DEFAULT, Kind, Scope};

/// A text as one segment of an address.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
}

/// The anti-forgery value of the session.
pub(crate) fn csrf(cx: &Request) -> Result<&str, Error> {
    let session = cx.ctx.caller.session.as_ref().ok_or_else(Error::unauthenticated)?;
    Ok(&session.csrf)
}

/// Messages for the controls of a form, as (control, message). Failures that the visitor cannot mend are passed on.
pub(crate) fn field_errors(error: Error) -> Result<Vec<(String, String)>, Error> {
    if error.kind != context::Kind::Invalid {
        return Err(error);
    }
    if error.fields.is_empty() {
        return Ok(vec![(String::new(), error.message)]);
    }
    let control = |name: &str| {
        match name {
            "redirectUri" => "redirect_uri",
            "accessTokenLifetime" => "lifetime",
            "expiryTime" | "expirationTime" => "expires",
            "sameName" => "name",
            "name" | "scopes" | "description" => return name.to_owned(),
            _ => "",
        }
        .to_owned()
    };
    Ok(error
        .fields
        .iter()
        .map(|field| (control(&field.name), field.message.clone()))
        .collect())
}

/// When something ends: never, after a number of days, or at the end of a day (UTC).
pub(crate) fn expiry(choice: &str, date: &str, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let wrong = || Error::field("expiryTime", "The expiry must be a day, written as 2027-01-31.");
    match choice {
        "" | "never" => Ok(None),
        "date" => {
            let day: Date = date.parse().map_err(|_| wrong())?;
            TimeZone::UTC
                .to_timestamp(day.at(23, 59, 59, 0))
                .map(Some)
                .map_err(|_| wrong())
        }
        days => {
            let days: i64 = days
                .parse()
                .ok()
                .filter(|days| (1..=3660).contains(days))
                .ok_or_else(wrong)?;
            now.checked_add(SignedDuration::from_hours(24 * days))
                .map(Some)
                .map_err(|_| wrong())
        }
    }
}

/// The scopes of a kind to tick. `OR.Default` comes first: it is the way to go by roles.
pub(crate) fn scope_items(scopes: &[Scope], kind: Kind, ticked: &[String]) -> Vec<PickerItem> {
    let (first, rest): (Vec<&Scope>, Vec<&Scope>) = scopes
        .iter()
        .filter(|scope| scope.offers(kind))
        .partition(|scope| scope.name == DEFAULT);
    let item = |scope: &Scope| PickerItem {
        value: scope.name.clone(),
        hint: scope.description.clone(),
        ticked: ticked.contains(&scope.name),
    };
    first.into_iter().chain(rest).map(item).collect()
}

/// A resource name as part of an element's id.
pub(crate) fn element_key(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(choice: &str, date: &str, expected: Result<Option<&str>, ()>) {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let outcome = expiry(choice, date, now)
            .map(|at| at.map(|at| at.to_string()))
            .map_err(|_| ());
        assert_eq!(outcome, expected.map(|at| at.map(str::to_owned)), "{choice} {date}");
    }

    #[test]
    fn an_expiry_is_never_a_number_of_days_or_the_end_of_a_day() {
        check("never", "2027-01-31", Ok(None));
        check("30", "", Ok(Some("2026-12-23T10:00:00Z")));
        check("date", "2027-01-31", Ok(Some("2027-01-31T23:59:59Z")));
        check("date", "31.1.2027", Err(()));
        check("0", "", Err(()));
        check("tomorrow", "", Err(()));
    }

    #[test]
    fn a_segment_holds_nothing_that_an_address_would_read() {
        assert_eq!(encode("my-org_1"), "my-org_1");
        assert_eq!(encode("//evil.example/?a=b"), "%2F%2Fevil%2Eexample%2F%3Fa%3Db");
    }
}

//! What is typed when a token is made or renewed, and the dialog that shows its value once.

use context::{Error, codes};
use jiff::Timestamp;
use maud::{Markup, html};
use store::Scoped;
use ui::field::{self, Choice};
use uuid::Uuid;
use web::page;

use crate::console::expiry;
use crate::personal_tokens::{Issued, service};

/// The choice of an expiry.
#[derive(Debug, Clone, Default)]
pub(super) struct Expires {
    choice: String,
    /// `2027-01-31`
    date: String,
}

impl Expires {
    pub fn read(form: &[(String, String)]) -> Self {
        Self {
            choice: page::field(form, "expires").to_owned(),
            date: page::field(form, "expires_on").to_owned(),
        }
    }

    /// # Errors
    /// 400; personal access tokens always end.
    pub fn at(&self, now: Timestamp) -> Result<Timestamp, Error> {
        expiry(&self.choice, &self.date, now)?
            .ok_or_else(|| Error::field("expiryTime", "Choose when the token expires."))
    }

    /// The controls, with the spans that the organization allows.
    pub fn fields(&self, longest_days: u32, errors: &[(String, String)]) -> Markup {
        let mut spans: Vec<u32> = [7, 30, 90, 180]
            .into_iter()
            .filter(|days| *days < longest_days)
            .collect();
        spans.push(longest_days);
        let chosen = match self.choice.as_str() {
            "" => spans.get(1).or(spans.first()).map_or_else(String::new, u32::to_string),
            choice => choice.to_owned(),
        };
        let mut choices: Vec<Choice> = spans
            .iter()
            .map(|days| {
                Choice::new(
                    &days.to_string(),
                    &if *days == 1 {
                        "After a day".to_owned()
                    } else {
                        format!("After {days} days")
                    },
                )
            })
            .collect();
        choices.push(Choice::new("date", "On a day of your choice"));
        let hint = format!("At most {longest_days} days from now, as the organization has set.");
        html! {
            (field::select("expires", "Expires", choices).value(&chosen).hint(&hint).error_in(errors))
            (field::date("expires_on", "Last day (UTC)").value(&self.date).show_when("expires", "date"))
        }
    }
}

/// What the form saw of the user's tokens: a form that is sent twice is told by it.
pub(super) fn newest(scope: &mut Scoped<'_, store::Organization>, user: Uuid) -> Result<i64, Error> {
    let tokens = service::list(scope, user)?;
    Ok(tokens
        .iter()
        .map(|token| token.issued_at.as_microsecond())
        .max()
        .unwrap_or_default())
}

/// # Errors
/// 409 when a value was shown since the form was opened.
pub(super) fn check_newest(scope: &mut Scoped<'_, store::Organization>, user: Uuid, seen: i64) -> Result<(), Error> {
    if newest(scope, user)? > seen {
        return Err(Error::conflict(
            codes::OPTIMISTIC_CONCURRENCY,
            "A token was made since this page was opened.",
        ));
    }
    Ok(())
}

/// The dialog that shows the value.
pub(super) fn shown_once(issued: &Issued, done: &str) -> Result<Markup, Error> {
    let value = issued.value.expose_str().map_err(Error::internal)?;
    let note = "Copy the token now. It is not shown again. Whoever has it can act as you within its scopes.";
    Ok(ui::secret_dialog(
        &issued.token.description,
        note,
        &[("Token", value)],
        done,
    ))
}

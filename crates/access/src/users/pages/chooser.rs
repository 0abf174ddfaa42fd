//! Choosing an account of the directory: a search, and what it found.

use maud::{Markup, html};
use ui::button;
use ui::field::{self, Choice, Field};
use web::Request;

use crate::console::kind_name;
use crate::directory::{Among, Principal};

/// What the visitor searches for: `kind` and `q` of the address.
pub fn asked(cx: &Request) -> (Among, String) {
    let among = cx
        .parameter("kind")
        .and_then(|kind| kind.parse().ok())
        .unwrap_or(Among::All);
    (among, cx.parameter("q").unwrap_or_default().trim().to_owned())
}

/// The search; it works without a script.
pub fn search_form(cx: &Request, path: &str) -> Markup {
    let kinds = [
        ("All", "All"),
        ("Users", "Users"),
        ("Groups", "Groups"),
        ("ExternalApplications", "External apps"),
    ];
    let chosen = cx.parameter("kind").unwrap_or("All");
    html! {
        form.filters method="get" action=(path) role="search" aria-label="Find an account" {
            label.search-box {
                span.visually-hidden { "Name begins with" }
                (ui::icon("search"))
                input.input type="search" name="q" value=(cx.parameter("q").unwrap_or_default()) placeholder="Name begins with" autocomplete="off";
            }
            label.filter {
                span { "Among" }
                select.input name="kind" {
                    @for (value, label) in kinds { option value=(value) selected[value == chosen] { (label) } }
                }
                (ui::icon("down"))
            }
            (button("Find").small())
        }
    }
}

/// What was found, one of which can be chosen.
pub fn choices(found: &[Principal], chosen: &str) -> Field {
    let choices = found
        .iter()
        .map(|principal| {
            let detail = principal.email.as_deref().unwrap_or(&principal.user_name);
            Choice::new(&principal.key.to_string(), &principal.display_name)
                .hint(&format!("{} · {detail}", kind_name(principal.kind)))
        })
        .collect();
    let hint = if found.is_empty() {
        "Nobody in the directory has such a name."
    } else {
        ""
    };
    let field = field::radio("account", "Account, group or application", choices)
        .value(chosen)
        .required();
    if hint.is_empty() { field } else { field.hint(hint) }
}

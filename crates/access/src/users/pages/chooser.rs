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
    let kinds = vec![
        Choice::new("All", "All"),
        Choice::new("Users", "Users"),
        Choice::new("Groups", "Groups"),
        Choice::new("ExternalApplications", "External apps"),
    ];
    html! {
        form.form method="get" action=(path) role="search" aria-label="Find an account" {
            (field::select("kind", "Look among", kinds).value(cx.parameter("kind").unwrap_or("All")))
            (field::text("q", "Name begins with").value(cx.parameter("q").unwrap_or_default()))
            div.form-actions { (button("Find").icon("search")) }
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

//! Console pages of personal access tokens (reference: identity 2.13): one's own, and everyone's for administrators.

mod add;
mod form;
mod organization;
mod own;
mod regenerate;

use context::{Error, Requirement};
use jiff::Timestamp;
use maud::{Markup, html};
use ui::Tone;
use uuid::Uuid;
use web::{Area, NavigationEntry, Operation, Request};

use super::PersonalToken;
use crate::console::encode;

/// Names of the navigation entries.
const OWN: &str = "personal-tokens";
const ORGANIZATION: &str = "organization-personal-tokens";
const TITLE: &str = "Personal access tokens";
/// Scopes shown per row; the others are summed up.
const SHOWN_SCOPES: usize = 2;

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![own::operation(), own::revoke_operation()];
    operations.extend(add::operations());
    operations.extend(regenerate::operations());
    operations.extend(organization::operations());
    operations
}

pub(crate) fn navigation() -> [NavigationEntry; 2] {
    let entry = |area, name| NavigationEntry {
        area,
        name,
        title: TITLE,
        icon: "token",
        path: "/tokens",
        requirement: Requirement::Nothing,
    };
    [entry(Area::Person, OWN), entry(Area::Organization, ORGANIZATION)]
}

/// Address of the visitor's own list.
fn own_path(cx: &Request) -> Result<String, Error> {
    Ok(format!("/console/{}/me/tokens", encode(&cx.text("org")?)))
}

/// The person whose tokens these are.
fn user(cx: &Request) -> Result<Uuid, Error> {
    cx.ctx.caller.user().ok_or_else(Error::forbidden)
}

/// When a token ends, or that it has.
fn ends(token: &PersonalToken, now: Timestamp) -> Markup {
    html! {
        @if token.expires_at <= now { (ui::chip("Expired", Tone::Danger)) } @else { (ui::time(&token.expires_at.to_string())) }
    }
}

fn used(token: &PersonalToken) -> Markup {
    token
        .last_used_at
        .map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string()))
}

//! What the pages of this crate share.

use context::{Error, Kind};
use jiff::Timestamp;
use maud::{Markup, html};
use ui::GridQuery;
use uuid::Uuid;
use web::{Area, NavigationEntry, Request};

use crate::users::Failure;

/// Failures of a form: field name (empty: the whole form) and message.
pub type Errors = Vec<(String, String)>;

/// Entries of the navigation, by the name with which pages say that they are the active one.
pub fn navigation() -> Vec<NavigationEntry> {
    let entry = |area, name, title, icon, path| NavigationEntry {
        area,
        name,
        title,
        icon,
        path,
        requirement: context::Requirement::Nothing,
    };
    vec![
        entry(
            Area::Organization,
            "accounts",
            "Accounts and groups",
            "users",
            "/accounts",
        ),
        entry(Area::Organization, "security", "Security", "shield", "/security"),
        entry(Area::Organization, "organization-audit", "Audit", "audit", "/audit"),
        entry(Area::Person, "profile", "Profile and sessions", "user", ""),
    ]
}

/// `/console/{org}` as the request wrote it.
pub fn base(request: &Request) -> Result<String, Error> {
    let name: String = form_urlencoded::byte_serialize(request.text("org")?.as_bytes()).collect();
    Ok(format!("/console/{name}"))
}

/// The value that forms of this session repeat.
pub fn csrf(request: &Request) -> &str {
    request.ctx.caller.session.as_ref().map_or("", |session| &session.csrf)
}

/// State of a list, from the address.
pub fn grid_query(request: &Request) -> GridQuery {
    GridQuery::parse(request.parts.uri.path(), request.parts.uri.query().unwrap_or_default())
}

/// What a person can mend, by field; other failures go on.
pub fn mendable(failure: Failure) -> Result<Errors, Error> {
    match failure {
        Failure::Refused(faults) => Ok(faults
            .into_iter()
            .map(|fault| (field_of(fault.code).to_owned(), fault.description))
            .collect()),
        Failure::Other(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict) => {
            if error.fields.is_empty() {
                return Ok(vec![(String::new(), error.message)]);
            }
            Ok(error
                .fields
                .into_iter()
                .map(|field| (field.name, field.message))
                .collect())
        }
        Failure::Other(error) => Err(error),
    }
}

fn field_of(code: &str) -> &'static str {
    match code {
        "DuplicateUserName" | "InvalidUserName" => "username",
        "DuplicateEmail" | "InvalidEmail" => "email",
        "PasswordMismatch" => "old",
        code if code.starts_with("Password") => "password",
        _ => "",
    }
}

/// A moment, or a dash.
pub fn moment(at: Option<Timestamp>) -> Markup {
    match at {
        Some(at) => ui::time(&at.to_string()),
        None => ui::muted("–"),
    }
}

/// The tabs of accounts and groups.
pub fn account_tabs(base: &str, groups: bool) -> Markup {
    let (users, all_groups) = (
        format!("{base}/admin/accounts"),
        format!("{base}/admin/accounts/groups"),
    );
    html! { (ui::link_tabs("Accounts and groups", &[("Users", &users, !groups), ("Groups", &all_groups, groups)])) }
}

/// GUIDs of a form's field, the malformed ones left out.
pub fn ids(form: &[(String, String)], name: &str) -> Vec<Uuid> {
    web::page::fields(form, name)
        .into_iter()
        .filter_map(|text| Uuid::parse_str(text).ok())
        .collect()
}

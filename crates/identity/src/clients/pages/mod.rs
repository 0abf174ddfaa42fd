//! Console pages of external applications (reference: identity 1.3, 1.6, 1.7; portal 4.3).
//!
//! | page | file |
//! |---|---|
//! | list | `list` |
//! | add, with the one-time dialog | `add` |
//! | overview: what it is, its form, its end | `overview`, `remove` |
//! | secrets | `secrets` |
//! | connection details with snippets | `connection`, `snippets` |
//! | activity and unused scopes | `activity` |

mod activity;
mod add;
mod connection;
mod form;
mod header;
mod legacy_address;
mod list;
mod overview;
mod remove;
mod secrets;
mod snippets;
mod standing;

use context::{Error, Requirement};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;
use web::{Area, NavigationEntry, Operation, Request};

use super::service::{self, Application};

pub use header::{Tab, header};

/// Name by which these pages say that they belong to the navigation entry.
pub const ACTIVE: &str = "external-apps";

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        list::operation(),
        connection::operation(),
        legacy_address::operation(),
        legacy_address::older_operation(),
    ];
    operations.extend(add::operations());
    operations.extend(overview::operations());
    operations.extend(remove::operations());
    operations.extend(secrets::operations());
    operations.extend(activity::operations());
    operations
}

pub(crate) fn navigation() -> NavigationEntry {
    NavigationEntry {
        area: Area::Organization,
        name: ACTIVE,
        title: "External applications",
        icon: "application",
        path: "/external-apps",
        requirement: Requirement::Nothing,
    }
}

/// Address of the list.
fn list_path(cx: &Request) -> Result<String, Error> {
    Ok(format!("/console/{}/admin/external-apps", encode(&cx.text("org")?)))
}

/// Address of an application.
fn application_path(cx: &Request, id: Uuid) -> Result<String, Error> {
    Ok(format!("{}/{id}", list_path(cx)?))
}

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_")
}

/// The anti-forgery value of the session.
pub(crate) fn csrf(cx: &Request) -> Result<&str, Error> {
    let session = cx.ctx.caller.session.as_ref().ok_or_else(Error::unauthenticated)?;
    Ok(&session.csrf)
}

/// The application in the address, with its secrets.
async fn load(cx: &Request) -> Result<Application, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("client")?);
    cx.store().read(move |tx| service::get(&mut tx.organization(organization), id)).await
}

/// Messages for the controls of a form, as (control, message). Failures that the visitor cannot mend are passed on.
pub(crate) fn field_errors(error: Error) -> Result<Vec<(String, String)>, Error> {
    if error.kind != context::Kind::Invalid {
        return Err(error);
    }
    if error.fields.is_empty() {
        return Ok(vec![(String::new(), error.message)]);
    }
    let control = |name: &str| match name {
        "redirectUri" => "redirect_uri",
        "accessTokenLifetime" => "lifetime",
        "expiryTime" | "expirationDate" | "expires" => "expires_on",
        "name" | "scopes" | "description" => return name.to_owned(),
        _ => "",
    }
    .to_owned();
    Ok(error.fields.iter().map(|field| (control(&field.name), field.message.clone())).collect())
}

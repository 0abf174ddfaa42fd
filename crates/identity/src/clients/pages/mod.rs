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
use uuid::Uuid;
use web::{Area, NavigationEntry, Operation, Request};

use super::service::Application;
use crate::Identity;
use crate::console::encode;

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

/// The application in the address, with its secrets.
async fn load(cx: &Request) -> Result<Application, Error> {
    cx.state::<Identity>()?
        .application(cx.organization()?, cx.guid("client")?)
        .await
}

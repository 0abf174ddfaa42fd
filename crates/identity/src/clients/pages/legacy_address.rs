//! The addresses under which other products show external applications, so that bookmarks and manuals lead here.
//! `GET /{org}/portal_/admin/external-apps/oauth` and `GET /{org}/portal_/externalApps` (reference: identity 1.2)

use context::Error;
use http::Method;
use web::{Access, Operation, Request, Response, reply};

use crate::console::encode;

pub fn operation() -> Operation {
    Operation::portal(
        Method::GET,
        "/admin/external-apps/oauth",
        "ExternalAppPages_PortalAddress",
    )
    .summary("Leads to the console's page of external applications.")
    .access(Access::Anonymous)
    .handler(handle)
}

pub fn older_operation() -> Operation {
    Operation::portal(Method::GET, "/externalApps", "ExternalAppPages_OlderPortalAddress")
        .summary("Leads to the console's page of external applications.")
        .access(Access::Anonymous)
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    match &cx.layout.organization {
        Some(name) => reply::found(&format!("/console/{}/admin/external-apps", encode(name))),
        None => reply::found("/console"),
    }
}

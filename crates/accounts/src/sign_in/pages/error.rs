//! What a person sees when sign-in cannot go on. `GET /web/error?errorCode=`
//!
//! Only codes are taken from the address, never text: nobody can put words on our page.

use context::Error;
use http::Method;
use maud::html;
use web::{Access, Operation, Request, Response, Shape};

use super::page;

pub fn operation() -> Operation {
    Operation::identity(Method::GET, "/web/error", "Interactive_Error")
        .summary("Explains why sign-in cannot go on.")
        .access(Access::Optional)
        .parameters(&["errorCode"])
        .answers(400, Shape::Media("text/html"))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let text = match request.parameter("errorCode") {
        // Codes as the original's sign-in pages use them (reference: identity 2.4).
        Some("219") => "Your account is not a member of this organization, or its invitation has not been accepted.",
        Some("access_denied") => "Access was refused.",
        _ => "The request to sign in could not be understood. Go back to the application and try again.",
    };
    let content = html! {
        p.lead { (text) }
        p.muted { "Trace " code { (request.ctx.trace) } }
        p.actions { (ui::link_button("Sign in", "/identity/web/login").primary()) }
    };
    page(400, "Sign-in cannot go on", &[], content)
}

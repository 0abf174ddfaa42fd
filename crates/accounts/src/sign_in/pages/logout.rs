//! Sign-out. `GET|POST /web/logout`, `GET /web/signed-out`, `POST /console/sign-out`
//!
//! A link alone signs nobody out: that would be a way for other sites to do it (reference: identity 7, row 11).

use context::Error;
use http::Method;
use maud::html;
use ui::{Form, field};
use web::page::field as value_of;
use web::{Access, Operation, Request, Response, Shape};

use super::{go, page};
use crate::sessions::clear_session;
use crate::sign_in::service;
use crate::state::Accounts;

pub fn operations() -> [Operation; 4] {
    let confirm = Operation::identity(Method::GET, "/web/logout", "Interactive_Logout")
        .summary("Asks whether to sign out.")
        .access(Access::Optional)
        .answers(200, Shape::Media("text/html"))
        .handler(confirm);
    let end = Operation::identity(Method::POST, "/web/logout", "Interactive_SubmitLogout")
        .summary("Ends the session, or all sessions of the user.")
        .access(Access::Optional)
        .takes_form()
        .answers(303, Shape::Nothing)
        .handler(submit);
    let signed_out = Operation::identity(Method::GET, "/web/signed-out", "Interactive_SignedOut")
        .summary("Says that the session has ended.")
        .access(Access::Optional)
        .answers(200, Shape::Media("text/html"))
        .handler(signed_out);
    let console = Operation::page(Method::POST, "/sign-out", "Console_SignOut")
        .summary("Ends the session from the console's user menu.")
        .answers(303, Shape::Nothing)
        .handler(submit);
    [confirm, end, signed_out, console]
}

async fn confirm(request: Request) -> Result<Response, Error> {
    let Some(session) = &request.ctx.caller.session else {
        return signed_out(request).await;
    };
    let action = format!("{}/web/logout", request.layout.base);
    let content = html! {
        p.lead { "You are signed in as " b { (request.ctx.caller.name) } "." }
        (Form::new(&session.csrf, &action).unguarded().submit("Sign out").render(html! {
            (field::toggle("everywhere", "Also end my sessions in other browsers"))
        }))
    };
    page(200, "Do you want to sign out?", &[], content)
}

async fn submit(request: Request) -> Result<Response, Error> {
    let accounts = request.state::<Accounts>()?;
    if let Some(session) = accounts.session(&request).await? {
        let everywhere = value_of(&request.form(), "everywhere") == "true";
        let ctx = request.ctx.clone();
        request
            .store()
            .write(move |tx| service::sign_out(tx, &ctx, &session, everywhere))
            .await?;
    }
    go("/identity/web/signed-out", &[clear_session(&request.origin)])
}

async fn signed_out(_request: Request) -> Result<Response, Error> {
    let content = html! {
        p.lead { "Your session has ended. Programs that you allowed to act for you keep their access until it expires." }
        p.actions { (ui::link_button("Sign in", "/identity/web/login").primary()) }
    };
    page(200, "Signed out", &[], content)
}

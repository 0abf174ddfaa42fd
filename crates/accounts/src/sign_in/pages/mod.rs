//! Sign-in, sign-out and what belongs to them: pages below the identity address, for browsers that may have no session.

mod error;
mod forgery;
mod home;
mod login;
mod logout;
mod password;

use context::Error;
use maud::Markup;
pub use password::describe as describe_policy;
use web::{Operation, Reply, Response};

pub(crate) fn operations() -> Vec<Operation> {
    let [show, show_alias, submit, submit_alias] = login::operations();
    let [confirm, sign_out, signed_out, sign_out_console] = logout::operations();
    let [choose, change] = password::operations();
    vec![
        show,
        show_alias,
        submit,
        submit_alias,
        confirm,
        sign_out,
        signed_out,
        sign_out_console,
        choose,
        change,
        error::operation(),
        home::operation(),
    ]
}

/// A page without frame, with cookies.
fn page(status: u16, title: &str, cookies: &[String], content: Markup) -> Result<Response, Error> {
    let reply = cookies
        .iter()
        .fold(Reply::new(status), |reply, cookie| reply.header("set-cookie", cookie));
    reply.html(ui::plain_page(title, content))
}

/// Goes on to `location`, with cookies.
fn go(location: &str, cookies: &[String]) -> Result<Response, Error> {
    let reply = cookies
        .iter()
        .fold(Reply::new(303), |reply, cookie| reply.header("set-cookie", cookie));
    reply.header("location", location).empty()
}

//! Anti-forgery before there is a session: a random cookie that the form repeats (reference: identity 7, row 98).

use context::Error;
use web::Request;

use crate::sessions::{is_secure, secure};

/// The value a form on this page carries, and the cookie that goes with it where one has to be set.
pub struct Token {
    pub value: String,
    pub cookie: Option<String>,
}

/// For a caller with a session the session's own value, which the guard compares; else the cookie's, made where missing.
pub fn token(request: &Request) -> Token {
    if let Some(session) = &request.ctx.caller.session {
        return Token {
            value: session.csrf.to_string(),
            cookie: None,
        };
    }
    if let Some(value) = cookie(request) {
        return Token {
            value: value.to_owned(),
            cookie: None,
        };
    }
    let value = request.ctx.token(32);
    let cookie = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax{}",
        name(&request.origin),
        secure(&request.origin)
    );
    Token {
        value,
        cookie: Some(cookie),
    }
}

/// # Errors
/// 400 when a caller without session does not repeat the cookie. With a session the guard has compared already.
pub fn check(request: &Request, form: &[(String, String)]) -> Result<(), Error> {
    if request.ctx.caller.session.is_some() {
        return Ok(());
    }
    let given = web::page::field(form, "_csrf");
    let expected = cookie(request).unwrap_or_default();
    if !expected.is_empty() && vault::verify_secret(given, &vault::hash_secret(expected)) {
        return Ok(());
    }
    Err(Error::invalid(
        context::codes::INVALID_REQUEST,
        "This form is out of date. Open the page again and repeat what you did.",
    ))
}

/// `Set-Cookie` that takes the value away: after sign-in the session has its own.
pub fn clear(origin: &str) -> String {
    format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}",
        name(origin),
        secure(origin)
    )
}

fn cookie(request: &Request) -> Option<&str> {
    web::page::cookie(request, name(&request.origin)).filter(|value| value.len() == 43)
}

fn name(origin: &str) -> &'static str {
    if is_secure(origin) {
        "__Host-idsrv.xsrf"
    } else {
        "idsrv.xsrf"
    }
}

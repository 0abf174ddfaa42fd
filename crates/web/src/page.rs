//! Pages of the console: the frame around them, redirects with a message, and the anti-forgery field.

use context::Error;
use maud::Markup;

use crate::reply::{Reply, Response};
use crate::{Request, reply};

/// Cookie that carries a one-time message over a redirect.
const FLASH_COOKIE: &str = "flash";

/// A page in the console's frame. `active` names the navigation entry it belongs to.
pub async fn render(request: &Request, title: &str, active: &str, content: Markup) -> Result<Response, Error> {
    render_with(request, 200, title, active, content).await
}

/// A page with another status, for instance a form that was filled in wrongly (422 is not used: forms answer 400).
pub async fn render_with(
    request: &Request,
    status: u16,
    title: &str,
    active: &str,
    content: Markup,
) -> Result<Response, Error> {
    let frame = request.app.gatekeeper().frame(request, title, active).await?;
    let mut reply = Reply::new(status).header("cache-control", "no-store");
    if flash(request).is_some() {
        reply = reply.header(
            "set-cookie",
            &format!("{FLASH_COOKIE}=; Path=/console; Max-Age=0; SameSite=Lax; HttpOnly"),
        );
    }
    reply.html(ui::page(&frame, content))
}

/// Goes to `location` and shows `message` there once.
pub fn done(location: &str, message: &str) -> Result<Response, Error> {
    let encoded: String = form_urlencoded::byte_serialize(message.as_bytes()).collect();
    let cookie = format!("{FLASH_COOKIE}={encoded}; Path=/console; Max-Age=60; SameSite=Lax; HttpOnly");
    let mut response = reply::see_other(location)?;
    reply::set_header(&mut response, http::header::SET_COOKIE, &cookie);
    Ok(response)
}

/// The message left by [`done`], if any.
pub fn flash(request: &Request) -> Option<String> {
    let encoded = cookie(request, FLASH_COOKIE)?;
    let text: String = form_urlencoded::parse(format!("m={encoded}").as_bytes())
        .map(|(_, value)| value)
        .collect();
    (!text.is_empty()).then_some(text)
}

/// A cookie of the request.
pub fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .parts
        .headers
        .get_all("cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(given, _)| *given == name)
        .map(|(_, value)| value)
}

/// The first value of a form field, trimmed; empty when absent.
pub fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter()
        .find(|(given, _)| given == name)
        .map_or("", |(_, value)| value.trim())
}

/// All values of a form field.
pub fn fields<'a>(form: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    form.iter()
        .filter(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
        .collect()
}

//! The authorization response on its way to the client: by redirect or by form (OAuth 2.0 Form Post Response Mode).

use context::Error;
use http::Method;
use maud::html;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use web::{Reply, Request, Response, reply};

/// Everything but RFC 3986's unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the script of form answers is.
pub(super) const SCRIPT_PATH: &str = "/connect/form-post.js";
/// Sends the form at once; without scripts there is the button.
const SCRIPT: &str = "document.forms[0].submit();\n";

/// The script of form answers. The policy of our pages allows no script within the page.
pub(super) async fn script(_: Request) -> Result<Response, Error> {
    Reply::ok()
        .header("cache-control", "public, max-age=86400")
        .bytes("text/javascript; charset=utf-8", SCRIPT)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Query,
    FormPost,
}

/// Where the answer goes: a redirect address that is known to be the client's.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub redirect_uri: String,
    pub state: Option<String>,
    pub mode: Mode,
    /// `iss` of the answer (RFC 9207).
    pub issuer: String,
}

impl Target {
    /// Sends members of the answer; `state` and `iss` are added.
    pub(super) fn deliver(&self, cx: &Request, members: &[(&str, &str)]) -> Result<Response, Error> {
        let mut members: Vec<(&str, &str)> = members.to_vec();
        if let Some(state) = &self.state {
            members.push(("state", state));
        }
        members.push(("iss", &self.issuer));
        match self.mode {
            Mode::Query => {
                let location = with_query(&self.redirect_uri, &members);
                // After a form the browser must come with GET (RFC 9700 section 4.12).
                if cx.parts.method == Method::GET {
                    reply::found(&location)
                } else {
                    reply::see_other(&location)
                }
            }
            Mode::FormPost => self.form(cx, &members),
        }
    }

    /// An error of the protocol.
    pub(super) fn refuse(&self, cx: &Request, error: &str, description: &str) -> Result<Response, Error> {
        self.deliver(cx, &[("error", error), ("error_description", description)])
    }

    fn form(&self, cx: &Request, members: &[(&str, &str)]) -> Result<Response, Error> {
        let page = ui::plain_page(
            "Continue",
            html! {
                form method="post" action=(self.redirect_uri) {
                    @for (name, value) in members {
                        input type="hidden" name=(name) value=(value);
                    }
                    p { "You are signed in. Continue to the application that asked for it." }
                    (ui::button("Continue").primary())
                }
                script src=(format!("{}{SCRIPT_PATH}", super::authorize::authority(cx))) defer {}
            },
        );
        Reply::ok().header("cache-control", "no-store").html(page)
    }
}

fn with_query(uri: &str, members: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, VALUE)))
        .collect();
    let mark = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{mark}{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_the_redirect_address_is_kept() {
        let members = [("code", "a b"), ("state", "ü&=")];
        assert_eq!(
            with_query("https://a/cb", &members),
            "https://a/cb?code=a%20b&state=%C3%BC%26%3D"
        );
        assert_eq!(
            with_query("https://a/cb?x=1", &[("code", "1")]),
            "https://a/cb?x=1&code=1"
        );
        assert_eq!(
            with_query("com.example.app:/cb", &[("code", "1")]),
            "com.example.app:/cb?code=1"
        );
    }
}

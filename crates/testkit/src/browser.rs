//! As much of a browser as forms and redirects need: cookies, hidden fields, `Location`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{Answer, Call, Server};

/// Keeps cookies between requests.
pub struct Browser<'a> {
    server: &'a Server,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookies: RefCell::new(BTreeMap::new()),
        }
    }

    pub fn server(&self) -> &'a Server {
        self.server
    }

    /// Signs in by the form.
    ///
    /// # Panics
    /// When sign-in does not lead on.
    #[track_caller]
    pub fn sign_in(self, organization: &str, user: &str, password: &str) -> Self {
        let answer = self.try_sign_in(organization, user, password);
        assert_eq!(answer.status, 303, "sign-in failed: {}", answer.text());
        self
    }

    /// Sends the sign-in form and answers with what came back.
    pub fn try_sign_in(&self, organization: &str, user: &str, password: &str) -> Answer {
        let path = "/identity/web/login";
        let page = self.get(path);
        self.submit(
            path,
            &page,
            &[
                ("organization", organization),
                ("username", user),
                ("password", password),
            ],
        )
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.server.get(path))
    }

    /// Posts fields together with the hidden fields of the page they were shown on.
    pub fn submit(&self, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = hidden_fields(&page.text());
        let mut form: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        form.extend_from_slice(fields);
        self.send(self.server.post(path).form(&form))
    }

    /// Opens `page` and posts fields to `action` with the page's hidden fields.
    pub fn fill(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(page).expect(200);
        self.submit(action, &page, fields)
    }

    /// Follows redirects on this server until something else comes.
    pub fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            let location = answer.header("location").to_owned();
            let own = location.starts_with('/') || location.starts_with(&self.server.base());
            if !answer.status.is_redirection() || !own {
                break;
            }
            answer = self.get(&location);
        }
        answer
    }

    /// Sends any request with the cookies.
    pub fn send(&self, call: Call<'_>) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let call = if cookies.is_empty() {
            call
        } else {
            call.header("cookie", &cookies.join("; "))
        };
        let answer = call.send();
        for value in answer.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap_or_default();
            let pair = text.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let gone = value.is_empty() || text.to_ascii_lowercase().contains("max-age=0");
            if gone {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }
}

/// Names and values of `<input type="hidden">` in order; of several with one name the first counts.
pub fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for tag in html.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        if !tag.contains("type=\"hidden\"") {
            continue;
        }
        let attribute = |name: &str| {
            let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            tag[start..].split('"').next().map(unescape)
        };
        if let (Some(name), value) = (attribute("name"), attribute("value").unwrap_or_default())
            && !fields.iter().any(|(known, _)| *known == name)
        {
            fields.push((name, value));
        }
    }
    fields
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

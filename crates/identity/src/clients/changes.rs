//! What an administrator asks for, checked (reference: identity 1.4, 1.5).

use context::{Error, Field, codes, has_hidden};
use serde::Deserialize;

use super::redirects;
use crate::scopes::{Kind, OFFLINE_ACCESS, catalogue, is_identity_scope};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Seconds.
const LIFETIMES: std::ops::RangeInclusive<i64> = 300..=86_400;

/// A scope of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeRef {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
}

impl ScopeRef {
    pub fn user(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: Kind::User,
        }
    }

    pub fn application(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: Kind::Application,
        }
    }
}

/// The whole of what can be changed about an application; lists are replaced, never merged.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub scopes: Vec<ScopeRef>,
    /// `None` leaves the keys as they are.
    pub keys: Option<Vec<jose::Jwk>>,
    /// Seconds; `None` leaves it as it is.
    pub access_token_lifetime: Option<i64>,
}

/// A new application.
#[derive(Debug, Clone, Default)]
pub struct Creation {
    pub confidential: bool,
    /// Make a first secret. Ignored for non-confidential applications.
    pub with_secret: bool,
    pub changes: Changes,
}

/// Checked input.
pub(super) struct Checked {
    pub name: String,
    pub user_scopes: Vec<String>,
    pub application_scopes: Vec<String>,
}

impl Changes {
    /// # Errors
    /// 400 naming what is wrong.
    pub(super) fn check(&self, confidential: bool) -> Result<Checked, Error> {
        let unknown: Vec<&str> = self
            .scopes
            .iter()
            .filter(|scope| catalogue().find(&scope.name).is_none())
            .map(|scope| scope.name.as_str())
            .collect();
        if !unknown.is_empty() {
            let list: Vec<String> = unknown
                .iter()
                .take(20)
                .map(|name| name.chars().take(100).collect())
                .collect();
            let message = format!("Not all scopes={} are present in database", list.join(","));
            return Err(Error::invalid(codes::INVALID_ARGUMENT, message));
        }
        let mut fields = Vec::new();
        let mut wrong = |name: &str, message: String| {
            fields.push(Field {
                name: name.to_owned(),
                message,
            });
        };
        let name = self.name.trim().to_owned();
        match name.chars().count() {
            0 => wrong("name", "The Name field is required.".to_owned()),
            1..=LONGEST_NAME => {}
            _ => wrong(
                "name",
                format!("The Name field must have at most {LONGEST_NAME} characters."),
            ),
        }
        if has_hidden(&name) {
            wrong("name", "The Name field must not hold hidden characters.".to_owned());
        }
        if let Some(seconds) = self.access_token_lifetime
            && !LIFETIMES.contains(&seconds)
        {
            wrong(
                "accessTokenLifetime",
                "The lifetime must be between 300 and 86400 seconds.".to_owned(),
            );
        }
        if let Err(message) = redirects::check(&self.redirect_uris) {
            wrong("redirectUri", message);
        }
        let (mut user_scopes, mut application_scopes) = (Vec::new(), Vec::new());
        for scope in &self.scopes {
            if let Some(message) = refuse(scope, confidential) {
                wrong("scopes", message);
                continue;
            }
            let list = match scope.kind {
                Kind::User => &mut user_scopes,
                Kind::Application => &mut application_scopes,
            };
            if !list.contains(&scope.name) {
                list.push(scope.name.clone());
            }
        }
        let wants_redirect = !confidential || !user_scopes.is_empty();
        if wants_redirect && self.redirect_uris.is_empty() {
            let why = if confidential {
                "when there are user scopes"
            } else {
                "for non-confidential applications"
            };
            wrong("redirectUri", format!("A redirect URL is required {why}."));
        }
        match Error::fields(fields) {
            Some(error) => Err(error),
            None => Ok(Checked {
                name,
                user_scopes,
                application_scopes,
            }),
        }
    }
}

/// Why this application cannot register this scope.
fn refuse(scope: &ScopeRef, confidential: bool) -> Option<String> {
    let name = &scope.name;
    if scope.kind == Kind::Application && !confidential {
        return Some(format!(
            "Non-confidential applications cannot have application scopes ({name})."
        ));
    }
    if !catalogue().find(name).is_some_and(|known| known.offers(scope.kind)) {
        return Some(format!(
            "The scope {name} is not offered as {} scope.",
            scope.kind.name()
        ));
    }
    // Identity scopes are for sign-in by the application's own users (reference: identity 3.4).
    if confidential && is_identity_scope(name) && name != OFFLINE_ACCESS {
        return Some(format!("The scope {name} is for non-confidential applications only."));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(name: &str, redirect: &str, scopes: Vec<ScopeRef>) -> Changes {
        let redirect_uris = redirect
            .split(',')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect();
        Changes {
            name: name.into(),
            redirect_uris,
            scopes,
            ..Changes::default()
        }
    }

    fn check(changes: &Changes, confidential: bool, expected: Result<(), &str>) {
        let outcome = changes.check(confidential).map(|_| ()).map_err(|error| error.message);
        match (outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
            (outcome, expected) => panic!("{outcome:?} is not {expected:?}"),
        }
    }

    #[test]
    fn redirect_urls_are_needed_where_a_browser_comes_back() {
        check(&changes("a", "", vec![ScopeRef::application("OR.Jobs")]), true, Ok(()));
        check(
            &changes("a", "", vec![ScopeRef::user("OR.Jobs")]),
            true,
            Err("redirect URL is required"),
        );
        check(&changes("a", "", vec![]), false, Err("redirect URL is required"));
        check(&changes("a", "https://a.example/", vec![]), false, Ok(()));
    }

    #[test]
    fn scopes_must_exist_and_fit_the_kind_of_application() {
        let unknown = changes(
            "a",
            "",
            vec![ScopeRef::application("TM.Projects"), ScopeRef::application("X")],
        );
        check(
            &unknown,
            true,
            Err("Not all scopes=TM.Projects,X are present in database"),
        );
        check(
            &changes("a", "https://a.example/", vec![ScopeRef::application("OR.Jobs")]),
            false,
            Err("cannot have application"),
        );
        check(
            &changes("a", "https://a.example/", vec![ScopeRef::user("openid")]),
            true,
            Err("non-confidential applications only"),
        );
        check(
            &changes("a", "https://a.example/", vec![ScopeRef::user("openid")]),
            false,
            Ok(()),
        );
        check(
            &changes("a", "", vec![ScopeRef::application("offline_access")]),
            true,
            Err("not offered"),
        );
    }

    #[test]
    fn names_have_1_to_200_characters_none_of_them_hidden() {
        check(&changes("  ", "", vec![]), true, Err("required"));
        check(&changes(&"x".repeat(201), "", vec![]), true, Err("at most 200"));
        check(&changes("a\u{7}b", "", vec![]), true, Err("hidden"));
        check(&changes("a\u{202e}b", "", vec![]), true, Err("hidden"));
        check(&changes("<b>Ünïcode</b>", "", vec![]), true, Ok(()));
    }
}

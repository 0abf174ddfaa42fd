//! Parameters of the endpoints: an empty value counts as absent, a repeated one is an error (RFC 6749 section 3.1, 3.2).

use std::collections::HashSet;

use web::Request;

/// The parameters of a request.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

/// Why the parameters cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Not `application/x-www-form-urlencoded`.
    MediaType,
    /// A parameter is given twice.
    Repeated,
}

impl Parameters {
    /// Those of a form body. The query string is not looked at.
    pub(super) fn of_form(request: &Request) -> Result<Self, Unreadable> {
        let media_type = request
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Unreadable::MediaType);
        }
        Self::unique(request.form())
    }

    /// Those of pairs, each name once.
    pub(super) fn unique(pairs: Vec<(String, String)>) -> Result<Self, Unreadable> {
        let mut seen = HashSet::with_capacity(pairs.len());
        let repeated = pairs.iter().any(|(name, _)| !seen.insert(name.as_str()));
        if repeated {
            Err(Unreadable::Repeated)
        } else {
            Ok(Self(pairs))
        }
    }

    /// The value, unless it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self
            .0
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// All pairs as a query string without those named.
    pub(super) fn to_query(&self, without: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.0.iter().filter(|(name, _)| !without.contains(&name.as_str())) {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

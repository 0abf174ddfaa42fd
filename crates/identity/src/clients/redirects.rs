//! Which redirect addresses may be registered (reference: identity 1.4).

use url::{Host, Url};

/// Longest address, in characters.
const LONGEST: usize = 400;
/// Most addresses of one application.
const MOST: usize = 50;

/// Takes the comma-separated text of the API apart and checks every address.
pub(crate) fn read(text: &str) -> Result<Vec<String>, String> {
    let given: Vec<String> = text
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect();
    check(&given)?;
    Ok(given)
}

/// Checks a list of addresses.
pub(crate) fn check(uris: &[String]) -> Result<(), String> {
    if uris.len() > MOST {
        return Err(format!("At most {MOST} redirect URLs are allowed."));
    }
    for (at, uri) in uris.iter().enumerate() {
        check_one(uri).map_err(|reason| {
            format!(
                "The redirect URL '{}' {reason}.",
                uri.chars().take(100).collect::<String>()
            )
        })?;
        if uris[..at].contains(uri) {
            return Err(format!("The redirect URL '{uri}' is given twice."));
        }
    }
    Ok(())
}

fn check_one(uri: &str) -> Result<(), &'static str> {
    if uri.chars().count() > LONGEST {
        return Err("is longer than 400 characters");
    }
    if !uri.is_ascii() {
        return Err("holds characters outside of ASCII; write them percent-encoded");
    }
    if uri
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '*' | '\\' | '<' | '>' | '"' | '`' | '{' | '}'))
    {
        return Err("holds a character that is not allowed");
    }
    let parsed = Url::parse(uri).map_err(|_| "is not an absolute URL")?;
    if uri.contains('#') {
        return Err("must not have a fragment");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() || authority(uri).contains('@') {
        return Err("must not hold a user name");
    }
    // Parsers read `https:host` as `https://host`; what a browser makes of it is not what the list says.
    if matches!(parsed.scheme(), "http" | "https") && !names_host(uri) {
        return Err("must start with https://host or http://host");
    }
    match parsed.scheme() {
        "https" if parsed.has_host() => Ok(()),
        "http" if is_loopback(&parsed) => Ok(()),
        "http" => Err("must use https unless it points to this machine"),
        "https" => Err("has no host"),
        // A private-use scheme is a reversed domain name (RFC 8252 section 7.1), so it never meets a scheme that a
        // browser executes.
        scheme if scheme.contains('.') => Ok(()),
        _ => Err("has a scheme that is not allowed"),
    }
}

/// Whether scheme, two slashes and a host are written out.
fn names_host(uri: &str) -> bool {
    let rest = uri.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', ':']))
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the address leads to the user's own machine: a loopback host or a private-use scheme.
pub fn is_loopback_or_private(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| is_loopback(&url) || !matches!(url.scheme(), "http" | "https"))
}

/// Scheme, host and port of an address, as browsers write it in `Origin`; `None` for private-use schemes.
pub fn origin_of(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_are_kept_as_written() {
        let text = "https://a.example/cb, http://localhost:12700,http://127.0.0.1:8104/oidc/login,com.example.app:/cb,\
            http://[::1]:9/,https://a.example/cb?x=1";
        assert_eq!(read(text).unwrap().len(), 6);
        assert_eq!(read(" ").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn bad_addresses_are_refused() {
        for bad in [
            "/relative",
            "//evil.example/",
            "https://a.example/#frag",
            "https://good.example@evil.example/",
            "https://*.example/",
            "http://a.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "https:\\\\a.example",
            "https:evil.example",
            "https:/evil.example",
            "https:///evil.example",
            "http:localhost",
            "https://a.example/a b",
            "myapp:/cb",
            "https://a.example/,https://a.example/",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&format!("https://a.example/{}", "x".repeat(400))).is_err());
        let many: Vec<String> = (0..51).map(|n| format!("https://a.example/{n}")).collect();
        assert!(check(&many).is_err());
    }

    #[test]
    fn the_origin_is_what_browsers_send() {
        assert_eq!(
            origin_of("https://a.example:443/cb").as_deref(),
            Some("https://a.example")
        );
        assert_eq!(
            origin_of("http://localhost:8104/oidc/login").as_deref(),
            Some("http://localhost:8104")
        );
        assert_eq!(origin_of("com.example.app:/cb"), None);
    }
}

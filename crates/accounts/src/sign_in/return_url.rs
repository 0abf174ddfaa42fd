//! Where sign-in leads back to: own addresses only (reference: identity 7, row 9).

use percent_encoding::percent_decode_str;

/// The address if it is a path on this server, else nothing. Another origin in any disguise is not followed: `//evil`,
/// `/\evil`, and forms of these hidden by percent-encoding.
pub fn own_path(address: &str) -> Option<&str> {
    if address.len() > 8192 || !address.starts_with('/') || address.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut decoded = path.to_owned();
    // Three rounds undo what a proxy, a browser and we might undo.
    for _ in 0..3 {
        if decoded.contains("//") || decoded.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        decoded = percent_decode_str(&decoded).decode_utf8().ok()?.into_owned();
    }
    (!decoded.contains("//") && !decoded.contains('\\')).then_some(address)
}

/// `path?name=value`, or `path` where there is no value.
pub fn with_query(path: &str, name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => {
            let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let mark = if path.contains('?') { '&' } else { '?' };
            format!("{path}{mark}{name}={value}")
        }
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_paths_are_kept_whole() {
        for good in [
            "/",
            "/console/default",
            "/identity/connect/authorize/callback?redirect_uri=https%3A%2F%2Fa%2Fcb&x=//y#z",
        ] {
            assert_eq!(own_path(good), Some(good));
        }
    }

    #[test]
    fn other_origins_are_not_followed() {
        for bad in [
            "",
            "console",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "/%2Fevil",
            "/%2f%2fevil",
            "/%5Cevil",
            "/%255Cevil",
            "/%25252Fevil",
            "/a\r\nLocation: x",
            "javascript:alert(1)",
            "/%09/evil",
            "/a//evil",
        ] {
            assert_eq!(own_path(bad), None, "{bad}");
        }
    }
}

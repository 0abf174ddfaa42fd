//! The session cookie.

use web::Request;

/// Name of the cookie: with the `__Host-` prefix, which binds it to this host and to TLS, wherever TLS is used.
pub fn cookie_name(origin: &str) -> &'static str {
    if is_secure(origin) { "__Host-idsrv" } else { "idsrv" }
}

/// The cookie's value in this request. Only text of the right length is looked at.
pub fn session_token(request: &Request) -> Option<&str> {
    web::page::cookie(request, cookie_name(&request.origin)).filter(|value| value.len() == 43)
}

/// `Set-Cookie` that keeps `token` until the browser is closed.
pub fn session_cookie(origin: &str, token: &str) -> String {
    format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Lax{}",
        cookie_name(origin),
        secure(origin)
    )
}

/// `Set-Cookie` that takes the cookie away.
pub fn clear_session(origin: &str) -> String {
    format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}",
        cookie_name(origin),
        secure(origin)
    )
}

pub(crate) fn is_secure(origin: &str) -> bool {
    origin.starts_with("https://")
}

pub(crate) fn secure(origin: &str) -> &'static str {
    if is_secure(origin) { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        assert_eq!(
            session_cookie("https://h", "v"),
            "__Host-idsrv=v; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            session_cookie("http://127.0.0.1:8080", "v"),
            "idsrv=v; Path=/; HttpOnly; SameSite=Lax"
        );
    }
}

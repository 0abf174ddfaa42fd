//! What proves something and stands neither in a bearer token nor in a plain form.

/// How far the anti-forgery field of a form with files is looked for.
pub(crate) const LONGEST_FIRST_PART: usize = 1 << 10;

/// The password of Basic credentials (RFC 7617). Whatever the user is called, the token says who it is.
pub(crate) fn password(credentials: &str) -> Option<String> {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.decode(credentials).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (_, password) = pair.split_once(':')?;
    (!password.is_empty()).then(|| password.to_owned())
}

/// The anti-forgery field of a form with files (RFC 7578). It must be the first: the others are not read before it is known to be good.
pub(crate) fn first_part(start: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(start);
    let (head, value) = text.split_once("\r\n\r\n")?;
    let (_, disposition) = head.split_once("\r\n")?;
    let is_field = disposition
        .trim()
        .eq_ignore_ascii_case("content-disposition: form-data; name=\"_csrf\"");
    let (value, _) = value.split_once("\r\n")?;
    is_field.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anti_forgery_field_is_the_first_of_a_form_with_files() {
        let form = |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nsecret\r\n--x");
        assert_eq!(first_part(form("_csrf").as_bytes()).as_deref(), Some("secret"));
        assert_eq!(first_part(form("other").as_bytes()), None);
        assert_eq!(
            first_part(b"--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\nsec"),
            None
        );
        assert_eq!(first_part(b""), None);
    }

    #[test]
    fn the_password_of_basic_credentials_is_the_token() {
        // "someone:rt_1:2"
        assert_eq!(password("c29tZW9uZTpydF8xOjI=").as_deref(), Some("rt_1:2"));
        for wrong in ["", "!!", "c29tZW9uZQ==", "c29tZW9uZTo="] {
            assert_eq!(password(wrong), None, "{wrong}");
        }
    }
}

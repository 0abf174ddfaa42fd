//! base64url without padding (RFC 7515 section 2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Error;

/// Encodes without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the one canonical form: padding, white space, the other alphabet and stray trailing bits are
/// [`Error::Malformed`], so that two different texts never mean the same bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        assert_eq!(decode("AQ").unwrap(), [1]);
        for bad in ["AR", "AQ==", "AQ\n", " AQ", "A", "+/+/", "é"] {
            assert_eq!(decode(bad), Err(Error::Malformed), "{bad}");
        }
    }
}

//! Hashes of secrets that the server made itself. They have full entropy, so one round of SHA-256 is enough.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    hmac,
};

/// The SHA-256 digest of a secret, the form in which client secrets, refresh tokens, session ids and the like are stored.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Whether `secret` is the one whose [`hash_secret`] was stored. Constant time; false when `stored` is not 32 bytes long.
pub fn verify_secret(secret: &str, stored: &[u8]) -> bool {
    equal(&hash_secret(secret), stored)
}

/// The SHA-256 digest of what is not secret, to tell whether two things are the same.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// The HMAC-SHA256 of a message (RFC 2104), with which its receiver can tell that it comes from somebody who knows the key.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref());
    tag
}

pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_secret_verifies() {
        let stored = hash_secret("abc");
        assert_eq!(stored[..4], [0xba, 0x78, 0x16, 0xbf]); // FIPS 180-4, example "abc"
        assert!(verify_secret("abc", &stored));
        assert!(!verify_secret("abd", &stored));
        assert!(!verify_secret("abc", &stored[..31]));
        assert!(!verify_secret("abc", &[]));
    }

    #[test]
    fn messages_are_signed_as_the_standard_says() {
        let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]); // RFC 4231, test case 2
    }
}

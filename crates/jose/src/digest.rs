//! Small derivations around tokens: challenges, token hashes, random values.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, SHA512, digest},
};

use crate::{Algorithm, base64url};

/// The PKCE challenge of a verifier: base64url(SHA-256(verifier)) (RFC 7636 section 4.2).
pub fn s256_challenge(verifier: &str) -> String {
    base64url::encode(digest(&SHA256, verifier.as_bytes()))
}

/// Whether `verifier` has the form of RFC 7636 section 4.1 (43 to 128 unreserved characters) and hashes to `challenge`.
pub fn verify_s256_challenge(verifier: &str, challenge: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        && constant_time_equal(s256_challenge(verifier), challenge)
}

/// `at_hash`, `c_hash` and `s_hash`: base64url of the left half of the digest that goes with the signature algorithm
/// of the ID token (OpenID Connect Core section 3.1.3.6). That is SHA-256, or SHA-512 for Ed25519.
pub fn left_half_hash(algorithm: Algorithm, value: &str) -> String {
    let function = if algorithm == Algorithm::EdDsa {
        &SHA512
    } else {
        &SHA256
    };
    let hash = digest(function, value.as_bytes());
    base64url::encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

/// Compares without telling by its duration where the difference is. Different lengths are told apart at once.
pub fn constant_time_equal(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    verify_slices_are_equal(a.as_ref(), b.as_ref()).is_ok()
}

/// `bytes` random bytes in base64url: codes, refresh tokens, client secrets, `jti`. `fill` is the source of randomness.
pub fn random_token(bytes: usize, fill: impl FnOnce(&mut [u8])) -> String {
    let mut buffer = zeroize::Zeroizing::new(vec![0; bytes]);
    fill(&mut buffer);
    base64url::encode(&*buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_of_the_rfc_matches() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(s256_challenge(verifier), challenge);
        assert!(verify_s256_challenge(verifier, challenge));
        assert!(!verify_s256_challenge(verifier, verifier));
        assert!(!verify_s256_challenge("short", &s256_challenge("short")));
        let spaced = format!("{verifier} ");
        assert!(!verify_s256_challenge(&spaced, &s256_challenge(&spaced)));
    }

    /// OpenID Connect Core appendix A.3.
    #[test]
    fn the_token_hash_of_the_specification_matches() {
        assert_eq!(
            left_half_hash(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(left_half_hash(Algorithm::EdDsa, "x").len(), 43);
    }

    #[test]
    fn a_random_token_has_the_length_of_its_bytes() {
        assert_eq!(random_token(32, |bytes| bytes.fill(0xff)), "_".repeat(42) + "8");
    }
}

//! Passwords that people choose: Argon2id with the parameters OWASP recommends (19 MiB, 2 passes, 1 lane).
//!
//! Hashing takes tens of milliseconds and 19 MiB. Callers run it on a blocking thread and bound how many run at once.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::{Error, Random};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// The most a stored hash may cost to verify. A hash that was brought in from elsewhere must not exhaust the memory.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;

/// A hash that no password is known to match; see [`verify_dummy_password`].
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$b3JjaGVzdHJpb24tMDAwMA$qd1AxSaRsUhVzpBfXJYBAZ8lIHtqt3rkzwzNQ4zAEAM";

/// Hashes a password to a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`) with a fresh salt of 16 bytes.
pub fn hash_password(password: &str, random: &dyn Random) -> Result<String, Error> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(|error| Error::Hashing(error.to_string()))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Hashing(error.to_string()))
}

/// Whether `password` matches the PHC string. A string that is malformed, not Argon2id, or dearer than the accepted
/// bounds (256 MiB, 16 passes, 8 lanes) matches nothing.
pub fn verify_password(password: &str, phc: &str) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    let Some(params) = accepted_params(&hash) else {
        return false;
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .verify_password(password.as_bytes(), &hash)
        .is_ok()
}

/// Spends the time of [`verify_password`] where there is no account to verify against, so that an answer does not tell
/// whether the account exists. Always false.
pub fn verify_dummy_password(password: &str) -> bool {
    let _ = std::hint::black_box(verify_password(password, DUMMY));
    false
}

/// Whether the stored hash was made with other parameters than today's and should be replaced at the next sign-in.
pub fn needs_rehash(phc: &str) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return true };
    let Some(params) = accepted_params(&hash) else {
        return true;
    };
    params.m_cost() != MEMORY_KIB
        || params.t_cost() != PASSES
        || params.p_cost() != LANES
        || params.output_len() != Some(HASH_BYTES)
}

fn accepted_params(hash: &PasswordHash) -> Option<Params> {
    let params = Params::try_from(hash).ok()?;
    let accepted = hash.algorithm.as_str() == "argon2id"
        && hash.version == Some(0x13)
        && params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_PASSES
        && params.p_cost() <= MAX_LANES;
    accepted.then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let random = SeededRandom::new(1);
        let phc = hash_password("correct horse", &random).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify_password("correct horse", &phc));
        assert!(!verify_password("correct horsf", &phc));
        assert!(!verify_password("", &phc));
        assert_ne!(
            phc,
            hash_password("correct horse", &random).unwrap(),
            "every hash has its own salt"
        );
    }

    #[test]
    fn todays_hashes_stay_and_others_are_replaced() {
        let phc = hash_password("x", &SeededRandom::new(2)).unwrap();
        assert!(!needs_rehash(&phc));
        assert!(needs_rehash(&phc.replace("t=2", "t=1")));
        assert!(needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
        assert!(needs_rehash(""));
    }

    #[test]
    fn the_dummy_hash_costs_what_a_real_one_costs() {
        assert!(!needs_rehash(DUMMY));
        assert!(!verify_dummy_password("anything"));
    }

    #[test]
    fn malformed_foreign_or_ruinous_hashes_match_nothing() {
        let phc = hash_password("x", &SeededRandom::new(3)).unwrap();
        for bad in [
            String::new(),
            "x".into(),
            phc.replace("argon2id", "argon2i"),
            phc.replace("v=19", "v=16"),
            phc.replace("m=19456", "m=4194304"),
            phc.replace("t=2", "t=4000000"),
        ] {
            assert!(!verify_password("x", &bad), "{bad}");
        }
    }
}

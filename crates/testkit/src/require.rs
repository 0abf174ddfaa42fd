//! What a test needs beyond Rust, and what happens where it is missing.

/// Whether missing components fail a test instead of skipping it (`ORCHESTRION_REQUIRE_ALL=1`).
pub fn everything() -> bool {
    std::env::var("ORCHESTRION_REQUIRE_ALL").is_ok_and(|value| value == "1")
}

/// Says that something was skipped, or fails where nothing may be.
///
/// # Panics
/// Under `ORCHESTRION_REQUIRE_ALL=1`.
pub fn skipped(what: &str, why: &str) {
    assert!(!everything(), "{what} is required here: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}

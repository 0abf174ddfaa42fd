//! What a test needs beyond Rust, and what happens where it is missing.

/// Says that something was skipped, or fails where nothing may be (`ORCHESTRION_REQUIRE_ALL=1`).
///
/// # Panics
/// Under `ORCHESTRION_REQUIRE_ALL=1`.
pub use throwaway::skipped;

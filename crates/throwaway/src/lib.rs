//! Real servers for tests: made on first use, thrown away when the test process ends, however it ends.

pub mod postgres;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// The variable that, set to `1`, turns every skip into a failure.
pub const REQUIRE_ALL: &str = "ORCHESTRION_REQUIRE_ALL";

/// What was said already: once for each thing, not by every test that wants it.
static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Says that something is not tested since this machine lacks what it needs. The line is visible without
/// `--nocapture`.
///
/// # Panics
/// When `ORCHESTRION_REQUIRE_ALL` is `1`.
pub fn skipped(what: &str, reason: &str) {
    let required = std::env::var(REQUIRE_ALL).is_ok_and(|value| value == "1");
    assert!(!required, "{what}: {reason}, and {REQUIRE_ALL} is set");
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(what.to_owned()) {
        // The test harness captures the print macros, not this.
        let _unwritable = writeln!(std::io::stderr(), "SKIPPED: {what}: {reason}");
    }
}

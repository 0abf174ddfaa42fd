//! What the server takes: disk for its program, memory while nothing happens.

use std::time::Duration;

use anyhow::Context as _;

use super::Bench;
use crate::process::resident;
use crate::report::{Figure, Target};

/// Time after the start until nothing happens any more. Threads that hashed the first passwords end ten seconds after
/// their last work, and their memory goes back to the system with them.
const SETTLE: Duration = Duration::from_secs(15);

pub(super) fn binary(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let size = std::fs::metadata(&bench.program)?.len();
    Ok(vec![Figure::new(
        "program size",
        "MB",
        Target::AtMost(40.0),
        megabytes(size),
    )])
}

/// On a database that was just made, and after a restart on it: the first start has more to do.
pub(super) fn memory(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let settings = bench.settings("memory", "RS256");
    let mut figures = Vec::new();
    for name in ["resident memory idle, first start", "resident memory idle, restarted"] {
        let server = settings.start()?;
        std::thread::sleep(SETTLE);
        let bytes = resident(server.process()).context("the system does not tell the resident memory")?;
        figures.push(Figure::new(name, "MB", Target::AtMost(40.0), megabytes(bytes)));
    }
    Ok(figures)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

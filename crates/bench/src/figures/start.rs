//! Time from the start of the process to the first answer that says ready: on no database at all (schema, first
//! accounts and signing keys included), and on the same data again.

use crate::report::{Figure, Target, milliseconds};

use super::Bench;

const RUNS: usize = 15;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let settings = bench.settings(&format!("start-{run}"), "RS256");
        for times in [&mut first, &mut again] {
            let server = settings.start()?;
            times.push(milliseconds(server.ready_after));
            server.kill()?;
        }
        std::fs::remove_dir_all(&settings.data)?;
    }
    let (median, worst) = middle_and_last(first);
    let (median_again, worst_again) = middle_and_last(again);
    Ok(vec![
        Figure::new("start to ready, empty, median", "ms", Target::AtMost(300.0), median).note(format!("{RUNS} runs")),
        Figure::new("start to ready, empty, worst", "ms", Target::AtMost(300.0), worst)
            .note("RSA key generation takes a random time"),
        Figure::new("start to ready, again, median", "ms", Target::None, median_again)
            .note(format!("after SIGKILL; worst {worst_again:.0} ms")),
    ])
}

fn middle_and_last(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or(0.0);
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

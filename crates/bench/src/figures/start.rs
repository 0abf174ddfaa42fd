//! Time from the start of the process to the first answer that says ready: on no database at all (schema and first
//! accounts included), and on the same data again. Signing keys are made in the background while requests that need one
//! wait, so the time to the first token is told too.

use crate::report::{Figure, Target, milliseconds};

use super::Bench;

const RUNS: usize = 15;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let (mut first, mut again, mut token) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let settings = bench.settings(&format!("start-{run}"), "RS256");
        let server = settings.start()?;
        first.push(milliseconds(server.ready_after));
        server.token("OR.Assets")?;
        token.push(milliseconds(server.begin.elapsed()));
        server.kill()?;
        let server = settings.start()?;
        again.push(milliseconds(server.ready_after));
        server.kill()?;
        std::fs::remove_dir_all(&settings.data)?;
    }
    let most = Target::AtMost(300.0);
    let (median, worst) = middle_and_last(first);
    let (median_again, worst_again) = middle_and_last(again);
    let (median_token, worst_token) = middle_and_last(token);
    Ok(vec![
        Figure::new("start to ready, empty, median", "ms", most, median).note(format!("{RUNS} runs")),
        Figure::new("start to ready, empty, worst", "ms", most, worst),
        Figure::new("start to first token, empty, median", "ms", Target::None, median_token).note(format!(
            "worst {worst_token:.0} ms: making an RSA key takes a random time"
        )),
        Figure::new("start to ready, again, median", "ms", Target::None, median_again)
            .note(format!("after SIGKILL; worst {worst_again:.0} ms")),
    ])
}

fn middle_and_last(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or(0.0);
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

//! Proves that queues neither lose work nor hand it out twice: items are added, taken and finished by many connections while the
//! server is killed with SIGKILL at random moments and started again on the same data. In the end every item that was added has
//! been handed out to exactly one call, is successful, and is counted once.

mod check;
mod gate;
mod ledger;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use serde_json::json;

use crate::proof::{self, Kind};
use crate::random::Random;
use crate::server::{Server, Settings, post};
use gate::{Access, Gate};
use ledger::Ledger;
use work::{QUEUE, Repeated, Work};

#[derive(Args)]
pub struct Options {
    /// Items that are added, taken and finished
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=50_000_000))]
    cycles: u32,
    /// Connections that take and finish items at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=200))]
    workers: u16,
    /// How often the server is killed at least; otherwise every 2 to 6 seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    kills: u32,
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    database: Kind,
    /// Repeats the choices of an earlier run [default: a new one, printed]
    #[arg(long)]
    seed: Option<u64>,
    /// The server's program [default: built beside this one]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
}

/// Shortest and longest time that a server may run.
const BEFORE_KILL: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(6));
/// Longest time without a finished item before the run is given up: what is left is lost.
const PATIENCE: Duration = Duration::from_secs(60);
const SCOPES: &str = "OR.Queues OR.Folders.Read";

/// Runs until all items are finished; a broken promise ends the run with a failure.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(Random::seed);
    ensure!(
        options.cycles / 20 >= options.kills,
        "{} kills need at least {} cycles",
        options.kills,
        options.kills.saturating_mul(20)
    );
    println!(
        "queue-crash: seed {seed}, {} cycles, {} workers, {:?}",
        options.cycles, options.workers, options.database
    );
    proof::run(
        "queue-crash",
        options.database,
        options.server.as_ref(),
        seed,
        |settings, _| prove(options, settings, seed),
    )
}

/// What a run came to.
struct Done {
    cycles: u32,
    kills: u32,
    time: Duration,
    repeated: Repeated,
    checked: Duration,
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.time.as_secs_f64();
        write!(
            f,
            "ok: {} cycles in {seconds:.1} s ({:.0}/s, restarts included), {} kills, {} lost answers ({} of them to calls that had \
             been carried out, found so on the repetition): every item was handed out once and is successful once, counters, \
             history and database in order (checked in {:.1} s)",
            self.cycles,
            f64::from(self.cycles) / seconds,
            self.kills,
            self.repeated.lost,
            self.repeated.done_before,
            self.checked.as_secs_f64(),
        )
    }
}

fn prove(options: &Options, settings: &Settings, seed: u64) -> anyhow::Result<Done> {
    let gate = Gate::default();
    let server = settings.start()?;
    let access = access(&server, 0)?;
    let definition = json!({ "Name": QUEUE, "EnforceUniqueReference": true });
    let request = post("/odata/QueueDefinitions", &access.token, access.folder, &definition);
    server.connect()?.exchange(&request)?.json(201)?;
    gate.open(access);

    let work = Work::new(&gate, seed, options.cycles);
    let begin = Instant::now();
    let (kills, last, repeated) = thread::scope(|scope| {
        let work = &work;
        let mut threads = vec![spawn(scope, &gate, || work.add())];
        threads.extend((0..u32::from(options.workers)).map(|worker| spawn(scope, &gate, move || work.take(worker))));
        let (kills, last) = match kill_until_over(options, settings, work, server) {
            Ok((kills, last)) => (kills, Some(last)),
            Err(error) => {
                gate.fail(error);
                (0, None)
            }
        };
        let mut repeated = Repeated::default();
        for thread in threads {
            match thread.join() {
                Ok(Some(more)) => repeated += more,
                Ok(None) => {}
                Err(_) => gate.fail(anyhow!("a worker panicked")),
            }
        }
        (kills, last, repeated)
    });
    let time = begin.elapsed();
    if let Some(last) = last {
        last.kill()?;
    }
    let ledger = work.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(fault) = gate.into_fault() {
        return Err(fault);
    }

    let begin = Instant::now();
    check_database(settings, &ledger, options.cycles, seed)?;
    Ok(Done {
        cycles: options.cycles,
        kills,
        time,
        repeated,
        checked: begin.elapsed(),
    })
}

/// A thread whose fault ends the run.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    gate: &'scope Gate,
    run: impl FnOnce() -> anyhow::Result<Repeated> + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, Option<Repeated>> {
    scope.spawn(move || match run() {
        Ok(repeated) => Some(repeated),
        Err(fault) => {
            gate.fail(fault);
            None
        }
    })
}

/// Kills the server and starts it again until all items are finished. Gives the number of kills and the server that runs then: a worker
/// may still wait for its answer that nothing is left.
fn kill_until_over(
    options: &Options,
    settings: &Settings,
    work: &Work<'_>,
    mut server: Server,
) -> anyhow::Result<(u32, Server)> {
    let mut random = Random::new(work.seed);
    let begin = Instant::now();
    let address = server.address;
    let mut kills = 0;
    loop {
        let time = random.duration(BEFORE_KILL.0, BEFORE_KILL.1);
        let due = due(options, kills, &mut random);
        match watch(work, time, due)? {
            Next::Over => {
                ensure!(kills >= options.kills, "the server was killed {kills} times only");
                return Ok((kills, server));
            }
            Next::Kill => {}
        }
        work.gate.shut();
        server.kill()?;
        kills += 1;
        println!(
            "kill {kills} after {:.1} s: {} added, {} finished",
            begin.elapsed().as_secs_f64(),
            work.added.load(Ordering::SeqCst),
            work.finished.load(Ordering::SeqCst),
        );
        server = settings
            .start_at(address)
            .with_context(|| format!("the server does not start again after {kills} kills"))?;
        work.gate.open(access(&server, kills)?);
    }
}

/// The number of finished items that the next kill waits for at most, so that there are as many kills as wanted. `None` once there are.
fn due(options: &Options, kills: u32, random: &mut Random) -> Option<u32> {
    let each = u64::from(options.cycles) / (u64::from(options.kills) + 1);
    let jitter = random.between(0, each / 2);
    (kills < options.kills).then(|| (u64::from(kills) * each + each / 2 + jitter) as u32)
}

enum Next {
    Kill,
    Over,
}

/// Waits until it is time to kill the server, or nothing is left to do.
fn watch(work: &Work<'_>, time: Duration, due: Option<u32>) -> anyhow::Result<Next> {
    let begin = Instant::now();
    let first = work.finished.load(Ordering::SeqCst);
    let mut progress = (Instant::now(), first);
    loop {
        ensure!(!work.gate.failed(), "the run has ended");
        if work.over() {
            return Ok(Next::Over);
        }
        let finished = work.finished.load(Ordering::SeqCst);
        let early = due.is_some_and(|due| finished >= due);
        if finished > progress.1 {
            progress = (Instant::now(), finished);
        }
        ensure!(
            progress.0.elapsed() < PATIENCE,
            "{} items were added, {finished} finished, and nothing happens any more",
            work.added.load(Ordering::SeqCst)
        );
        // A server that is killed before it has done anything proves nothing.
        let late = begin.elapsed() >= time && finished > first;
        if early || late {
            return Ok(Next::Kill);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn access(server: &Server, generation: u32) -> anyhow::Result<Access> {
    let token = server.token(SCOPES)?;
    Ok(Access {
        generation,
        address: server.address,
        folder: server.folder(&token)?,
        token,
    })
}

/// Everything as the last kill left it.
fn check_database(settings: &Settings, ledger: &Ledger, cycles: u32, seed: u64) -> anyhow::Result<()> {
    ensure!(
        ledger.len() == cycles as usize,
        "{} of {cycles} items were handed out",
        ledger.len()
    );
    settings.examine()?;
    let store = settings.store()?;
    let compared = check::compare(&store, ledger, seed);
    store.close();
    compared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_kills_as_wanted_are_due_before_the_end() {
        let options = Options {
            cycles: 100,
            workers: 1,
            kills: 5,
            database: Kind::Sqlite,
            seed: None,
            server: None,
        };
        let mut random = Random::new(7);
        let mut last = 0;
        for kills in 0..5 {
            let due = due(&options, kills, &mut random).unwrap();
            assert!(due > last && due < 100, "{due} after {last}");
            last = due;
        }
        assert_eq!(due(&options, 5, &mut random), None);
    }
}

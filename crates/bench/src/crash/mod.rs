//! The crash program: writes through HTTP, kills the server with SIGKILL at a random moment, starts it again on the same
//! data, and proves that every acknowledged write is there exactly once. Everything else is there whole or not at all.

mod check;
mod ledger;
mod writers;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;

use crate::random::Random;
use crate::server::{Server, Settings, program};
use ledger::Ledger;

#[derive(Args)]
pub struct Options {
    /// How often the server is killed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    cycles: u32,
    /// Repeats the choices of an earlier run [default: a new one, printed]
    #[arg(long)]
    seed: Option<u64>,
    /// Connections that write at the same time
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=200))]
    connections: u16,
    /// The server's program [default: built beside this one]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// An empty database [default: SQLite in a temporary directory]
    #[arg(long, value_name = "URL", conflicts_with = "postgres")]
    database: Option<String>,
    /// Use a throw-away PostgreSQL cluster
    #[arg(long)]
    postgres: bool,
}

/// Shortest and longest time the server may write before it is killed.
const BEFORE_KILL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(700));
const SCOPES: &str = "OR.Assets OR.Folders.Read OR.Audit.Read";

/// Runs the cycles; the first broken promise ends the run with a failure.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(Random::seed);
    println!(
        "crash: seed {seed}, {} cycles, {} connections",
        options.cycles, options.connections
    );
    let postgres = if options.postgres {
        let Some(database) = throwaway::postgres::Database::create() else {
            return Ok(ExitCode::SUCCESS);
        };
        Some(database)
    } else {
        None
    };
    let program = program(options.server.as_deref())?;
    let own = std::env::current_exe()?;
    let beside = own.parent().unwrap_or(Path::new("."));
    let data = tempfile::Builder::new()
        .prefix("crash-")
        .tempdir_in(beside)
        .context("cannot make a data directory")?;
    let settings = Settings {
        program,
        data: data.path().to_owned(),
        database: options
            .database
            .clone()
            .or_else(|| postgres.as_ref().map(throwaway::postgres::Database::url)),
        algorithm: "RS256",
    };
    let mut ledger = Ledger::new(seed);
    let mut random = Random::new(seed);
    let outcome = cycles(options, &settings, &mut ledger, &mut random);
    if let Err(error) = outcome {
        // What is left is the evidence.
        let kept = data.keep();
        println!(
            "FAILED with seed {seed}: {error:#}\nThe data is kept in {}",
            kept.display()
        );
        return Ok(ExitCode::FAILURE);
    }
    println!(
        "ok: {} kills, {} acknowledged writes there once, {} unanswered ones whole ({}) or absent ({}), \
         audit and database in order",
        options.cycles,
        ledger.acknowledged(),
        ledger.present() + ledger.absent(),
        ledger.present(),
        ledger.absent(),
    );
    Ok(ExitCode::SUCCESS)
}

fn cycles(options: &Options, settings: &Settings, ledger: &mut Ledger, random: &mut Random) -> anyhow::Result<()> {
    let mut thorough = Thorough::default();
    for cycle in 1..=options.cycles {
        let begin = Instant::now();
        let server = settings
            .start()
            .with_context(|| format!("cycle {cycle}: the server does not start again"))?;
        let access = Access::get(&server)?;
        inspect(&server, &access, ledger, thorough.due(ledger))
            .with_context(|| format!("after {} kills", cycle - 1))?;
        let delay = random.duration(BEFORE_KILL.0, BEFORE_KILL.1);
        let wrote = writers::write_until_killed(server, &access, options.connections, delay, ledger, random)
            .with_context(|| format!("cycle {cycle}"))?;
        // Half the time the server itself is the first to find the data as the kill left it.
        if random.coin() {
            settings.examine().with_context(|| format!("after {cycle} kills"))?;
        }
        println!(
            "cycle {cycle}: killed after {:3} ms of writing, {wrote} acknowledged, {} in doubt ({:.1} s)",
            delay.as_millis(),
            ledger.doubtful().len(),
            begin.elapsed().as_secs_f64(),
        );
    }
    let server = settings
        .start()
        .context("the server does not start again after the last kill")?;
    let access = Access::get(&server)?;
    inspect(&server, &access, ledger, true).context("after the last kill")?;
    server.kill()?;
    settings.examine().context("at the end")
}

/// Settles what was in doubt; compares everything where that is due.
fn inspect(server: &Server, access: &Access, ledger: &mut Ledger, thorough: bool) -> anyhow::Result<()> {
    check::settle_doubts(server, access, ledger)?;
    if thorough {
        check::compare_everything(server, access, ledger)?;
    }
    Ok(())
}

/// What the writers and the checks need to be let in.
struct Access {
    token: String,
    folder: i64,
}

impl Access {
    fn get(server: &Server) -> anyhow::Result<Self> {
        let token = server.token(SCOPES)?;
        let folder = server.folder(&token)?;
        Ok(Self { token, folder })
    }
}

/// Comparing everything costs as much as there is, so a long run does it whenever a quarter has come on top.
#[derive(Default)]
struct Thorough(usize);

impl Thorough {
    fn due(&mut self, ledger: &Ledger) -> bool {
        let due = ledger.len() < 5_000 || ledger.len() > self.0 + self.0 / 4;
        if due {
            self.0 = ledger.len();
        }
        due
    }
}

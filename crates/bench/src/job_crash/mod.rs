//! Proves that jobs neither get lost nor run twice: jobs are started while server and robot are killed with SIGKILL and the network
//! between them is cut, at random moments. Each job writes into a ledger when it begins and when it ends. In the end every job that
//! was acknowledged is there, has begun once and ended once, is in the state that its exit code asks for, and has its output and its log.

mod check;
mod network;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;

use crate::fleet::{Floor, Robot};
use crate::http::Connection;
use crate::proof::{self, Kind};
use crate::random::Random;
use crate::server::{Server, Settings};
use network::{Network, Wire};

#[derive(Args)]
pub struct Options {
    /// How often something is killed or cut
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// Jobs that run at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    slots: u32,
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    database: Kind,
    /// Repeats the choices of an earlier run [default: a new one, printed]
    #[arg(long)]
    seed: Option<u64>,
    /// The server's program [default: built beside this one]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
}

/// Time between two blows.
const BETWEEN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(1_500));
/// How long the network stays cut.
const CUT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// How long the robot stays away.
const AWAY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));
/// Longest wait for the end of all jobs.
const PATIENCE: Duration = Duration::from_secs(180);
/// Jobs in sight that are not over yet.
const AHEAD: u64 = 12;

/// What is done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Server,
    Robot,
    Both,
    Cut(Wire),
}

impl Blow {
    fn any(random: &mut Random) -> Self {
        match random.between(0, 9) {
            0..=2 => Self::Server,
            3..=5 => Self::Robot,
            6 => Self::Both,
            7 | 8 => Self::Cut(Wire::Broken),
            _ => Self::Cut(Wire::Silent),
        }
    }
}

/// What the starter of jobs and the one who strikes share.
struct Shared {
    /// No more jobs.
    over: AtomicBool,
    /// Keys of jobs whose start was acknowledged.
    acknowledged: Mutex<HashSet<String>>,
    lost_answers: AtomicU32,
}

/// Runs until all blows have fallen and all jobs are over; a broken promise ends the run with a failure.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(Random::seed);
    println!(
        "job-crash: seed {seed}, {} blows, {} slots, {:?}",
        options.kills, options.slots, options.database
    );
    proof::run(
        "job-crash",
        options.database,
        options.server.as_ref(),
        seed,
        |settings, data| prove(options, settings, data, seed),
    )
}

fn prove(options: &Options, settings: &Settings, data: &Path, seed: u64) -> anyhow::Result<String> {
    let begin = Instant::now();
    let server = settings.start()?;
    let floor = Floor::make(&server, options.slots)?;
    let network = Network::to(server.address)?;
    let ledger = data.join("ledger");
    let script = format!(
        "echo \"work of $UIPATH_JOB_KEY\"; echo \"b $UIPATH_JOB_KEY\" >> {ledger}; sleep 0.3; echo \"e $UIPATH_JOB_KEY\" >> {ledger}; \
         printf '{{\"job\":\"%s\"}}' \"$UIPATH_JOB_KEY\" > \"$1\"; case \"$UIPATH_JOB_KEY\" in *0) exit 3;; esac",
        ledger = ledger.display()
    );
    let release = floor.process(
        &server,
        &settings.program,
        "work",
        &["sh", "-c", &script, "sh", "{output}"],
    )?;
    let shared = Shared {
        over: AtomicBool::new(false),
        acknowledged: Mutex::default(),
        lost_answers: AtomicU32::new(0),
    };
    let address = server.address;
    let server = thread::scope(|scope| {
        let starting = scope.spawn(|| start_jobs(&shared, &floor, &release, address));
        let struck = strike(options, settings, data, &floor, &network, server, seed, &starting);
        shared.over.store(true, Ordering::SeqCst);
        match starting.join() {
            Ok(()) => struck,
            Err(_) => Err(anyhow!("the starter of jobs panicked")),
        }
    })?;
    let (server, _robot) = server;
    let waiting = Instant::now();
    loop {
        let left = floor.count(&server, "State in ('Pending','Running','Stopping','Terminating')")?;
        if left == 0 {
            break;
        }
        ensure!(waiting.elapsed() < PATIENCE, "{left} jobs do not come to an end");
        thread::sleep(Duration::from_millis(100));
    }
    let acknowledged = shared.acknowledged.into_inner().unwrap_or_else(PoisonError::into_inner);
    let jobs = check::jobs(&server, &floor, &acknowledged, &std::fs::read_to_string(&ledger)?)?;
    server.kill()?;
    settings.examine()?;
    Ok(format!(
        "ok: {jobs} jobs, {} blows in {:.0} s, {} lost answers: each job began once, ended once, and is told as it was",
        options.kills,
        begin.elapsed().as_secs_f64(),
        shared.lost_answers.into_inner()
    ))
}

/// Keeps a few jobs waiting, with whatever server there is.
fn start_jobs(shared: &Shared, floor: &Floor, release: &str, address: std::net::SocketAddr) {
    let request = floor.start(release, 2);
    let mut open: Option<Connection> = None;
    while !shared.over.load(Ordering::SeqCst) {
        let Some(connection) = open.as_mut() else {
            open = Connection::open(address).ok();
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        let waiting = floor.waiting(connection);
        match waiting {
            Ok(waiting) if waiting >= AHEAD => {
                thread::sleep(Duration::from_millis(20));
                continue;
            }
            Ok(_) => {}
            Err(_) => {
                open = None;
                continue;
            }
        }
        let answer = connection
            .exchange(&request)
            .ok()
            .and_then(|answer| answer.json(201).ok());
        if let Some(started) = answer {
            let keys = started["value"].as_array().into_iter().flatten();
            let keys = keys.filter_map(|job| job["Key"].as_str().map(str::to_owned));
            shared
                .acknowledged
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(keys);
        } else {
            shared.lost_answers.fetch_add(1, Ordering::SeqCst);
            open = None;
        }
    }
}

/// Kills and cuts as often as wanted. Leaves both running, with the network whole.
#[expect(clippy::too_many_arguments, reason = "one caller; each is a thing of its own")]
fn strike(
    options: &Options,
    settings: &Settings,
    data: &Path,
    floor: &Floor,
    network: &Network,
    mut server: Server,
    seed: u64,
    starting: &thread::ScopedJoinHandle<'_, ()>,
) -> anyhow::Result<(Server, Robot)> {
    let mut random = Random::new(seed);
    let base = format!("http://{}", network.address);
    let place = data.join("robot");
    let mut robot = Robot::start(settings, &floor.machine, &base, &place)?;
    for number in 1..=options.kills {
        thread::sleep(random.duration(BETWEEN.0, BETWEEN.1));
        ensure!(!starting.is_finished(), "no more jobs are started");
        let blow = Blow::any(&mut random);
        match blow {
            Blow::Server => server = restart(settings, server)?,
            Blow::Robot | Blow::Both => {
                robot.kill()?;
                if blow == Blow::Both {
                    server = restart(settings, server)?;
                }
                thread::sleep(random.duration(AWAY.0, AWAY.1));
                robot = Robot::start(settings, &floor.machine, &base, &place)?;
            }
            Blow::Cut(wire) => {
                network.set(wire);
                thread::sleep(random.duration(CUT.0, CUT.1));
                network.set(Wire::Open);
            }
        }
        if number % 10 == 0 {
            let ended = floor.count(&server, "State in ('Successful','Faulted')")?;
            println!("blow {number} ({blow:?}): {ended} jobs are over");
        }
    }
    Ok((server, robot))
}

fn restart(settings: &Settings, server: Server) -> anyhow::Result<Server> {
    let address = server.address;
    server.kill()?;
    settings.start_at(address).context("the server does not start again")
}

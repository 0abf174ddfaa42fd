//! The figures the project promises, each measured by a file of its own.

mod asset_by_id;
mod asset_list;
mod asset_writes;
mod documents;
mod footprint;
mod introspection;
mod jobs;
mod logs;
mod million;
mod queues;
mod robots;
mod start;
mod tokens;
mod upload;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use crate::load::{Load, Outcome, Requests};
use crate::machine::Machine;
use crate::proof::Kind;
use crate::report::{self, Figure};
use crate::server::{Server, Settings, program};

#[derive(Args)]
pub struct Options {
    /// Measure only figures whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Seconds under load per figure
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Connections, in place of each figure's own number
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: Option<u16>,
    /// Rows of lists: assets, items of queues, log entries, finished items beside cycles
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    rows: u64,
    /// The only database that figures about both are measured on
    #[arg(long, value_enum)]
    database: Option<Kind>,
    /// The server's program [default: built beside this one]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Directory for databases, on the disk that is to be measured [default: beside this program]
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    /// Write the figures to this file as JSON too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

type Measure = fn(&mut Bench<'_>) -> anyhow::Result<Vec<Figure>>;

/// In the order they are measured: what wants an untouched server first, what fills the database last.
const FIGURES: &[(&str, Measure)] = &[
    ("binary-size", footprint::binary),
    ("start-to-ready", start::measure),
    ("idle-memory", footprint::memory),
    ("status", documents::status),
    ("discovery", documents::discovery),
    ("jwks", documents::jwks),
    ("client-credentials-rs256", tokens::rs256),
    ("client-credentials-es256", tokens::es256),
    ("introspection", introspection::measure),
    ("asset-by-id", asset_by_id::measure),
    ("asset-writes", asset_writes::measure),
    ("asset-list", asset_list::measure),
    ("queue-add", queues::add),
    ("queue-bulk", queues::bulk),
    ("queue-cycles", queues::cycles),
    ("queue-list", queues::list),
    ("job-start", jobs::start),
    ("job-throughput", jobs::throughput),
    ("robots-1000", robots::thousand),
    ("robots-5000", robots::five_thousand),
    ("package-upload", upload::measure),
    ("log-ingest", logs::ingest),
    ("log-list", logs::list),
];

/// Measures and prints. A missed figure is told, not an error: it says as much about the machine as about the server.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|part| name.contains(part.as_str()));
    anyhow::ensure!(
        FIGURES.iter().any(|(name, _)| wanted(name)),
        "no such figure; there are {}",
        FIGURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    );
    if cfg!(debug_assertions) {
        eprintln!("note: this is a debug build; figures mean something with `cargo run --release` only");
    }
    let program = program(options.server.as_deref())?;
    let own = std::env::current_exe()?;
    let beside = own.parent().unwrap_or(Path::new("."));
    let parent = options.data.as_deref().unwrap_or(beside);
    let data = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(parent)
        .context("cannot make a data directory")?;
    eprintln!("measuring the machine");
    let machine = Machine::measure(data.path(), Duration::from_secs(2))?;
    let mut bench = Bench {
        options,
        program,
        machine: &machine,
        data,
        server: None,
    };
    let mut figures = Vec::new();
    for (name, measure) in FIGURES {
        if wanted(name) {
            eprintln!("measuring {name}");
            figures.extend(measure(&mut bench).with_context(|| format!("cannot measure {name}"))?);
        }
    }
    print!("{}", report::table(&machine, &figures));
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&report::json(&machine, &figures))?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What all figures share.
struct Bench<'a> {
    options: &'a Options,
    program: PathBuf,
    machine: &'a Machine,
    data: TempDir,
    server: Option<Server>,
}

impl Bench<'_> {
    /// Whether figures about both databases are measured on this one.
    fn is_on(&self, database: Kind) -> bool {
        self.options.database.is_none_or(|only| only == database)
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.options.seconds)
    }

    /// Settings of a server with data of its own.
    fn settings(&self, name: &str, algorithm: &'static str) -> Settings {
        Settings {
            program: self.program.clone(),
            data: self.data.path().join(name),
            database: None,
            algorithm,
        }
    }

    /// The server most figures share, with RS256.
    fn server(&mut self) -> anyhow::Result<&Server> {
        if self.server.is_none() {
            self.server = Some(self.settings("shared", "RS256").start()?);
        }
        self.server.as_ref().context("the server was just started")
    }

    /// Puts a load on a server; `connections` unless the command line says otherwise.
    fn load(&self, server: &Server, connections: usize, status: u16, requests: Requests) -> anyhow::Result<Outcome> {
        let load = Load {
            address: server.address,
            connections: self.options.connections.map_or(connections, usize::from),
            warm_up: Duration::from_millis(500),
            duration: self.time(),
            status,
            process: Some(server.process()),
        };
        load.run(requests)
    }

    /// [`load`](Self::load) on the shared server.
    fn load_shared(&mut self, connections: usize, status: u16, requests: Requests) -> anyhow::Result<Outcome> {
        self.server()?;
        let server = self.server.as_ref().context("the server was just started")?;
        self.load(server, connections, status, requests)
    }
}

//! Job queues that others built, on the same machine and doing the same: adding one by one, and taking a job and completing it.
//!
//! PostgreSQL alone with `for update skip locked`, graphile-worker and pg-boss on PostgreSQL, `BullMQ` on Redis. What is not installed
//! is left out with a visible line. The databases write to the disk what they acknowledge, apart from Redis where its row says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;
use throwaway::postgres::Database;

const CONCURRENT: usize = 32;
/// Jobs per second that are made for PostgreSQL alone to take, at most.
const MOST_CYCLES: u64 = 15_000;

#[derive(Args)]
pub struct Options {
    /// How long each thing is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Finished jobs in PostgreSQL's table
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    rows: u64,
}

/// What one of them does per second.
struct Peer {
    name: String,
    adds: f64,
    cycles: f64,
    /// Jobs that waited to be taken when the cycles began.
    waiting: u64,
}

/// Measures all that are installed and prints a table.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let mut peers = Vec::new();
    if let Some(peer) = raw_postgres(options, &scripts).context("PostgreSQL")? {
        peers.push(peer);
    }
    if let Some(modules) = install(&scripts)? {
        for name in ["graphile-worker", "pg-boss"] {
            let Some(database) = Database::create_durable() else {
                break;
            };
            let label = format!("{name} on PostgreSQL");
            peers.push(measure(options, &modules, name, &database.url(), label)?);
        }
        for policy in ["always", "everysec"] {
            let Some(redis) = Redis::start(policy)? else {
                break;
            };
            let label = format!("BullMQ on Redis, appendfsync {policy}");
            peers.push(measure(options, &modules, "bullmq", &redis.socket(), label)?);
        }
    }
    println!("{CONCURRENT} at a time, {} s each", options.seconds);
    println!("| Queue | adds/s | cycles/s | jobs waiting at first |\n|---|---:|---:|---:|");
    for peer in &peers {
        println!(
            "| {} | {:.0} | {:.0} | {} |",
            peer.name, peer.adds, peer.cycles, peer.waiting
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn raw_postgres(options: &Options, scripts: &Path) -> anyhow::Result<Option<Peer>> {
    if !runs("pgbench") {
        throwaway::skipped("PostgreSQL alone", "pgbench is not installed");
        return Ok(None);
    }
    let Some(database) = Database::create_durable() else {
        return Ok(None);
    };
    database.sql(&fs::read_to_string(scripts.join("raw.sql"))?);
    let content = r#"{"InvoiceNumber": 1, "Supplier": "Kettle & Sons", "Amount": 1234.5, "Currency": "EUR"}"#;
    for (state, count) in [(3, options.rows), (0, options.seconds * MOST_CYCLES)] {
        database.sql(&format!(
            "insert into jobs (state, reference, content) select {state}, 'invoice-' || n, '{content}' from generate_series(1, {count}) n"
        ));
    }
    database.sql("vacuum analyze jobs");
    database.sql("checkpoint");
    // Cycles first: what is added before the jobs that are made here would be taken from the same end of the table anyway.
    let cycles = pgbench(options, &database, &scripts.join("raw_cycle.sql"))?;
    let adds = pgbench(options, &database, &scripts.join("raw_add.sql"))?;
    Ok(Some(Peer {
        name: format!("PostgreSQL alone, skip locked, {} finished rows", options.rows),
        adds,
        cycles,
        waiting: options.seconds * MOST_CYCLES,
    }))
}

/// Runs of a script per second.
fn pgbench(options: &Options, database: &Database, script: &Path) -> anyhow::Result<f64> {
    let mut command = Command::new("pgbench");
    command
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--client={CONCURRENT}"))
        .arg(format!("--time={}", options.seconds))
        .arg("--file")
        .arg(script)
        .arg(database.url());
    let text = output(&mut command)?;
    per_second(&text).with_context(|| format!("pgbench says nothing of transactions per second: {text}"))
}

/// What `pgbench` says after `tps =`.
fn per_second(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

/// Installs the pinned packages below the target directory, unless that was done already. `None`, after a visible line, without Node.js.
fn install(scripts: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !runs("node") || !runs("npm") {
        throwaway::skipped("graphile-worker, pg-boss and BullMQ", "Node.js is not installed");
        return Ok(None);
    }
    let own = std::env::current_exe()?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("this program is not in a target directory")?;
    let modules = target.join("peers");
    fs::create_dir_all(&modules)?;
    fs::copy(scripts.join("measure.mjs"), modules.join("measure.mjs"))?;
    let (wanted, present) = (scripts.join("package.json"), modules.join("package.json"));
    let stamp = modules.join("installed.json");
    let text = fs::read_to_string(&wanted)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
        return Ok(Some(modules));
    }
    fs::write(&present, &text)?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ])
    .current_dir(&modules);
    output(&mut npm)?;
    fs::write(&stamp, &text)?;
    Ok(Some(modules))
}

fn measure(options: &Options, modules: &Path, name: &str, address: &str, label: String) -> anyhow::Result<Peer> {
    let mut node = Command::new("node");
    node.args(["measure.mjs", name, address])
        .arg(options.seconds.to_string())
        .current_dir(modules);
    let text = output(&mut node).with_context(|| label.clone())?;
    let line = text.lines().last().unwrap_or_default();
    let measured: Value = serde_json::from_str(line).with_context(|| format!("{label} says {line}"))?;
    Ok(Peer {
        name: label,
        adds: measured["adds"].as_f64().context("no number of adds")?,
        cycles: measured["cycles"].as_f64().context("no number of cycles")?,
        waiting: measured["waiting"].as_u64().context("no number of jobs")?,
    })
}

/// A Redis server that appends everything to a file; killed when dropped.
struct Redis {
    child: Child,
    folder: tempfile::TempDir,
}

impl Redis {
    /// `None`, after a visible line, where it is not installed. `policy` says when the file is written to the disk.
    fn start(policy: &str) -> anyhow::Result<Option<Self>> {
        const START: Duration = Duration::from_secs(10);
        if !runs("redis-server") {
            throwaway::skipped("BullMQ", "redis-server is not installed");
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("redis-").tempdir()?;
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                policy,
            ])
            .args(["--maxmemory-policy", "noeviction", "--unixsocket"])
            .arg(folder.path().join("socket"))
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start redis-server")?;
        let redis = Self { child, folder };
        let begin = Instant::now();
        while !Path::new(&redis.socket()).exists() {
            ensure!(begin.elapsed() < START, "redis-server does not start");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(Some(redis))
    }

    fn socket(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Both fail only for a process that has ended and been waited for.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The output of a program that must succeed.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    // Many clients say the same.
    let errors: Vec<&str> = errors.lines().take(10).collect();
    ensure!(output.status.success(), "{name} failed: {}", errors.join("\n"));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_found_in_what_pgbench_prints() {
        let text = "number of clients: 32\nlatency average = 9.1 ms\ntps = 3501.25 (without initial connection time)";
        assert_eq!(per_second(text), Some(3501.25));
        assert_eq!(per_second("pgbench: error"), None);
    }
}

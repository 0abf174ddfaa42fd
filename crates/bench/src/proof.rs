//! What runs that prove something by killing have in common: a database of their own, and the evidence kept when a promise is broken.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;

use crate::server::{Settings, program};

/// Where the server keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// In a temporary directory
    Sqlite,
    /// A throw-away cluster that writes to the disk what it acknowledges
    Postgres,
}

/// Runs `prove` with a server's settings and a directory. A broken promise ends the run with a failure, and the directory stays.
///
/// # Errors
/// A run that could not begin.
pub fn run<D: Display>(
    name: &str,
    database: Kind,
    server: Option<&PathBuf>,
    seed: u64,
    prove: impl FnOnce(&Settings, &Path) -> anyhow::Result<D>,
) -> anyhow::Result<ExitCode> {
    let postgres = match database {
        Kind::Sqlite => None,
        Kind::Postgres => match throwaway::postgres::Database::create_durable() {
            None => return Ok(ExitCode::SUCCESS),
            database => database,
        },
    };
    let program = program(server.map(PathBuf::as_path))?;
    let own = std::env::current_exe()?;
    let data = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .tempdir_in(own.parent().unwrap_or(Path::new(".")))
        .context("cannot make a data directory")?;
    let settings = Settings {
        program,
        data: data.path().join("server"),
        database: postgres.as_ref().map(throwaway::postgres::Database::url),
        algorithm: "ES256",
    };
    match prove(&settings, data.path()) {
        Ok(done) => {
            println!("{done}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            // What is left is the evidence.
            let kept = data.keep();
            println!(
                "FAILED with seed {seed}: {error:#}\nThe data is kept in {}",
                kept.display()
            );
            Ok(ExitCode::FAILURE)
        }
    }
}

//! The robot alone: the same as `orchestrion robot`, for machines that need nothing else.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs jobs of an Orchestrion server on this machine.
#[derive(Parser)]
#[command(name = "orchestrion-robot", version)]
struct Command {
    #[command(flatten)]
    options: robot::cli::Options,
}

fn main() -> ExitCode {
    if let Some(code) = robot::cli::supervisor() {
        return code;
    }
    match robot::cli::main(Command::parse().options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

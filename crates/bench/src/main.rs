//! Measures the server, and kills it to see what survives. Both start the real binary and talk to it over loopback HTTP.
//!
//! ```text
//! cargo run --release -p bench -- figures
//! cargo run -p bench -- crash --cycles 20
//! cargo run --release -p bench -- queue-crash --cycles 1000000
//! cargo run --release -p bench -- job-crash --kills 500
//! cargo run --release -p bench -- queue-peers
//! ```

mod crash;
mod figures;
mod fleet;
mod http;
mod job_crash;
mod latency;
mod load;
mod machine;
mod process;
mod proof;
mod queue_crash;
mod queue_peers;
mod random;
mod report;
mod server;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench", about = "Figures and crash tests of the server")]
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Measure what the server can do, beside what the machine can do
    Figures(figures::Options),
    /// Kill the server while it writes and prove that nothing acknowledged is lost or doubled
    Crash(crash::Options),
    /// Kill the server while items of a queue are added, taken and finished, and prove that each is worked on exactly once
    QueueCrash(queue_crash::Options),
    /// Kill server and robot and cut the network while jobs run, and prove that each runs exactly once
    JobCrash(job_crash::Options),
    /// Measure job queues that others built, on this machine
    QueuePeers(queue_peers::Options),
}

fn main() -> ExitCode {
    let outcome = match Command::parse().action {
        Action::Figures(options) => figures::run(&options),
        Action::Crash(options) => crash::run(&options),
        Action::QueueCrash(options) => queue_crash::run(&options),
        Action::JobCrash(options) => job_crash::run(&options),
        Action::QueuePeers(options) => queue_peers::run(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

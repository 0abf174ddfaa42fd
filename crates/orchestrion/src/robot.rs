//! `orchestrion robot`: the robot, in the same file as the server.

use std::process::ExitCode;

/// Options of the subcommand.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    #[cfg(target_os = "linux")]
    robot: robot::cli::Options,
}

/// When the program was started as the supervisor of a job: does that, and gives the exit code. To be asked before anything else.
pub fn supervisor() -> Option<ExitCode> {
    #[cfg(target_os = "linux")]
    return robot::cli::supervisor();
    #[cfg(not(target_os = "linux"))]
    None
}

/// Runs jobs on this machine, or makes a package.
///
/// # Errors
/// Options that cannot be, and directories and files that cannot be used. Systems other than Linux.
pub fn run(options: Options) -> anyhow::Result<ExitCode> {
    #[cfg(target_os = "linux")]
    return robot::cli::main(options.robot);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = options;
        anyhow::bail!("the robot runs on Linux")
    }
}

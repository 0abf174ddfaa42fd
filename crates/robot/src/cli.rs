//! The command line of the robot.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use rustix::process::DumpableBehavior;
use url::Url;
use vault::Secret;

use crate::agent::{Agent, End};
use crate::config::{CacheLimits, Config, Limits, Python, Runtime};
use crate::users::User;
use crate::{pack, supervisor};

/// The credentials are refused, or the robot is not wanted.
const REFUSED: u8 = 2;
/// Another robot took the session over: starting again would take it back.
const TAKEN_OVER: u8 = 3;

/// Run jobs on this machine
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    robot: RobotOptions,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a package of a directory, for the command runtime
    Pack(PackOptions),
}

/// Options of `robot pack`.
#[derive(Debug, Args)]
struct PackOptions {
    /// Name of the package
    #[arg(long)]
    id: String,
    /// Version of the package, for instance 1.0.0
    #[arg(long = "version", value_name = "VERSION")]
    package_version: String,
    /// Who made it
    #[arg(long, default_value = "unknown")]
    authors: String,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// Where to write the package
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    output: PathBuf,
    /// What to pack
    directory: PathBuf,
    /// The command to run, unless the directory has an operate.json; `{input}`, `{output}` and `{entry}` are filled in
    #[arg(last = true)]
    command: Vec<String>,
}

/// Options of `robot`.
#[derive(Debug, Args)]
struct RobotOptions {
    /// Address of the server
    #[arg(long, env = "ORCHESTRION_ROBOT_SERVER", value_name = "URL")]
    server: Option<Url>,
    /// Client id of the machine
    #[arg(long, env = "ORCHESTRION_ROBOT_CLIENT_ID", value_name = "ID")]
    client_id: Option<String>,
    /// Client secret of the machine; everybody on this machine can read it here, the other two ways are better
    #[arg(
        long,
        env = "ORCHESTRION_ROBOT_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    client_secret: Option<String>,
    /// File with the client secret
    #[arg(long, env = "ORCHESTRION_ROBOT_CLIENT_SECRET_FILE", value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Directory of the robot; one robot per directory
    #[arg(
        long,
        env = "ORCHESTRION_ROBOT_DATA",
        value_name = "DIRECTORY",
        default_value = "robot-data"
    )]
    data: PathBuf,
    /// Certificates in PEM that are trusted besides the system's
    #[arg(long, env = "ORCHESTRION_ROBOT_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Name of this machine [default: its own]
    #[arg(long, env = "ORCHESTRION_ROBOT_HOST_NAME", value_name = "NAME")]
    host_name: Option<String>,
    /// Jobs at the same time, at most; the machine's slots on the server hold as well
    #[arg(long, env = "ORCHESTRION_ROBOT_SLOTS_LIMIT", value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    slots_limit: Option<u32>,
    /// Package runtimes: command, python [default: both where Python is installed]
    #[arg(
        long,
        env = "ORCHESTRION_ROBOT_RUNTIMES",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    runtimes: Vec<String>,
    /// Account that jobs run under; the robot must be the superuser then
    #[arg(long, env = "ORCHESTRION_ROBOT_RUN_AS", value_name = "ACCOUNT")]
    run_as: Option<String>,
    /// Seconds a job may take
    #[arg(long, env = "ORCHESTRION_ROBOT_TIME_LIMIT", value_name = "SECONDS")]
    time_limit: Option<u64>,
    /// Memory a job may use, for instance 512M or 2G
    #[arg(long, env = "ORCHESTRION_ROBOT_MEMORY_LIMIT", value_name = "BYTES", value_parser = bytes)]
    memory_limit: Option<u64>,
    /// Output a job may write
    #[arg(long, env = "ORCHESTRION_ROBOT_OUTPUT_LIMIT", value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    output_limit: u64,
    /// Unpacked packages that are kept
    #[arg(long, env = "ORCHESTRION_ROBOT_PACKAGE_CACHE", value_name = "BYTES", default_value = "10G", value_parser = bytes)]
    package_cache: u64,
    /// Longest package, unpacked
    #[arg(long, env = "ORCHESTRION_ROBOT_PACKAGE_LIMIT", value_name = "BYTES", default_value = "4G", value_parser = bytes)]
    package_limit: u64,
    /// Python environments that are kept
    #[arg(
        long,
        env = "ORCHESTRION_ROBOT_ENVIRONMENTS",
        value_name = "COUNT",
        default_value_t = 20
    )]
    environments: usize,
    /// Variable of every job: NAME=value, or NAME to pass on the robot's own; may be repeated
    #[arg(long = "job-env", value_name = "NAME[=VALUE]")]
    job_environment: Vec<String>,
    /// Python interpreter
    #[arg(
        long,
        env = "ORCHESTRION_ROBOT_PYTHON",
        value_name = "PROGRAM",
        default_value = "python3"
    )]
    python: PathBuf,
    /// Directory of wheels to install Python packages from, without any index
    #[arg(long, env = "ORCHESTRION_ROBOT_WHEELHOUSE", value_name = "DIRECTORY")]
    wheelhouse: Option<PathBuf>,
    /// Argument of `pip install`, for instance --index-url=https://pypi.example/simple; may be repeated
    #[arg(long = "pip-arg", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pip_arguments: Vec<String>,
    /// What to log, as in `info` or `robot=debug`
    #[arg(long, env = "ORCHESTRION_ROBOT_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
}

/// Runs what the command line asks for.
///
/// # Errors
/// Options that cannot be, and directories and files that cannot be used.
pub fn main(options: Options) -> anyhow::Result<ExitCode> {
    match options.action {
        Some(Action::Pack(options)) => {
            let about = pack::About {
                id: options.id,
                version: options.package_version,
                authors: options.authors,
                description: options.description,
                command: options.command,
            };
            println!("{}", pack::pack(&options.directory, &about, &options.output)?.display());
            Ok(ExitCode::SUCCESS)
        }
        None => robot(options.robot),
    }
}

/// When the program was started as the supervisor of a job: does that, and gives the exit code. To be asked before anything else.
pub fn supervisor() -> Option<ExitCode> {
    supervisor::asked().map(|control| supervisor::main(&control))
}

fn robot(options: RobotOptions) -> anyhow::Result<ExitCode> {
    // The secret may be in the environment: other processes of the account are not to read it there, nor from memory.
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log).context("--log is not a valid filter")?;
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal)
        .init();
    let config = options.resolve()?;
    // Most of the robot's time goes into starting processes; two threads are enough to speak to the server.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let end = runtime.block_on(async {
        let agent = Agent::new(config)?;
        anyhow::Ok(agent.run(stop_signal()).await)
    });
    // Threads that wait for jobs would hold it up.
    runtime.shutdown_background();
    Ok(match end? {
        End::Asked => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        End::Refused(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(REFUSED)
        }
        End::TakenOver => {
            eprintln!(
                "error: another robot has taken the session over; give each robot a directory of its own (--data)"
            );
            ExitCode::from(TAKEN_OVER)
        }
    })
}

impl RobotOptions {
    fn resolve(self) -> anyhow::Result<Config> {
        let server = self.server.context("--server is missing")?;
        if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
            bail!("--server must be an address like https://orchestrator.example");
        }
        let client_id = self.client_id.context("--client-id is missing")?;
        let client_secret = match (self.client_secret, self.client_secret_file) {
            (Some(secret), None) => secret,
            (None, Some(file)) => std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read the secret from {}", file.display()))?
                .trim()
                .to_owned(),
            (None, None) => bail!("--client-secret-file is missing"),
            (Some(_), Some(_)) => bail!("--client-secret and --client-secret-file exclude each other"),
        };
        let run_as = self.run_as.as_deref().map(User::find).transpose()?;
        if run_as.is_some() && !rustix::process::geteuid().is_root() {
            bail!("--run-as needs a robot that runs as the superuser");
        }
        let runtimes = match self.runtimes.as_slice() {
            [] if found(&self.python) => vec![Runtime::Command, Runtime::Python],
            [] => vec![Runtime::Command],
            names => names.iter().map(|name| runtime(name)).collect::<Result<_, _>>()?,
        };
        let wheelhouse = self
            .wheelhouse
            .map(|path| path.canonicalize().with_context(|| path.display().to_string()));
        let host_name = self.host_name.filter(|name| !name.trim().is_empty());
        let own_name = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Config {
            server,
            client_id,
            client_secret: Secret::from(client_secret),
            data: self.data,
            ca_file: self.ca_file,
            host_name: host_name.unwrap_or_else(own_name),
            slots_limit: self.slots_limit,
            runtimes,
            limits: Limits {
                time: self.time_limit.map(Duration::from_secs),
                memory: self.memory_limit,
                output: self.output_limit,
                ..Limits::default()
            },
            cache: CacheLimits {
                packages: self.package_cache,
                package: self.package_limit,
                environments: self.environments,
            },
            python: Python {
                program: self.python,
                wheelhouse: wheelhouse.transpose()?,
                pip: self.pip_arguments,
            },
            run_as,
            job_environment: self
                .job_environment
                .iter()
                .map(|text| variable(text))
                .collect::<Result<_, _>>()?,
            // Also when the file was replaced by a newer one meanwhile, supervisor and robot understand each other.
            supervisor: PathBuf::from("/proc/self/exe"),
        })
    }
}

fn runtime(name: &str) -> anyhow::Result<Runtime> {
    match name {
        "command" => Ok(Runtime::Command),
        "python" => Ok(Runtime::Python),
        other => bail!("there is no runtime {other:?}"),
    }
}

/// Whether there is such a program.
fn found(program: &std::path::Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn variable(text: &str) -> anyhow::Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if !text.is_empty() => Ok((text.to_owned(), std::env::var(text).unwrap_or_default())),
        _ => bail!("--job-env {text:?} has no name"),
    }
}

/// A number of bytes, with K, M, G or T for powers of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|last: char| !last.is_ascii_digit());
    let factor = match text[digits.len()..]
        .trim()
        .to_ascii_uppercase()
        .trim_end_matches('B')
        .trim_end_matches('I')
    {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("a number of bytes is meant, for instance 512M".into()),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "a number of bytes is meant, for instance 512M".to_owned())?;
    number
        .checked_mul(1 << factor)
        .ok_or_else(|| "that is too much".to_owned())
}

/// Resolves when the process is asked to end (SIGINT, SIGTERM).
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes("512M"), Ok(512 << 20));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert_eq!(bytes("1000"), Ok(1_000));
        for wrong in ["", "M", "1X", "-1", "99999999999T"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables_have_names() {
        assert_eq!(variable("A=b=c").expect("is one"), ("A".to_owned(), "b=c".to_owned()));
        assert!(variable("=x").is_err());
    }
}

//! What a robot is told at its start.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use vault::Secret;

use crate::users::User;

/// Everything a robot needs to know.
#[derive(Debug)]
pub struct Config {
    /// Address of the server, `https://host[:port][/path]`.
    pub server: Url,
    /// Client id of the machine.
    pub client_id: String,
    pub client_secret: Secret,
    /// The robot's directory; one robot per directory.
    pub data: PathBuf,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    pub host_name: String,
    /// Take no more jobs than this at the same time, whatever the machine's slots say.
    pub slots_limit: Option<u32>,
    pub runtimes: Vec<Runtime>,
    pub limits: Limits,
    pub cache: CacheLimits,
    pub python: Python,
    /// The account jobs run under, instead of the robot's own.
    pub run_as: Option<User>,
    /// Variables that every job gets.
    pub job_environment: Vec<(String, String)>,
    /// The program that supervises a job, `/proc/self/exe` except in tests.
    pub supervisor: PathBuf,
}

/// What a package can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Any executable or script.
    Command,
    /// Packages of `uipath pack`.
    Python,
}

impl Runtime {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Python => "python",
        }
    }
}

/// Bounds of one job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time.
    pub time: Option<Duration>,
    /// Bytes of memory: of all its processes where a control group can be made, else of the address space of each.
    pub memory: Option<u64>,
    /// Bytes it may write to standard output and standard error together.
    pub output: u64,
    /// From the wish to end until the end is forced, when a limit asks for it.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: None,
            memory: None,
            output: 64 << 20,
            grace: Duration::from_secs(10),
        }
    }
}

/// Bounds of what is kept between jobs.
#[derive(Debug, Clone)]
pub struct CacheLimits {
    /// Bytes of all unpacked packages together.
    pub packages: u64,
    /// Bytes of one package, unpacked.
    pub package: u64,
    /// Python environments.
    pub environments: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            packages: 10 << 30,
            package: 4 << 30,
            environments: 20,
        }
    }
}

/// How Python environments are made.
#[derive(Debug, Clone)]
pub struct Python {
    /// The interpreter.
    pub program: PathBuf,
    /// A directory of wheels to install from, and from nowhere else.
    pub wheelhouse: Option<PathBuf>,
    /// More arguments of `pip install`.
    pub pip: Vec<String>,
}
